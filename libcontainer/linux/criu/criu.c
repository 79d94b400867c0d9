/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/criu/criu.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"

/* CRIU and what it starts (ip, iptables-restore, tar) are found there by callers that pass no PATH
 * on. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

int criu_execute(int sock, const int *keep, size_t n, struct error *err)
{
	char program[] = "criu", mode[] = "swrk", number[16];

	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(err, "keep the file descriptors of the caller from CRIU");
	for (size_t i = 0; i < n; i++)
		if (keep[i] >= 3 && fcntl(keep[i], F_SETFD, 0) < 0)
			return error_errno(err, "pass descriptor %d on to CRIU", keep[i]);
	snprintf(number, sizeof number, "%d", sock);
	setenv("PATH", DEFAULT_PATH, false);
	execvp(program, (char *[]){ program, mode, number, NULL });
	if (errno != ENOENT)
		return error_errno(err, "execute criu");
	error_set(err, ENOENT, "checkpoint and restore need CRIU: execute criu");
	return error_hint(err, "install the package criu, version 3.15 or newer (PATH is %s)",
		getenv("PATH"));
}

static int send_bytes(int sock, const struct buf *message, struct error *err)
{
	return fd_send(sock, message->data, message->len, NULL, 0) < 0
		? error_errno(err, "send to CRIU")
		: 0;
}

static int receive(int sock, int pidfd, struct criu_answer *answer, int *fd, struct error *err)
{
	cleanup_buf struct buf bytes = { 0 };
	struct pollfd ready[] = { { sock, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	size_t fds = 1;
	ssize_t len;

	while (poll(ready, 2, -1) < 0 && errno == EINTR)
		;
	len = ready[0].revents == 0
		? 0
		: fd_recv(sock, buf_reserve(&bytes, CRIU_ANSWER_MAX), CRIU_ANSWER_MAX, fd, &fds);
	if (ready[0].revents == 0 || fds == 0)
		*fd = -1;
	if (len == 0 || (len < 0 && errno == ECONNRESET))
		return error_set(err, 0, "CRIU ended without an answer");
	if (len < 0)
		return error_errno(err, "receive from CRIU");
	return criu_decode(bytes.data, (size_t)len, answer) < 0
		? error_set(err, EPROTO, "read what CRIU says")
		: 0;
}

int criu_call(int sock, int pidfd, enum criu_request request, const struct criu_options *options,
	criu_notify *notify, void *context, struct criu_answer *answer, struct error *err)
{
	cleanup_buf struct buf message = { 0 };
	bool agreed = true;

	criu_encode(&message, request, options);
	if (send_bytes(sock, &message, err) < 0)
		return -1;
	for (;;) {
		cleanup_buf struct buf reply = { 0 };
		cleanup_fd int fd = -1;

		if (receive(sock, pidfd, answer, &fd, agreed ? err : NULL) < 0)
			return -1;
		if (answer->type != CRIU_NOTIFY)
			break;
		log_debug("CRIU: %s, process %d", answer->script, answer->notified);
		agreed = agreed &&
			notify(context, answer->script, answer->notified, fd_take(&fd), err) == 0;
		criu_encode_notified(&reply, agreed);
		if (send_bytes(sock, &reply, agreed ? err : NULL) < 0)
			return -1;
	}
	answer->vetoed = !agreed;
	if (!agreed)
		return -1; /* notify() has said why */
	return answer->success ? 0 : error_set(err, answer->error, "CRIU failed");
}
