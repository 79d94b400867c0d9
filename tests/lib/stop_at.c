/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stop_at [-x] [-n COUNT] SYSCALL MATCH ACTION -- COMMAND...: runs COMMAND, and stops all its
 * processes at the COUNT-th call (default 1) of SYSCALL that has a string argument which contains
 * MATCH or matches it as a glob(7) pattern. Then runs ACTION with sh, once, with that string in
 * $STOPPED_AT, and continues all processes. -x: stops after the call instead of before it. So a
 * race that an attacker would win once in a thousand attempts is won at once. Exits with COMMAND's
 * status, or with 125 if that call was never made.
 */
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

static const struct {
	const char *name;
	unsigned long nr;
} names[] = {
	{ "openat", SYS_openat },
	{ "openat2", SYS_openat2 },
	{ "execve", SYS_execve },
	{ "mknodat", SYS_mknodat },
	{ "mkdirat", SYS_mkdirat },
	{ "symlinkat", SYS_symlinkat },
	{ "fchownat", SYS_fchownat },
	{ "open_tree", SYS_open_tree },
	{ "move_mount", SYS_move_mount },
	{ "mount_setattr", SYS_mount_setattr },
};

static unsigned long wanted;
static const char *match, *action;
static int count = 1;
static bool after, armed;
static pid_t armed_pid;

static bool matches(pid_t pid, const __u64 *args)
{
	for (int i = 0; i < 6; i++) {
		char text[512] = "";
		struct iovec here = { text, sizeof text - 1 };
		/* not past the end of the page: the next one may not be there */
		size_t room = 4096 - (args[i] & 4095);
		struct iovec there = { (void *)(uintptr_t)args[i],
			room < sizeof text - 1 ? room : sizeof text - 1 };

		if (args[i] > 4096 && process_vm_readv(pid, &here, 1, &there, 1, 0) > 0 &&
			(strstr(text, match) != NULL || fnmatch(match, text, 0) == 0)) {
			setenv("STOPPED_AT", text, 1);
			return true;
		}
	}
	return match[0] == '\0';
}

static void act(void)
{
	count = 0;
	if (system(action) != 0)
		warnx("the action failed: %s", action);
}

static void at_syscall(pid_t pid)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
		return;
	if (armed && pid == armed_pid && info.op == PTRACE_SYSCALL_INFO_EXIT) {
		armed = false;
		act();
		return;
	}
	if (count == 0 || armed || info.op != PTRACE_SYSCALL_INFO_ENTRY ||
		info.entry.nr != wanted || !matches(pid, info.entry.args))
		return;
	if (count > 1) {
		count--;
		return;
	}
	if (!after) {
		act();
		return;
	}
	armed = true;
	armed_pid = pid;
}

static int follow(pid_t command)
{
	int status, result = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		int signal = 0;

		if (pid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid != command)
				continue;
			result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			break; /* what it left behind goes on without us */
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_syscall(pid);
		else if (status >> 16 == 0)
			signal = WSTOPSIG(status);
		else if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP) {
			ptrace(PTRACE_LISTEN, pid, 0, 0);
			continue;
		}
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
	}
	return count == 0 ? result : 125;
}

int main(int argc, char **argv)
{
	int option;
	pid_t pid;

	while ((option = getopt(argc, argv, "+xn:")) != -1) {
		if (option == 'n')
			count = atoi(optarg);
		else if (option == 'x')
			after = true;
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	if (argc < 5 || strcmp(argv[3], "--") != 0)
		errx(2, "stop_at [-x] [-n COUNT] SYSCALL MATCH ACTION -- COMMAND...");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, argv[0]) == 0)
			wanted = names[i].nr;
	if (wanted == 0)
		errx(2, "no such system call: %s", argv[0]);
	match = argv[1];
	action = argv[2];
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[4], argv + 4);
		err(127, "%s", argv[4]);
	}
	if (pid < 0 || waitpid(pid, NULL, WUNTRACED) < 0 ||
		ptrace(PTRACE_SEIZE, pid, 0,
			PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0)
		err(2, "ptrace");
	kill(pid, SIGCONT);
	return follow(pid);
}
