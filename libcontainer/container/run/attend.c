/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/run/attend.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "linux/process/terminal.h"

/* Not forwarded: faults of hull itself, and job control signals. */
static const int not_forwarded[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGTTIN,
	SIGTTOU };

static void forwarded(sigset_t *set)
{
	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(not_forwarded); i++)
		sigdelset(set, not_forwarded[i]);
}

void attend_begin(void)
{
	sigset_t set;

	forwarded(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void attend_end(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Reaps all ended children: as a subreaper this process inherits the container's orphans. Returns
 * pid's status if it was among them, else -1.
 */
static int reap(pid_t pid)
{
	int status, result = -1;
	pid_t ended;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
		if (ended == pid)
			result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return result;
}

static void take_signal(int signals, int pidfd, const struct terminal_relay *relay)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) != sizeof info || info.ssi_signo == SIGCHLD ||
		info.ssi_signo == SIGURG || info.ssi_signo == SIGPIPE)
		return;
	if (info.ssi_signo == SIGWINCH && relay != NULL)
		terminal_relay_resize(relay);
	else
		pidfd_send_signal(pidfd, (int)info.ssi_signo, NULL, 0);
}

int attend(pid_t pid, int pidfd, int console, bool keep_size, struct error *err)
{
	cleanup_free struct terminal_relay *relay =
		console >= 0 ? mem_alloc(sizeof *relay) : NULL; /* 8 kB: not on the stack */
	cleanup_fd int signals = -1;
	sigset_t set;
	int status = -1;

	forwarded(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return error_errno(err, "wait for signals");
	if (relay != NULL && terminal_relay_begin(relay, console, keep_size, err) < 0)
		return -1;
	while ((status = reap(pid)) < 0) {
		struct pollfd fds[1 + TERMINAL_POLL_FDS] = { { signals, POLLIN, 0 } };

		if (relay != NULL)
			terminal_relay_want(relay, fds + 1);
		if (poll(fds, relay != NULL ? 1 + TERMINAL_POLL_FDS : 1, -1) < 0)
			continue;
		if (fds[0].revents != 0)
			take_signal(signals, pidfd, relay);
		if (relay != NULL)
			terminal_relay_step(relay, fds + 1);
	}
	if (relay != NULL)
		terminal_relay_end(relay);
	return status;
}
