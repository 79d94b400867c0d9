/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/exposure.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "linux/ids/userns.h"

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

/* Neither root nor an ID of the container's, which nobody on the host has. */
static bool is_of_host(const oci_id_mappings *map, uint32_t id)
{
	return id != 0 && id_mappings_to_container(map, id) < 0;
}

/*
 * An owner can let everybody in. With an access control list the bits of the group limit what it
 * gives to others.
 */
static bool others_may_search(const char *directory, const struct exposure_ids *ids)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return false;
	return st.st_mode & S_IXOTH || is_of_host(ids->uids, st.st_uid) ||
		(st.st_mode & S_IXGRP &&
			(is_of_host(ids->gids, st.st_gid) ||
				getxattr(directory, "system.posix_acl_access", NULL, 0) > 0));
}

/* A container's volumes are often in one directory: remember the last one. */
bool exposure_exists(const char *path, const struct exposure_ids *ids)
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
		if (!others_may_search(directory, ids))
			return false;
	}
	if (!others_may_search("/", ids))
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

int exposure_guard(const char *property, const char *path, const struct exposure_ids *ids,
	enum exposure_policy policy, struct error *err)
{
	struct error what;

	if (!exposure_exists(path, ids))
		return 0;
	error_set(&what, 0,
		"%s: other users of the host can reach the ID-mapped %s: container root "
		"could create a set-uid file there that makes them host root",
		property, path);
	error_hint(&what,
		"close a directory above it to all but root (chmod o-x %.*s), or mount it with "
		"nosuid",
		(int)(strrchr(path, '/') - path), path);
	if (policy == EXPOSURE_REFUSE)
		return error_copy(err, &what);
	log_warning("%s", what.text);
	return 0;
}
