/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * measure: runs commands and prints the cost of each. Reads lines "VERB<tab>WORD<tab>WORD..." and
 * answers each with one line:
 *
 *   time COMMAND...
 *	WALL CPU STATUS: the first two in microseconds; CPU is user + system time of the command
 *	and of everything that it waited for
 *   count COMMAND...
 *	CALLS PROCESSES PEAK FAULTS COPIED EXECS STATUS, measured with ptrace: system calls;
 *	processes; the largest resident set of one process in kB; minor page faults; the
 *	anonymous memory that clones had to copy, in kB (the parent's at each clone); programs
 *	executed. Omits what true, pause and busybox of a container do. Detaches from processes
 *	that outlive the command.
 *   together N COMMAND...
 *	WALL CPU STATUS: of N commands at once; "%" in a word is replaced by the number of each;
 *	STATUS is how many failed
 *   reap
 *	0: waits for every process that commands have left to this one (a subreaper)
 *
 * MEASURE_OUTPUT names a file for the commands' standard output and error.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include "payload.h"

enum { WORDS_MAX = 64, TOGETHER_MAX = 256, TRACED_MAX = 1024 };

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long cpu_of(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000LL +
		usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
}

static int output = STDERR_FILENO;

static void execute(char **words)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(output, 1);
	dup2(output, 2);
	if (words[0] != NULL)
		execv(words[0], words);
	_exit(127);
}

/* vfork(): the measurement begins with the exec, not with a copy of this process. */
static pid_t start(char **words)
{
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

	if (pid == 0)
		execute(words); /* NOLINT(clang-analyzer-unix.Vfork) */
	if (pid < 0)
		exit(1);
	return pid;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void measure_time(char **words)
{
	struct rusage usage;
	long long begin = now(), end;
	pid_t pid = start(words);
	int status;

	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	end = now();
	printf("%lld %lld %d\n", end - begin, cpu_of(&usage), status_of(status));
}

static void number_words(char **to, char **words, int number, char numbers[][256])
{
	int i;

	for (i = 0; words[i] != NULL; i++) {
		const char *percent = strchr(words[i], '%');

		to[i] = words[i];
		if (percent == NULL)
			continue;
		snprintf(numbers[i], 256, "%.*s%d%s", (int)(percent - words[i]), words[i], number,
			percent + 1);
		to[i] = numbers[i];
	}
	to[i] = NULL;
}

static void measure_together(int n, char **words)
{
	static char numbers[WORDS_MAX][256];
	char *numbered[WORDS_MAX + 1];
	pid_t pids[TOGETHER_MAX];
	long long begin, cpu = 0;
	int failed = 0;

	if (n > TOGETHER_MAX)
		exit(2);
	begin = now();
	for (int i = 0; i < n; i++) {
		number_words(numbered, words, i, numbers);
		pids[i] = start(numbered);
	}
	for (int i = 0; i < n; i++) {
		struct rusage usage;
		int status;

		while (wait4(pids[i], &status, 0, &usage) < 0 && errno == EINTR)
			;
		cpu += cpu_of(&usage);
		failed += status_of(status) != 0;
	}
	printf("%lld %lld %d\n", now() - begin, cpu, failed);
}

/* ---- under ptrace ---- */

static struct {
	struct traced_process {
		pid_t pid;
		long faults; /* how many of them are counted already */
	} pids[TRACED_MAX];
	int n, processes, execs;
	long calls, peak, faults, copied;
} traced;

static struct traced_process *find(pid_t pid)
{
	for (int i = 0; i < traced.n; i++)
		if (traced.pids[i].pid == pid)
			return &traced.pids[i];
	return NULL;
}

static void add(pid_t pid)
{
	if (find(pid) != NULL)
		return;
	if (traced.n == TRACED_MAX)
		exit(2);
	traced.pids[traced.n++] = (struct traced_process){ .pid = pid };
	traced.processes++;
}

static void drop(pid_t pid)
{
	struct traced_process *process = find(pid);

	if (process != NULL)
		*process = traced.pids[--traced.n];
}

/* Returns the number after a word of /proc/PID/status; 0 if it isn't there. */
static long status_number(pid_t pid, const char *word)
{
	char path[64], line[256];
	FILE *file;
	long number = 0;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			number = atol(line + strlen(word));
	if (file != NULL)
		fclose(file);
	return number;
}

static long faults_of(pid_t pid)
{
	char path[64], text[1024] = "";
	FILE *file;
	long faults = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file != NULL && fgets(text, sizeof text, file) != NULL && strrchr(text, ')') != NULL)
		sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %ld", &faults);
	if (file != NULL)
		fclose(file);
	return faults;
}

