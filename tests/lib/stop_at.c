/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stop_at PATTERN SCRIPT COMMAND...: runs COMMAND until it opens a file whose path matches PATTERN
 * (fnmatch(3)), for the first time. There it is stopped, and SCRIPT runs in a shell, with the path
 * as $1; then COMMAND goes on. Reaps what has nobody else for it meanwhile. Exit status: that of
 * COMMAND, or 100 where it never came to that point.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int opens(
	pid_t tracee, const struct __ptrace_syscall_info *info, const char *pattern, char path[256])
{
	if (info->op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
#ifdef SYS_open
	if (info->entry.nr != SYS_openat && info->entry.nr != SYS_open)
		return 0;
	unsigned long address = info->entry.args[info->entry.nr == SYS_openat];
#else
	if (info->entry.nr != SYS_openat)
		return 0;
	unsigned long address = info->entry.args[1];
#endif

	memset(path, 0, 256);
	for (size_t i = 0; i + sizeof(long) < 256; i += sizeof(long)) {
		long value = ptrace(PTRACE_PEEKDATA, tracee, address + i, 0);

		memcpy(path + i, &value, sizeof value);
		if (memchr(path + i, '\0', sizeof value) != NULL)
			break;
	}
	return fnmatch(pattern, path, 0) == 0;
}

static void run(const char *script, const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, "stop_at", path, NULL);
		_exit(127);
	}
	while (waitpid(-1, NULL, __WALL) != pid)
		;
}

int main(int argc, char **argv)
{
	struct __ptrace_syscall_info info;
	int status, done = 0;
	char path[256];
	pid_t tracee;

	if (argc < 4)
		return 2;
	tracee = fork();
	if (tracee == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	if (waitpid(tracee, &status, 0) < 0)
		return 2;
	ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (!done) {
		ptrace(PTRACE_SYSCALL, tracee, 0, 0);
		if (waitpid(tracee, &status, 0) < 0)
			return 2;
		if (!WIFSTOPPED(status))
			return 100;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof info, &info);
		done = opens(tracee, &info, argv[1], path);
	}
	run(argv[2], path);
	ptrace(PTRACE_DETACH, tracee, 0, 0);
	if (waitpid(tracee, &status, 0) < 0)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
