/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * timed: stands in for a runtime. Called as hull, crun or runc, it runs that program with the same
 * arguments, exits with its status, and appends a line to /bench.log:
 *
 *	NAME COMMAND BEGIN END USER SYSTEM
 *
 * BEGIN and END are CLOCK_MONOTONIC, USER and SYSTEM the CPU time of the program and of everything
 * that it waited for, all in microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const programs[] = { "/usr/local/bin/hull", "/usr/bin/crun", "/usr/bin/runc" };
static const char *const commands[] = { "create", "start", "exec", "kill", "delete", "state", "run",
	"pause", "resume", "update", "ps", "list", "features", "events" };

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long micros(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const char *command_of(char **argv)
{
	for (; *argv != NULL; argv++)
		for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
			if (strcmp(*argv, commands[i]) == 0)
				return commands[i];
	return "other";
}

static pid_t start(const char *program, char **argv)
{
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

	if (pid == 0) {
		execv(program, argv); /* NOLINT(clang-analyzer-unix.Vfork) */
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	const char *name = base(argv[0]), *program = NULL;
	struct rusage usage = { 0 };
	long long begin = now();
	char line[256];
	int status, log;
	pid_t pid;

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (strcmp(base(programs[i]), name) == 0)
			program = programs[i];
	if (argc < 1 || program == NULL)
		return 127;
	pid = start(program, argv);
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	snprintf(line, sizeof line, "%s %s %lld %lld %lld %lld\n", name, command_of(argv + 1),
		begin, now(), micros(usage.ru_utime), micros(usage.ru_stime));
	log = open("/bench.log", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (log >= 0 && write(log, line, strlen(line)) < 0)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
