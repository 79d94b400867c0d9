/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/exposure.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

/* Finds the directory of path, without symlinks. Returns false if the mount is nosuid. */
static bool find_directory(const char *path, char directory[PATH_MAX])
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	char link[FD_PATH_MAX], *slash;
	struct statvfs fs;
	ssize_t len;

	if (fd < 0 || fstatvfs(fd, &fs) < 0 || fs.f_flag & ST_NOSUID)
		return false;
	len = readlink(fd_path(link, fd), directory, PATH_MAX - 1);
	if (len <= 0)
		return false;
	directory[len] = '\0';
	slash = strrchr(directory, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

static bool others_may_search(const char *directory)
{
	struct stat st;

	return stat(directory, &st) == 0 && st.st_mode & S_IXOTH;
}

/* A container's volumes are often in one directory: remember the last one. */
bool exposure_exists(const char *path)
{
	static char open_to_others[256]; /* others can reach it from the root */
	char directory[PATH_MAX], asked[sizeof open_to_others] = "";

	if (!find_directory(path, directory))
		return false;
	if (strlen(directory) < sizeof asked)
		strcpy(asked, directory);
	for (; directory[0] != '\0'; *strrchr(directory, '/') = '\0') {
		if (strcmp(directory, open_to_others) == 0)
			return true;
		if (!others_may_search(directory))
			return false;
	}
	if (!others_may_search("/"))
		return false;
	strcpy(open_to_others, asked);
	return true;
}

int exposure_policy(const char *text, enum exposure_policy *policy, struct error *err)
{
	*policy = text == NULL              ? EXPOSURE_BY_ORIGIN
		: strcmp(text, "warn") == 0 ? EXPOSURE_WARN
					    : EXPOSURE_REFUSE;
	if (*policy != EXPOSURE_REFUSE || strcmp(text, "refuse") == 0)
		return 0;
	return error_set(err, 0,
		"/annotations/io.hull.idmap.exposed: expected refuse or warn, found \"%s\"", text);
}

int exposure_guard(
	const char *property, const char *path, enum exposure_policy policy, struct error *err)
{
	struct error what;

	if (!exposure_exists(path))
		return 0;
	error_set(&what, 0,
		"%s: other users of the host can reach the ID-mapped %s: container root "
		"could create a set-uid file there that makes them host root",
		property, path);
	error_hint(&what, "close a directory above it (chmod o-x %.*s), or mount it with nosuid",
		(int)(strrchr(path, '/') - path), path);
	if (policy == EXPOSURE_REFUSE)
		return error_copy(err, &what);
	log_warning("%s", what.text);
	return 0;
}
