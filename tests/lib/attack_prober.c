/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attack_prober PROGRAM: a hostile process in a container that waits for the runtime to enter
 * (CVE-2016-9962, CVE-2024-21626, CVE-2016-8649). For every other process that it sees, as fast as
 * possible: looks at its open files through /proc/PID/fd, at its working directory and root, copies
 * files with pidfd_getfd(2), and attaches with ptrace(2). A process that executes PROGRAM (an
 * absolute path in the container) belongs to the container and may be traced. A process with
 * another executable, or one that can't be named, is the runtime on its way in. Prints a line for
 * each success and, on SIGTERM, "seen N" with the number of processes seen.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t done;
static const char *program;

static void stop(int sig)
{
	(void)sig;
	done = 1;
}

static int link_of(int pid, const char *what, char target[4096])
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
	len = readlink(path, target, 4095);
	if (len < 0)
		return -1;
	target[len] = '\0';
	return 0;
}

static int is_ours(int pid)
{
	char exe[4096];

	/* it has ended, or (EACCES) hides its executable: then attaching must fail, too */
	return link_of(pid, "exe", exe) < 0 ? -errno : strcmp(exe, program) == 0;
}

/*
 * A process must not have a directory open, nor a file other than a pipe, a socket or a file of the
 * container's standard streams.
 */
static void look_at_files(int pid)
{
	char path[64], target[4096], name[32];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);
		struct stat st;

		snprintf(name, sizeof name, "fd/%d", fd);
		if (!isdigit((unsigned char)entry->d_name[0]) || link_of(pid, name, target) < 0)
			continue;
		snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
		if (fd > 2 && is_ours(pid) != 1)
			printf("file %d of the runtime: %s\n", fd, target);
		else if (stat(path, &st) == 0 &&
			(S_ISDIR(st.st_mode) || (fd > 2 && strncmp(target, "/bin/", 5) != 0)))
			printf("file %d: %s\n", fd, target);
	}
	closedir(dir);
}

static void take_files(int pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int fd = 3; pidfd >= 0 && fd < 16; fd++) {
		int taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		struct statfs fs;

		if (taken < 0)
			continue;
		if (is_ours(pid) != 1 || (fstatfs(taken, &fs) == 0 && fs.f_type == 0x9fa0))
			printf("took file %d of %d\n", fd, pid);
		close(taken);
	}
	if (pidfd >= 0)
		close(pidfd);
}

static void attach(int pid)
{
	int ours;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	ours = is_ours(pid);
	if (ours != 1 && ours != -ENOENT && ours != -ESRCH)
		printf("attached to %d, which isn't %s\n", pid, program);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

int main(int argc, char **argv)
{
	int self = getpid(), last = self;
	long seen = 0;

	if (argc != 2)
		return 2;
	program = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, stop);
	printf("probing\n");
	while (!done) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc != NULL && (entry = readdir(proc)) != NULL) {
			int pid = atoi(entry->d_name);

			if (pid <= 0 || pid == self)
				continue;
			if (pid != last)
				seen++;
			last = pid;
			look_at_files(pid);
			take_files(pid);
			attach(pid);
		}
		if (proc != NULL)
			closedir(proc);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
	printf("seen %ld\n", seen);
	return 0;
}
