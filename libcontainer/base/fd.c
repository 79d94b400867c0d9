/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fd.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sys.h"

enum { READ_STEP = 16384, LISTEN_BACKLOG = 8, KEPT_MAX = 16 };

/* Control data for FD_SEND_MAX descriptors, aligned as cmsg(3) requires. */
union control {
	char space[CMSG_SPACE(FD_SEND_MAX * sizeof(int))];
	struct cmsghdr align;
};

void fd_close(int *fd)
{
	int errnum = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = errnum;
}

static int read_all(int fd, const char *name, struct buf *buf, struct error *err)
{
	size_t begin = buf->len;

	for (;;) {
		ssize_t n = read(fd, buf_reserve(buf, READ_STEP), READ_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "read %s", name);
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		if (n == 0) {
			buf_fit(buf);
			return 0;
		}
		if (buf->len - begin > FILE_LIMIT)
			return error_set(
				err, EFBIG, "read %s: more than %d bytes", name, FILE_LIMIT);
	}
}

int file_read(int dirfd, const char *path, struct buf *buf, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, "open %s", path);
	return read_all(fd, path, buf, err);
}

int fd_read_all(int fd, struct buf *buf, struct error *err)
{
	char name[FD_PATH_MAX];

	return read_all(fd, fd_path(name, fd), buf, err);
}

int file_write(int dirfd, const char *path, const char *text, struct error *err)
{
	size_t len = strlen(text);
	cleanup_fd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return error_errno(err, "open %s", path);
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n == len)
		return 0;
	/* a kernel file that accepts only half of a value has refused it */
	return error_set(err, n < 0 ? errno : EIO, "write \"%s\" to %s", text, path);
}

int file_make(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return error_errno(err, "create %s", name);
	return fd_write_all(fd, data, len) < 0 ? error_errno(err, "write %s", name) : 0;
}

int file_replace(
	int dirfd, const char *name, const void *data, size_t len, mode_t mode, struct error *err)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	cleanup_free char *temporary = NULL;
	cleanup_fd int fd = -1;
	struct timespec now;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		mem_free(temporary);
		temporary = mem_printf("%.*s.%s.%x.%lx", (int)(last - name), name, last,
			(unsigned)getpid(), (unsigned long)now.tv_nsec);
		fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		return error_errno(err, "create %s", temporary);
	if (fd_write_all(fd, data, len) < 0)
		error_errno(err, "write %s", temporary);
	else if (renameat(dirfd, temporary, dirfd, name) < 0)
		error_errno(err, "rename %s to %s", temporary, name);
	else
		return 0;
	unlinkat(dirfd, temporary, 0);
	return -1;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *next = data;

	while (len > 0) {
		ssize_t n = write(fd, next, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		next += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_send(int sock, const void *data, size_t len, const int *fds, size_t nfds)
{
	union control control = { 0 };
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	ssize_t n, sent = 0;

	if (nfds > FD_SEND_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (nfds > 0) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(nfds * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, nfds * sizeof(int));
	}
	do {
		n = sendmsg(sock, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		/*
		 * A stream socket may accept only a part. The descriptors went with its first byte.
		 */
		sent += n;
		bytes.iov_base = (char *)(uintptr_t)data + sent;
		bytes.iov_len = len - (size_t)sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	} while (n < 0 || (size_t)sent < len);
	return 0;
}

/* Extracts the descriptors of a message. Closes those beyond *nfds, but counts them. */
static size_t take_fds(struct msghdr *message, int *fds, size_t room)
{
	size_t came = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg != NULL;
		cmsg = CMSG_NXTHDR(message, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof fd);
			if (came < room)
				fds[came] = fd;
			else
				close(fd);
			came++;
		}
	}
	return came;
}

ssize_t fd_recv(int sock, void *data, size_t len, int *fds, size_t *nfds)
{
	union control control;
	struct iovec bytes = { .iov_base = data, .iov_len = len };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof control.space };
	size_t room = nfds ? *nfds : 0, came;
	ssize_t n;

	do
		n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	came = n < 0 ? 0 : take_fds(&message, fds, room);
	if (n >= 0 && came <= room && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (nfds != NULL)
			*nfds = came;
		return n;
	}
	/* A truncated message is an error. */
	for (size_t i = 0; i < came && i < room; i++)
		close(fds[i]);
	if (nfds != NULL)
		*nfds = 0;
	if (n >= 0)
		errno = EMSGSIZE;
	return -1;
}

