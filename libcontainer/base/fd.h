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

/* Closes *fd if it is not negative, sets it to -1, preserves errno. */
void fd_close(int *fd);
#define cleanup_fd __attribute__((cleanup(fd_close)))

/* Takes the descriptor out of a cleanup_fd variable: `return fd_take(&fd);` */
static inline int fd_take(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

enum { FILE_LIMIT = 64 << 20 }; /* maximum size for file_read(), in bytes */

/*
 * Appends the whole file to buf. dirfd and path: see openat(2). The error names `path`. Returns 0
 * or -1.
 */
int file_read(int dirfd, const char *path, struct buf *buf, struct error *err);
int fd_read_all(int fd, struct buf *buf, struct error *err);

/*
 * Writes text with one write(2) to an existing file of a kernel filesystem. Returns 0, or -1 with
 * errno; the error names path and text.
 */
int file_write(int dirfd, const char *path, const char *text, struct error *err);

/*
 * file_replace() creates or replaces a regular file atomically (temporary file in the same
 * directory, then rename). file_make() creates it directly, for a directory that nobody reads yet:
 * if interrupted, it leaves a partial file. dirfd and name: see openat(2). mode: modified by the
 * umask. No fsync: state is on tmpfs. Return 0 or -1.
 */
int file_make(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err);
int file_replace(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err);

/* Writes all bytes, handling short writes and EINTR. Returns 0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t len);

enum { FD_SEND_MAX = 64 };

/*
 * Sends one message with up to FD_SEND_MAX descriptors; keeps them open. Never raises SIGPIPE.
 * Returns 0, or -1 with errno.
 */
int fd_send(int sock, const void *data, size_t len, const int *fds, size_t nfds);

/*
 * Receives one message. Descriptors are close-on-exec and the caller's; *nfds: in, the size of
 * fds[]; out, the number received. Returns the number of bytes (0: the peer has closed), or -1 with
 * errno.
 */
ssize_t fd_recv(int sock, void *data, size_t len, int *fds, size_t *nfds);

/*
 * For objects in directories that others can write (bpffs, /run, /tmp), where anybody could have
 * created them: returns true if fd is of this type (S_IFDIR, ...), belongs to this process's user
 * or to root, and no other user can write it. Else returns false with errno, EPERM for a mismatch.
 */
_Bool fd_is_ours(int fd, mode_t type);

/*
 * Closes all descriptors from `first`, except those in keep[]: up to 16, in any order; negative
 * ones are ignored. Returns 0, or -1 with errno.
 */
int fd_close_others(int first, const int *keep, size_t n);

/*
 * Raises the limit of open files to the hard limit, for this process and those that it clones;
 * fd_limit_restore() sets the caller's soft limit again, for programs that are executed.
 */
void fd_limit_raise(void);
void fd_limit_restore(void);

/* Formats "/proc/self/fd/N" in the caller's array, for system calls that take no fd. */
enum { FD_PATH_MAX = 32 };
const char *fd_path(char path[FD_PATH_MAX], int fd);

/*
 * Connect to, or bind, a unix socket of `type` (SOCK_STREAM, SOCK_SEQPACKET) at `path` relative to
 * dirfd, through /proc/self/fd, because sun_path holds only 108 bytes. Return the socket, or -1.
 */
int unix_connect(int dirfd, const char *path, int type, struct error *err);
int unix_listen(int dirfd, const char *path, int type, struct error *err);
