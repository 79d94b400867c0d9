/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `doctor --clean`: removes what hull keeps between containers. Safe while containers run, because
 * hull creates it again when needed. The FILES section of hull(8) lists the same places.
 */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "container/container.h"
#include "container/state/ranges.h"

/* Host-wide caches: the directory of each, and its files. */
static const struct cache {
	const char *pattern;
	bool is_mounted; /* a bind mount over itself */
} caches[] = {
	{ RUNSTATEDIR "/hull/@mntns", true },
	{ RUNSTATEDIR "/hull/@seccomp*", false },
	{ "/sys/fs/bpf/hull-devices-*", false },
};

static void note(string_list *removed, struct arena *arena, const char *path)
{
	*LIST_ADD(arena, removed) = arena_strdup(arena, path);
}

/*
 * Opens the directory if it is ours, else returns -1: in a bpffs anybody may have created it or a
 * symlink.
 */
static int open_ours(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && fd_is_ours(fd, S_IFDIR) ? fd_take(&fd) : -1;
}

static int remove_directory(const char *path, struct error *err)
{
	int fd = open_ours(path);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		unlinkat(fd, entry->d_name, 0); /* if a file remains, rmdir(2) fails */
	if (directory != NULL)
		closedir(directory);
	return rmdir(path) < 0 && errno != ENOENT ? error_errno(err, "remove %s", path) : 0;
}

static int clean_directory(const char *path, bool is_mounted, struct error *err)
{
	/* EINVAL: not a mount point */
	if (is_mounted && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
		return error_errno(err, "unmount %s", path);
	return remove_directory(path, err);
}

static int clean(
	const struct cache *cache, struct arena *arena, string_list *removed, struct error *err)
{
	glob_t found = { 0 };
	int result = 0;

	if (glob(cache->pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
			const char *path = found.gl_pathv[i];
			cleanup_fd int fd = open_ours(path);

			if (fd < 0)
				continue;
			fd_close(&fd); /* otherwise the mount would be busy */
			result = clean_directory(path, cache->is_mounted, err);
			if (result == 0)
				note(removed, arena, path);
		}
	globfree(&found);
	return result;
}

int container_clean(
	const struct runtime *rt, struct arena *arena, string_list *removed, struct error *err)
{
	*removed = (string_list){ 0 };
	for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(caches); i++)
		if (clean(&caches[i], arena, removed, err) < 0)
			return -1;
	if (ranges_forget(rt))
		note(removed, arena,
			"the record of IDs that --userns=auto gave to containers that are gone");
	if (rt->root_is_default && rmdir(rt->root) == 0)
		note(removed, arena, rt->root);
	return 0;
}