int fd_close_others(int first, const int *keep, size_t n)
{
	int sorted[KEPT_MAX];
	size_t kept = 0;

	if (n > KEPT_MAX) {
		errno = EINVAL;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = kept;

		if (keep[i] < first)
			continue;
		for (; at > 0 && sorted[at - 1] > keep[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = keep[i];
		kept++;
	}
	for (size_t i = 0; i < kept; first = sorted[i++] + 1)
		if (sorted[i] > first &&
			close_range((unsigned)first, (unsigned)sorted[i] - 1, 0) < 0)
			return -1;
	return close_range((unsigned)first, ~0U, 0);
}

static struct rlimit callers_limit; /* all 0: not changed */

void fd_limit_raise(void)
{
	if (callers_limit.rlim_max == 0 && getrlimit(RLIMIT_NOFILE, &callers_limit) == 0)
		setrlimit(RLIMIT_NOFILE,
			&(struct rlimit){ callers_limit.rlim_max, callers_limit.rlim_max });
}

void fd_limit_restore(void)
{
	if (callers_limit.rlim_max != 0)
		setrlimit(RLIMIT_NOFILE, &callers_limit);
	callers_limit.rlim_max = 0; /* only once: later the soft limit is the container's */
}

const char *fd_path(char path[FD_PATH_MAX], int fd)
{
	snprintf(path, FD_PATH_MAX, "/proc/self/fd/%d", fd);
	return path;
}

/*
 * Fills in the address of path. A path that is too long, or relative to dirfd, goes through its
 * parent directory: dirfd, or *parent, which must stay open while the address is used.
 */
static int unix_address(
	int dirfd, const char *path, struct sockaddr_un *address, int *parent, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *directory = NULL;
	char through[FD_PATH_MAX];
	int len;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dirfd == AT_FDCWD && strlen(path) < sizeof address->sun_path) {
		strcpy(address->sun_path, path);
		return 0;
	}
	if (slash != NULL || dirfd == AT_FDCWD) {
		directory =
			mem_printf("%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
		dirfd = *parent = openat(dirfd, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (*parent < 0)
			return error_errno(err, "open the directory of %s", path);
	}
	len = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s",
		fd_path(through, dirfd), slash ? slash + 1 : path);
	if ((size_t)len >= sizeof address->sun_path)
		return error_set(err, ENAMETOOLONG, "socket %s", path);
	return 0;
}

int unix_connect(int dirfd, const char *path, int type, struct error *err)
{
	cleanup_fd int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), parent = -1;
	struct sockaddr_un address;
	int result;

	if (sock < 0)
		return error_errno(err, "make a unix socket");
	if (unix_address(dirfd, path, &address, &parent, err) < 0)
		return -1;
	do
		result = connect(sock, (struct sockaddr *)&address, sizeof address);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_errno(err, "connect to %s", path);
	return fd_take(&sock);
}

int unix_listen(int dirfd, const char *path, int type, struct error *err)
{
	cleanup_fd int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), parent = -1;
	struct sockaddr_un address;
	mode_t mask;
	int result;

	if (sock < 0)
		return error_errno(err, "make a unix socket");
	if (unix_address(dirfd, path, &address, &parent, err) < 0)
		return -1;
	mask = umask(077); /* the socket's mode decides who may connect */
	result = bind(sock, (struct sockaddr *)&address, sizeof address);
	umask(mask);
	if (result < 0)
		return error_errno(err, "bind a socket to %s", path);
	if (listen(sock, LISTEN_BACKLOG) < 0)
		return error_errno(err, "listen on %s", path);
	return fd_take(&sock);
}

_Bool fd_is_ours(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if ((st.st_mode & S_IFMT) == type && (st.st_uid == 0 || st.st_uid == geteuid()) &&
		!(st.st_mode & S_IWOTH) &&
		(!(st.st_mode & S_IWGRP) || st.st_gid == 0 || st.st_gid == getegid()))
		return true;
	errno = EPERM;
	return false;
}
