/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text/number.h"

/* Finds state and start time in the text of proc_pid_stat(5). The second field, the name in
 * parentheses, may hold anything, parentheses too: what counts comes after the last ")". */
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

	/* The pidfd comes first: it can't be recycled, so what /proc says afterwards is said of it,
	 * or of nobody. */
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

struct apart {
	int (*work)(void *context);
	void *context;
	int result;
};

static int run_apart(void *context)
{
	struct apart *apart = context;

	apart->result = apart->work(apart->context);
	_exit(0);
}

int process_apart(int (*work)(void *context), void *context)
{
	enum { STACK = 256 * 1024 };
	struct apart apart = { work, context, -1 };
	cleanup_free char *stack = mem_alloc(STACK);
	pid_t child = clone(
		run_apart, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &apart);
	int errnum = errno;

	if (child < 0)
		return -1;
	if (process_wait(child) != 0) {
		errno = EINTR;
		return -1;
	}
	errno = errnum;
	return apart.result;
}
