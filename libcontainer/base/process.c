/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text/number.h"

/*
 * Parses proc_pid_stat(5). The second field, the name, may contain anything, parentheses too: look
 * for the last ")".
 */
static int parse_stat(const char *text, uint64_t *start_time, char *state)
{
	enum { STATE = 3, START_TIME = 22 };
	const char *next = strrchr(text, ')');

	if (next == NULL || strlen(next) < 3)
		return -1;
	next += 2;
	if (state != NULL)
		*state = *next;
	for (int field = STATE; field < START_TIME; field++) {
		next = strchr(next, ' ');
		if (next == NULL)
			return -1;
		next++;
	}
	return number_take(&next, UINT64_MAX, start_time) ? 0 : -1;
}

int process_start_time(pid_t pid, uint64_t *start_time, char *state)
{
	char path[32], text[1024];
	cleanup_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	if (parse_stat(text, start_time, state) < 0) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int process_open(pid_t pid, uint64_t start_time)
{
	cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t start_now;
	char state;

	/*
	 * Open the pidfd first: unlike a PID it is never reused, so what /proc says afterwards is
	 * about that process or about none.
	 */
	if (pidfd < 0) {
		errno = pid <= 0 ? ESRCH : errno;
		return -1;
	}
	if (process_start_time(pid, &start_now, &state) < 0) {
		errno = errno == ENOENT ? ESRCH : errno;
		return -1;
	}
	if (start_now != start_time || state == 'Z' || state == 'X') {
		errno = ESRCH;
		return -1;
	}
	return fd_take(&pidfd);
}

int process_check(int pidfd, struct error *err)
{
	/* EPERM: it exists, but belongs to another user */
	if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno == EPERM)
		return 0;
	return error_errno(err, "look at the container's first process");
}

int process_open_child(pid_t pid, struct error *err)
{
	cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	siginfo_t info;

	if (pidfd < 0 ||
		waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return error_errno(err, "open the container's process");
	return fd_take(&pidfd);
}

int process_wait(pid_t pid)
{
	pid_t got;
	int status;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_hide(struct error *err)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? error_errno(err, "become non-dumpable") : 0;
}

/*
 * Replies of process_apart()'s child: descriptors, with one byte each; then the error, if it
 * failed.
 */
int process_give(int giver, int fd, struct error *err)
{
	return fd_send(giver, "", 1, &fd, 1) < 0 ? error_errno(err, "hand a descriptor over") : 0;
}

static void run_apart(process_work *work, void *context, int giver) __attribute__((noreturn));

static void run_apart(process_work *work, void *context, int giver)
{
	static struct error err;

	if (work(context, giver, &err) == 0)
		_exit(0);
	fd_send(giver, &err, offsetof(struct error, text) + strlen(err.text) + 1, NULL, 0);
	_exit(1);
}

static int receive_apart(int sock, int *fds, size_t n, struct error *err)
{
	struct error answer;
	size_t came = 0;

	for (;;) {
		int fd = -1;
		size_t room = 1;
		ssize_t len = fd_recv(sock, &answer, sizeof answer, &fd, &room);

		if (len < 0)
			return error_errno(err, "receive from a process in other namespaces");
		if (len == 0)
			return came == n
				? 0
				: error_set(err, ESRCH,
					  "a process in other namespaces ended unexpectedly");
		if (room == 0)
			return error_copy(err, &answer);
		if (came == n) {
			close(fd);
			return error_set(err, EPROTO, "receive from a process in other namespaces");
		}
		fds[came++] = fd;
	}
}

int process_apart(uint64_t namespaces, process_work *work, void *context, int *fds, size_t n,
	struct error *err)
{
	struct clone_args args = { .flags = namespaces, .exit_signal = SIGCHLD };
	int sockets[2], result;
	pid_t child;

	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, "make a socket pair");
	child = sys_clone3(&args);
	if (child == 0)
		run_apart(work, context, sockets[1]);
	close(sockets[1]);
	result = child < 0 ? error_errno(err, "start a process")
			   : receive_apart(sockets[0], fds, n, err);
	close(sockets[0]);
	if (child > 0)
		process_wait(child);
	for (size_t i = 0; result < 0 && i < n; i++)
		fd_close(&fds[i]);
	return result;
}
