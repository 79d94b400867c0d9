/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removes a file, or a directory with all that is in it. Follows no link. */
#pragma once
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static inline void remove_tree(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(fd, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	unlinkat(dirfd, name, fd < 0 ? 0 : AT_REMOVEDIR);
}
