/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * audit_culprit RULE ROOTFS: violates this rule of the auditor (tests/audit) and no other, to test
 * that each rule can fail. Exits with 0 if it could.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *rootfs;

static void hide(void)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		err(2, "become non-dumpable");
}

static void enter(int namespaces)
{
	if (unshare(namespaces) < 0)
		err(2, "make namespaces");
}

static void change_root(void)
{
	if (chroot(rootfs) < 0)
		err(2, "enter %s", rootfs);
}

static void execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
	err(2, "execute");
}

static void stay_dumpable(void)
{
	enter(CLONE_NEWUTS);
	(void)getppid();
}

static int in_child(void *unused)
{
	(void)unused;
	enter(CLONE_NEWUTS);
	(void)getppid();
	_exit(0);
}

static void share(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	hide();
	if (clone(in_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) < 0)
		err(2, "clone");
	(void)wait(NULL);
}

static void keep_host_open(void)
{
	hide();
	if (open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) < 0)
		err(2, "/proc");
	enter(CLONE_NEWUTS);
	change_root();
	if (chdir("/") == 0)
		execute();
}

static void stay_outside(void)
{
	hide();
	enter(CLONE_NEWUTS);
	change_root();
	execute();
}

static void follow_links(void)
{
	int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	hide();
	(void)openat(root, "bin/true", O_PATH | O_CLOEXEC);
}

static void write_map(pid_t pid, const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0 100000 65536", 14) < 0)
		err(2, "%s", path);
	close(fd);
}

/* In a user namespace, but still as host root. */
static void stay_root(void)
{
	int ready[2], mapped[2], status;
	struct stat st;
	char byte;
	pid_t pid;

	hide();
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(mapped, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		err(2, "fork");
	if (pid == 0) {
		enter(CLONE_NEWUSER);
		close(mapped[1]);
		if (write(ready[1], "", 1) < 0 || read(mapped[0], &byte, 1) < 0)
			_exit(1);
		change_root();
		_exit(chdir("/") < 0 || stat("/bin/true", &st) < 0);
	}
	if (read(ready[0], &byte, 1) != 1)
		err(2, "wait for the child");
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	close(mapped[1]);
	if (wait(&status) < 0 || status != 0)
		errx(2, "the child failed");
}

static void name_by_number(void)
{
	kill(getppid(), 0);
}

static void give_away(void)
{
	if (fchown(0, 4711, (gid_t)-1) < 0)
		err(2, "give standard input away");
}

static const struct {
	const char *rule;
	void (*break_it)(void);
} culprits[] = {
	{ "dumpable", stay_dumpable },
	{ "sharing", share },
	{ "descriptors", keep_host_open },
	{ "whereabouts", stay_outside },
	{ "paths", follow_links },
	{ "credentials", stay_root },
	{ "numbers", name_by_number },
	{ "owners", give_away },
};

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	rootfs = argv[2];
	close_range(3, ~0U, 0);
	for (size_t i = 0; i < sizeof culprits / sizeof *culprits; i++)
		if (strcmp(argv[1], culprits[i].rule) == 0) {
			culprits[i].break_it();
			return 0;
		}
	return 2;
}