/* Call it before a process exits, executes a program, or is detached. */
static void note_memory(pid_t pid)
{
	struct traced_process *process = find(pid);
	long peak = status_number(pid, "VmHWM:"), faults = faults_of(pid);

	if (process == NULL || is_payload(pid))
		return;
	if (peak > traced.peak)
		traced.peak = peak;
	traced.faults += faults - process->faults;
	process->faults = faults;
}

static void at_system_call(pid_t pid)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (!is_payload(pid))
		traced.calls++;
	if (info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat)
		note_memory(pid);
}

static void let_go(void)
{
	for (int i = 0; i < traced.n; i++) {
		pid_t pid = traced.pids[i].pid;
		int status;

		if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || waitpid(pid, &status, __WALL) < 0)
			continue;
		note_memory(pid);
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

/* Starts a command that stops at each of its system calls. */
static pid_t start_traced(char **words)
{
	enum {
		OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT
	};
	int gate[2], status;
	pid_t pid;
	char byte;

	if (pipe2(gate, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) >= 0)
			execute(words);
		_exit(127);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0)
		exit(1);
	close(gate[0]);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, &status, __WALL);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	close(gate[1]);
	return pid;
}

static void measure_count(char **words)
{
	int status, result = 0;
	pid_t main_pid, pid;
	bool began = false;

	memset(&traced, 0, sizeof traced);
	main_pid = start_traced(words);
	add(main_pid);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		unsigned long message;
		int event = status >> 16, signal = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			drop(pid);
			if (pid != main_pid)
				continue;
			result = status_of(status);
			break;
		}
		add(pid);
		if (event == PTRACE_EVENT_EXIT)
			note_memory(pid);
		else if (event == PTRACE_EVENT_EXEC && !began) {
			began = true; /* what ran before was this program in the child */
			traced.calls = 1;
			traced.peak = traced.faults = 0;
			find(pid)->faults = faults_of(pid);
		} else if (event == PTRACE_EVENT_EXEC) {
			traced.execs++;
		} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
			event == PTRACE_EVENT_CLONE) {
			traced.copied += status_number(pid, "RssAnon:");
			if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &message) == 0)
				add((pid_t)message);
		} else if (event == 0 && WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_system_call(pid);
		else if (event == 0)
			signal = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, pid, 0, (void *)(intptr_t)signal);
	}
	let_go();
	printf("%ld %d %ld %ld %ld %d %d\n", traced.calls, traced.processes, traced.peak,
		traced.faults, traced.copied, traced.execs, result);
}

int main(void)
{
	const char *file = getenv("MEASURE_OUTPUT");
	static char line[65536];

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (file != NULL &&
		(output = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) <
			0)
		return 1;
	unsetenv("MEASURE_OUTPUT");
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *words[WORDS_MAX + 1], *rest = line;
		int n = 0;

		line[strcspn(line, "\n")] = '\0';
		while (n < WORDS_MAX && (words[n] = strsep(&rest, "\t")) != NULL)
			n++;
		words[n] = NULL;
		if (words[0] == NULL)
			continue;
		if (strcmp(words[0], "time") == 0)
			measure_time(words + 1);
		else if (strcmp(words[0], "count") == 0)
			measure_count(words + 1);
		else if (strcmp(words[0], "together") == 0 && words[1] != NULL)
			measure_together(atoi(words[1]), words + 2);
		else {
			while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
				;
			puts("0");
		}
	}
	return 0;
}
