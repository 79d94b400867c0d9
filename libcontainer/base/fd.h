/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File descriptors: owned by scope (cleanup_fd), always close-on-exec; whole files read and
 * written; bytes and descriptors over unix sockets.
 */
#pragma once
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct buf;
struct error;

/* Closes *fd when it is 0 or more, sets it to -1, keeps errno. */
void fd_close(int *fd);
#define cleanup_fd __attribute__((cleanup(fd_close)))

/* Gives an fd away from a cleanup_fd variable: `return fd_take(&fd);` */
static inline int fd_take(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

enum { FILE_LIMIT = 64 << 20 }; /* bytes that file_read() takes at the most */

/* Appends the whole file to buf. path as openat(2) takes it. The error names `path`. Returns 0 or
 * -1. */
int file_read(int dirfd, const char *path, struct buf *buf, struct error *err);
int fd_read_all(int fd, struct buf *buf, struct error *err);

/* One write(2) of text to an existing file of a kernel filesystem. Returns 0 or -1 with errno set;
 * the error names path and text. */
int file_write(int dirfd, const char *path, const char *text, struct error *err);

/* Makes or replaces a regular file atomically (temporary name beside it + rename). name as
 * openat(2) takes it; mode less the umask. No fsync: state lives on tmpfs. */
/* A new file, in a directory that nobody looks into yet: what is interrupted leaves half of it. */
int file_make(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err);
int file_replace(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err);

/* All bytes, through short writes and EINTR. Returns 0 or -1 with errno set. */
int fd_write_all(int fd, const void *data, size_t len);

/* One message with up to 8 descriptors. Returns 0 or -1 with errno set. Never raises SIGPIPE. */
int fd_send(int sock, const void *data, size_t len, const int *fds, size_t nfds);

/* One message; received descriptors are close-on-exec; *nfds is how many fds[] has room for, then
 * how many came. Returns the number of bytes (0: the other end closed) or -1 with errno set. */
ssize_t fd_recv(int sock, void *data, size_t len, int *fds, size_t *nfds);

/* For what lies in a directory that others may write (bpffs, /run, /tmp), so that somebody else may
 * have made it: true if what fd is open on is of this type (S_IFDIR, ...), belongs to this
 * process's user or to root, and no other user may write it. False with errno: EPERM if not. */
_Bool fd_is_ours(int fd, mode_t type);

/* Closes every descriptor from `first` on but those in keep[], in any order, where negative ones
 * don't count; up to 16. -1 with errno set. */
int fd_close_others(int first, const int *keep, size_t n);

/* Lets this process, and those that it clones, have as many files open as the hard limit allows;
 * and back to the soft limit that the caller has set, for what is executed. */
void fd_limit_raise(void);
void fd_limit_restore(void);

/* "/proc/self/fd/N" in a caller's array: a path for system calls that take no fd. */
enum { FD_PATH_MAX = 32 };
const char *fd_path(char path[FD_PATH_MAX], int fd);

/* Connects to / binds a unix socket of `type` (SOCK_STREAM, SOCK_SEQPACKET) at `path` relative to
 * dirfd (AT_FDCWD for an absolute one) through /proc/self/fd, because sun_path holds only 108
 * bytes. Returns the socket or -1. */
int unix_connect(int dirfd, const char *path, int type, struct error *err);
int unix_listen(int dirfd, const char *path, int type, struct error *err);
