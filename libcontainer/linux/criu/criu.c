/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/criu/criu.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/sys.h"

/*
 * Where to find CRIU and its helpers (ip, iptables-restore, tar) if the caller's environment has no
 * PATH.
 */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

int criu_execute(int sock, const int *keep, size_t n, struct error *err)
{
	char program[] = "criu", mode[] = "swrk", number[16];

	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(err, "keep the file descriptors of the caller from CRIU");
	for (size_t i = 0; i < n; i++)
		if (keep[i] >= 3 && fcntl(keep[i], F_SETFD, 0) < 0)
			return error_errno(err, "pass descriptor %d on to CRIU", keep[i]);
	/*
	 * without it, CRIU would hold the container's processes until their memory is fetched (lazy
	 * pages)
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(err, "set the death signal of CRIU");
	/* SIGINT from a terminal must reach only hull, which ends CRIU in an orderly way */
	if (setpgid(0, 0) < 0)
		return error_errno(err, "make a process group for CRIU");
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

/* ---- a CRIU that doesn't answer ---- */

enum { CRIU_SILENCE_MAX = 60, CRIU_GREETING_MAX = 10 }; /* seconds */

struct life {
	off_t log;
	struct timespec cpu;
};

static bool shows_life(const struct criu_session *session, struct life *last)
{
	struct life now = { 0 };
	struct stat st;
	clockid_t clock;
	bool changed;

	if (session->patient)
		return true;
	if (session->log_file != NULL &&
		fstatat(session->log_directory, session->log_file, &st, 0) == 0)
		now.log = st.st_size;
	if (clock_getcpuclockid(session->pid, &clock) == 0)
		clock_gettime(clock, &now.cpu);
	changed = now.log != last->log || now.cpu.tv_sec != last->cpu.tv_sec ||
		now.cpu.tv_nsec != last->cpu.tv_nsec;
	*last = now;
	return changed;
}

/*
 * Kills CRIU and its helpers, but not the container's processes, which leave its process group.
 * Processes stopped for a dump continue: the code injected into them ends with its connection.
 */
static void kill_criu(const struct criu_session *session)
{
	kill(-session->pid, SIGKILL);
	pidfd_send_signal(session->pidfd, SIGKILL, NULL, 0);
}

static int interrupted(const struct criu_session *session, struct error *err)
{
	struct signalfd_siginfo info = { 0 };

	if (read(session->signals, &info, sizeof info) != sizeof info)
		return 0;
	kill_criu(session);
	return error_set(err, EINTR, "ended by a signal (%s)", strsignal((int)info.ssi_signo));
}

/* Waits until there is something to read or CRIU has exited. */
static int await_message(const struct criu_session *session, struct error *err)
{
	struct pollfd ready[] = { { session->sock, POLLIN, 0 }, { session->pidfd, POLLIN, 0 },
		{ session->signals, POLLIN, 0 } };
	int silent = 0, limit = session->log_file == NULL ? CRIU_GREETING_MAX : CRIU_SILENCE_MAX;
	struct life life = { 0 };

	for (;;) {
		int n = poll(ready, ARRAY_SIZE(ready), 1000);

		if (n > 0 && (ready[0].revents != 0 || ready[1].revents != 0))
			return 0;
		if (n > 0 && interrupted(session, err) < 0)
			return -1;
		if (n != 0)
			continue;
		silent = shows_life(session, &life) ? 0 : silent + 1;
		if (silent < limit)
			continue;
		kill_criu(session);
		error_set(err, ETIMEDOUT, "CRIU has shown no sign of life for %d s and was killed",
			limit);
		return error_hint(err, "this version of CRIU may not work on this kernel");
	}
}

static int receive(
	const struct criu_session *session, struct criu_answer *answer, int *fd, struct error *err)
{
	cleanup_buf struct buf bytes = { 0 };
	struct pollfd ready = { session->sock, POLLIN, 0 };
	size_t fds = 1;
	ssize_t len = 0;

	*fd = -1;
	if (await_message(session, err) < 0)
		return -1;
	/* read what CRIU sent before it exited */
	if (poll(&ready, 1, 0) > 0)
		len = fd_recv(session->sock, buf_reserve(&bytes, CRIU_ANSWER_MAX), CRIU_ANSWER_MAX,
			fd, &fds);
	if (len <= 0 || fds == 0)
		*fd = -1;
	if (len == 0 || (len < 0 && errno == ECONNRESET))
		return error_set(err, 0, "CRIU ended without an answer");
	if (len < 0)
		return error_errno(err, "receive from CRIU");
	return criu_decode(bytes.data, (size_t)len, answer) < 0
		? error_set(err, EPROTO, "read from CRIU")
		: 0;
}

int criu_call(struct criu_session *session, enum criu_request request,
	const struct criu_options *options, struct criu_answer *answer, struct error *err)
{
	cleanup_buf struct buf message = { 0 };
	bool agreed = true;

	criu_encode(&message, request, options);
	if (send_bytes(session->sock, &message, err) < 0)
		return -1;
	for (;;) {
		cleanup_buf struct buf reply = { 0 };
		cleanup_fd int fd = -1;

		if (receive(session, answer, &fd, agreed ? err : NULL) < 0)
			return -1;
		if (answer->type != CRIU_NOTIFY)
			break;
		log_debug("CRIU: %s, process %d", answer->script, answer->notified);
		agreed = agreed &&
			session->notify(session->context, answer->script, answer->notified,
				fd_take(&fd), err) == 0;
		criu_encode_notified(&reply, agreed);
		if (send_bytes(session->sock, &reply, agreed ? err : NULL) < 0)
			return -1;
	}
	answer->vetoed = !agreed;
	if (!agreed)
		return -1; /* notify() has set err */
	return answer->success ? 0 : error_set(err, answer->error, "CRIU failed");
}

void criu_end(struct criu_session *session)
{
	struct pollfd gone = { session->pidfd, POLLIN, 0 };

	fd_close(&session->sock);
	if (session->pid > 0) {
		if (poll(&gone, 1, CRIU_GREETING_MAX * 1000) == 0)
			kill_criu(session);
		process_wait(session->pid);
	}
	session->pid = 0;
	fd_close(&session->pidfd);
	fd_close(&session->signals);
}
