/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

int handover_check_fds(unsigned n, struct error *err)
{
	for (unsigned fd = 3; fd < 3 + n; fd++) {
		int flags = fcntl((int)fd, F_GETFD);

		if (flags < 0 ||
			(flags & FD_CLOEXEC)) /* hull opened it: an inherited one has no flag */
			return error_set(err, EBADF, "--preserve-fds: descriptor %u", fd);
	}
	return 0;
}

int handover_check_terminal(
	bool terminal, bool detached, const char *console_socket, struct error *err)
{
	if (terminal && detached && console_socket == NULL)
		return error_set(err, 0,
			"cannot allocate tty if hull will detach without setting console socket");
	if (console_socket != NULL && !(terminal && detached))
		return error_set(err, 0,
			"cannot use console socket if hull will not detach or allocate tty");
	return 0;
}

/* A device, a pipe or a socket: rename(2) would put a file in its place. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_in_place(const char *path, const char *text, struct error *err)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	return fd < 0 || fd_write_all(fd, text, strlen(text)) < 0
		? error_errno(err, "write %s", path)
		: 0;
}

int handover_write_pid_file(const char *path, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	if ((is_special(path) ? write_in_place(path, text, err)
			      : file_replace(AT_FDCWD, path, text, strlen(text), 0644, err)) < 0)
		return error_prefix(err, "--pid-file");
	return 0;
}

void handover_remove_pid_file(const char *path)
{
	if (!is_special(path))
		unlink(path);
}

int handover_send_pidfd(const char *path, int pidfd, struct error *err)
{
	cleanup_fd int sock = unix_connect(AT_FDCWD, path, SOCK_STREAM, err);

	if (sock < 0)
		return error_prefix(err, "--pidfd-socket");
	return fd_send(sock, "pidfd", 5, &pidfd, 1) < 0
		? error_errno(err, "--pidfd-socket: send to %s", path)
		: 0;
}
