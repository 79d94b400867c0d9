/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/namespaces/procfs.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"

enum { PROC_ROOT_INODE = 1 };

static int check(int fd, const char *path, bool root, struct error *err)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "look at /proc/%s", path);
	if (fs.f_type != PROC_SUPER_MAGIC || (root && st.st_ino != PROC_ROOT_INODE))
		return error_set(
			err, EXDEV, "/proc/%s is not procfs; something is mounted there", path);
	return 0;
}

int procfs_open(int procfd, const char *path, int flags, struct error *err)
{
	const struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS };
	cleanup_fd int fd = -1;

	if (check(procfd, "", true, err) < 0)
		return -1;
	do
		fd = sys_openat2(procfd, path, &how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	if (fd < 0)
		return error_errno(err, "open /proc/%s", path);
	return check(fd, path, false, err) < 0 ? -1 : fd_take(&fd);
}

int procfs_write(int procfd, const char *path, const char *text, struct error *err)
{
	cleanup_fd int fd = procfs_open(procfd, path, O_WRONLY, err);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n == len)
		return 0;
	return error_set(err, n < 0 ? errno : EIO, "write \"%s\" to /proc/%s", text, path);
}
