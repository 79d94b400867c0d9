/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

int pid_file_write(const char *path, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	if (file_replace(AT_FDCWD, path, text, strlen(text), 0644, err) < 0)
		return error_prefix(err, "--pid-file");
	return 0;
}

int pidfd_hand_over(const char *path, int pidfd, struct error *err)
{
	cleanup_fd int sock = unix_connect(AT_FDCWD, path, SOCK_STREAM, err);

	if (sock < 0)
		return error_prefix(err, "--pidfd-socket");
	return fd_send(sock, "pidfd", 5, &pidfd, 1) < 0 ? error_errno(err, "--pidfd-socket: send to %s", path) : 0;
}
