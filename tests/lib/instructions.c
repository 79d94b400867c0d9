/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * instructions COMMAND...: prints how many instructions all processes of a command execute outside
 * of the kernel, counted by single-stepping with ptrace. The number doesn't depend on what else the
 * machine does. Doesn't count what true, pause and busybox of a container execute. Detaches from
 * processes that outlive the command. Exits with the command's status.
 *
 * INSTRUCTIONS_AT: a file for lines "PROCESS ADDRESS COUNT", the address hexadecimal, for each byte
 * of a static program's code where an instruction begins; PROCESS is 0 for the command's first one,
 * 1 for all others. tests/bench/instructions and tests/bench/order make lists of functions from it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include "payload.h"

enum { TRACED_MAX = 64, CODE_BEGIN = 0x400000, CODE_SIZE = 0x400000 };

static struct traced {
	pid_t pid;
	bool counted; /* it is still hull */
} traced[TRACED_MAX];
static int traced_count;
static unsigned long total;
static unsigned at[2][CODE_SIZE];
static bool wants_addresses;

static struct traced *find(pid_t pid)
{
	for (int i = 0; i < traced_count; i++)
		if (traced[i].pid == pid)
			return &traced[i];
	if (traced_count == TRACED_MAX)
		exit(2);
	traced[traced_count] = (struct traced){ .pid = pid, .counted = true };
	return &traced[traced_count++];
}

static void note_address(pid_t pid, bool first)
{
	struct ptrace_syscall_info info; /* at any stop; the registers differ by architecture */

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 &&
		info.instruction_pointer - CODE_BEGIN < CODE_SIZE)
		at[!first][info.instruction_pointer - CODE_BEGIN]++;
}

static void write_addresses(const char *path)
{
	FILE *file = path == NULL ? NULL : fopen(path, "we");

	for (size_t i = 0; file != NULL && i < 2 * (size_t)CODE_SIZE; i++)
		if (at[i / CODE_SIZE][i % CODE_SIZE] > 0)
			fprintf(file, "%zu %zx %u\n", i / CODE_SIZE, CODE_BEGIN + i % CODE_SIZE,
				at[i / CODE_SIZE][i % CODE_SIZE]);
	if (file != NULL)
		fclose(file);
}

/* The command stops when it executes its program; what ran before was this program. */
static pid_t start(char **words)
{
	enum {
		OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			PTRACE_O_TRACEEXEC
	};
	int status;
	pid_t pid = fork();

	if (pid < 0)
		exit(2);
	if (pid == 0) {
		raise(SIGSTOP);
		execv(words[0], words);
		_exit(127);
	}
	if (waitpid(pid, &status, WUNTRACED) < 0 || ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0)
		exit(2);
	kill(pid, SIGCONT);
	return pid;
}

/* Returns the signal to deliver. */
static int stopped(struct traced *process, int status, bool first)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC)
		process->counted = !is_payload(process->pid);
	if (event != 0)
		return 0;
	if (signal != SIGTRAP)
		return signal;
	total++;
	if (wants_addresses)
		note_address(process->pid, first);
	return 0;
}

static void let_go(void)
{
	for (int i = 0; i < traced_count; i++) {
		int status;

		if (ptrace(PTRACE_INTERRUPT, traced[i].pid, 0, 0) == 0 &&
			waitpid(traced[i].pid, &status, __WALL) > 0)
			ptrace(PTRACE_DETACH, traced[i].pid, 0, 0);
	}
}

int main(int argc, char **argv)
{
	const char *addresses = getenv("INSTRUCTIONS_AT");
	bool began = false;
	int status = 0;
	pid_t command, pid;

	if (argc < 2)
		return 2;
	wants_addresses = addresses != NULL;
	command = start(argv + 1);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct traced *process = find(pid);
		int signal;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			*process = traced[--traced_count];
			if (pid == command)
				break;
			continue;
		}
		began |= status >> 16 == PTRACE_EVENT_EXEC;
		signal = stopped(process, status, pid == command);
		ptrace(began && process->counted ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, 0,
			(void *)(intptr_t)signal);
	}
	let_go();
	write_addresses(addresses);
	printf("%lu\n", total);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
