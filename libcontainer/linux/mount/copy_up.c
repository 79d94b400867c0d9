/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/copy_up.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "linux/mount/mounts.h"

enum { DEPTH_MAX = 64 };

static int copy_directory(int from, int to, unsigned depth, struct error *err);

/*
 * Copies owner, mode, times and extended attributes of an open file or directory. Ignores those
 * that the tmpfs can't store (foreign attributes, unmapped owners).
 */
static void copy_metadata(int source, int copy, const struct stat *st, mode_t mode)
{
	char names[4096], value[4096];
	ssize_t len = flistxattr(source, names, sizeof names);

	if (fchown(copy, st->st_uid, st->st_gid) < 0 && errno != EINVAL && errno != EPERM &&
		errno != EOVERFLOW)
		return;
	fchmod(copy, mode);
	for (const char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(source, name, value, sizeof value);

		if (size >= 0)
			fsetxattr(copy, name, value, (size_t)size, 0);
	}
	futimens(copy, (struct timespec[]){ st->st_atim, st->st_mtim });
}

/*
 * The name may have been replaced since the directory was read, so check the type: reading a device
 * might never end.
 */
static int copy_file(int from, int to, const char *name, struct error *err)
{
	cleanup_fd int source =
		openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_fd int copy =
		openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	ssize_t sent;

	if (source < 0 || copy < 0 || fstat(source, &st) < 0)
		return error_errno(err, "copy %s", name);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EAGAIN, "copy %s: it has been exchanged meanwhile", name);
	do
		sent = sendfile(copy, source, NULL, 1 << 30);
	while (sent > 0 || (sent < 0 && errno == EINTR));
	if (sent < 0)
		return error_errno(err, "copy %s", name);
	copy_metadata(source, copy, &st, st.st_mode & 07777);
	return 0;
}

static int copy_symlink(
	int from, int to, const char *name, const struct stat *st, struct error *err)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from, name, target, sizeof target - 1);

	if (len < 0)
		return error_errno(err, "copy %s", name);
	target[len] = '\0';
	if (symlinkat(target, to, name) < 0)
		return error_errno(err, "copy %s", name);
	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EINVAL && errno != EPERM)
		return error_errno(err, "copy %s", name);
	return 0;
}

static int copy_subdirectory(int from, int to, const char *name, const struct stat *st,
	unsigned depth, struct error *err)
{
	cleanup_fd int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		       copy = -1;

	if (source < 0 || mkdirat(to, name, 0700) < 0 ||
		(copy = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return error_errno(err, "copy %s", name);
	if (copy_directory(source, copy, depth + 1, err) < 0)
		return -1;
	copy_metadata(source, copy, st, st->st_mode & 07777);
	return 0;
}

static int copy_entry(int from, int to, const char *name, unsigned depth, struct error *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "copy %s", name);
	switch (st.st_mode & S_IFMT) {
	case S_IFREG: return copy_file(from, to, name, err);
	case S_IFLNK: return copy_symlink(from, to, name, &st, err);
	case S_IFDIR: return copy_subdirectory(from, to, name, &st, depth, err);
	case S_IFIFO:
		return mkfifoat(to, name, st.st_mode & 07777) < 0
			? error_errno(err, "copy %s", name)
			: 0;
	default: return 0;
	}
}

static int copy_directory(int from, int to, unsigned depth, struct error *err)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL)
		return error_errno(err, "read the directory");
	if (depth > DEPTH_MAX)
		result = error_set(err, ELOOP, "more than %d directories deep", DEPTH_MAX);
	while (result == 0 && (errno = 0, entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = copy_entry(from, to, entry->d_name, depth, err);
	if (result == 0 && errno != 0)
		result = error_errno(err, "read the directory");
	closedir(dir);
	return result;
}

int copy_up(const struct mount_plan *plan, int from, int to, struct error *err)
{
	cleanup_fd int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int copy = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st, made;

	if (source < 0 || copy < 0 || fstat(source, &st) < 0 || fstat(copy, &made) < 0)
		return error_errno(err, "open the directory to copy");
	if (copy_directory(source, copy, 0, err) < 0)
		return -1;
	if (mount_options_data(&plan->options, "uid") != NULL)
		st.st_uid = made.st_uid;
	if (mount_options_data(&plan->options, "gid") != NULL)
		st.st_gid = made.st_gid;
	/* keep the root's mode, which the mount's options set */
	copy_metadata(source, copy, &st, made.st_mode & 07777);
	return 0;
}
