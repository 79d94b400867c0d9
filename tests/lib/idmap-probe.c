/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idmap-probe DIR [TARGET]: exits with 0 if the filesystem of DIR can be mounted with an ID mapping
 * (65,536 IDs from 0 to 100000), else with 1 and the reason. Mounts it at TARGET if given; else
 * leaves nothing behind.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/mount.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[64], byte;
	int ready[2], tree, userns, rc;
	pid_t pid;

	if (argc != 2 && argc != 3)
		errx(2, "usage: idmap-probe DIR [TARGET]");
	if (pipe(ready) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "no user namespace");
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	write_file(path, "0 100000 65536");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	write_file(path, "0 100000 65536");
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	userns = open(path, O_RDONLY | O_CLOEXEC);
	if (userns < 0)
		err(1, "%s", path);
	attr.userns_fd = (unsigned)userns;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		err(1, "%s", argv[1]);
	rc = (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (rc < 0)
		warn("%s cannot be ID-mapped", argv[1]);
	else if (argc == 3 &&
		(rc = (int)syscall(
			 SYS_move_mount, tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH)) < 0)
		warn("%s", argv[2]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc < 0;
}
