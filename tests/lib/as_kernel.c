/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * as_kernel VERSION COMMAND...: runs COMMAND as if the kernel were VERSION (5.14): later system
 * calls and flags fail as on that kernel, and uname(2) returns VERSION. Needs root. Exits with the
 * status of COMMAND.
 *
 * A seccomp filter handles what the registers show. For the rest (the key of fsconfig(2), the
 * filesystem of an ID-mapped mount, uname(2)) it notifies this process, which reads the caller's
 * memory. So nothing inside can have a seccomp listener of its own.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>

#define VERSION(major, minor) ((major)*100 + (minor))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static int version;

/*
 * System calls, and flags in the low half of an argument. As numbers, because old headers lack
 * them.
 */
static const struct refusal {
	int since;
	long call;
	int argument; /* -1: the whole call */
	uint32_t bits;
	int errnum;
} refusals[] = {
	{ VERSION(5, 15), 448 /* process_mrelease */, -1, 0, ENOSYS },
	{ VERSION(5, 15), SYS_move_mount, 4, 0x100 /* MOVE_MOUNT_SET_GROUP */, EINVAL },
	{ VERSION(5, 16), 449 /* futex_waitv */, -1, 0, ENOSYS },
	{ VERSION(5, 17), 450 /* set_mempolicy_home_node */, -1, 0, ENOSYS },
	{ VERSION(5, 19), SYS_seccomp, 1, 0x20 /* WAIT_KILLABLE_RECV */, EINVAL },
	{ VERSION(6, 5), 451 /* cachestat */, -1, 0, ENOSYS },
	{ VERSION(6, 5), SYS_move_mount, 4, 0x200 /* MOVE_MOUNT_BENEATH */, EINVAL },
	{ VERSION(6, 6), 452 /* fchmodat2 */, -1, 0, ENOSYS },
	{ VERSION(6, 6), 453 /* map_shadow_stack */, -1, 0, ENOSYS },
	{ VERSION(6, 7), 454 /* futex_wake */, -1, 0, ENOSYS },
	{ VERSION(6, 7), 455 /* futex_wait */, -1, 0, ENOSYS },
	{ VERSION(6, 7), 456 /* futex_requeue */, -1, 0, ENOSYS },
	{ VERSION(6, 8), 457 /* statmount */, -1, 0, ENOSYS },
	{ VERSION(6, 8), 458 /* listmount */, -1, 0, ENOSYS },
	{ VERSION(6, 8), 459 /* lsm_get_self_attr */, -1, 0, ENOSYS },
	{ VERSION(6, 8), 460 /* lsm_set_self_attr */, -1, 0, ENOSYS },
	{ VERSION(6, 8), 461 /* lsm_list_modules */, -1, 0, ENOSYS },
	{ VERSION(6, 9), SYS_pidfd_open, 1, 0x80 /* PIDFD_THREAD */, EINVAL },
	{ VERSION(6, 9), SYS_pidfd_send_signal, 3, 0x7 /* PIDFD_SIGNAL_* */, EINVAL },
	{ VERSION(6, 10), 462 /* mseal */, -1, 0, ENOSYS },
	{ VERSION(6, 13), 463 /* setxattrat */, -1, 0, ENOSYS },
	{ VERSION(6, 13), 464 /* getxattrat */, -1, 0, ENOSYS },
	{ VERSION(6, 13), 465 /* listxattrat */, -1, 0, ENOSYS },
	{ VERSION(6, 13), 466 /* removexattrat */, -1, 0, ENOSYS },
	{ VERSION(6, 15), 467 /* open_tree_attr */, -1, 0, ENOSYS },
	{ VERSION(6, 17), 468 /* file_getattr */, -1, 0, ENOSYS },
	{ VERSION(6, 17), 469 /* file_setattr */, -1, 0, ENOSYS },
	{ VERSION(7, 0), SYS_open_tree, 2, 0x2 /* OPEN_TREE_NAMESPACE */, EINVAL },
};

/*
 * Options of filesystems. Unknown ones fail with EINVAL. Before 6.5 overlay used the old interface,
 * where a descriptor fails with EOPNOTSUPP. It accepts descriptors since 6.13, and those of
 * detached mounts, such as hull's, since 6.15.
 */
static const struct option {
	int since;
	unsigned command; /* FSCONFIG_SET_*; 0: any */
	int errnum;
	const char *key;
} options[] = {
	{ VERSION(6, 0), 0, EINVAL, "favordynmods" },
	{ VERSION(6, 4), 0, EINVAL, "noswap" },
	{ VERSION(6, 5), FSCONFIG_SET_FD, EOPNOTSUPP, "lowerdir+" },
	{ VERSION(6, 5), 0, EINVAL, "lowerdir+" },
	{ VERSION(6, 6), 0, EINVAL, "memory_hugetlb_accounting" },
	{ VERSION(6, 11), 0, EINVAL, "pids_localevents" },
	{ VERSION(6, 15), FSCONFIG_SET_FD, EINVAL, "lowerdir+" },
	{ VERSION(6, 15), FSCONFIG_SET_FD, EINVAL, "upperdir" },
	{ VERSION(6, 15), FSCONFIG_SET_FD, EINVAL, "workdir" },
	{ VERSION(6, 17), 0, EINVAL, "pidns" },
};

/*
 * Filesystems that can be ID-mapped since that version. Others could be before 5.14, or still
 * can't.
 */
static const struct filesystem {
	int since;
	long magic;
} filesystems[] = {
	{ VERSION(5, 15), 0x9123683E /* btrfs */ },
	{ VERSION(5, 19), 0xE0F5E1E2 /* erofs */ },
	{ VERSION(6, 2), 0x73717368 /* squashfs */ },
	{ VERSION(6, 3), 0x01021994 /* tmpfs */ },
	{ VERSION(6, 9), 0x958458F6 /* hugetlbfs */ },
	{ VERSION(6, 12), 0x65735546 /* fuse */ },
	{ VERSION(7, 3), 0x794C7630 /* overlay */ },
};

static const long handed_over[] = { SYS_uname, SYS_fsconfig, SYS_mount_setattr };

/* ---- the filter ---- */

enum { ROOM = 256 };
static struct sock_filter filter[ROOM];
static struct sock_fprog program = { .filter = filter };

static void add(struct sock_filter instruction)
{
	if (program.len == ROOM)
		errx(1, "ROOM is too small");
	filter[program.len++] = instruction;
}

#define LOAD(offset) add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset))
#define RETURN(value) add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value))
#define UNLESS(test, value, skip) \
	add((struct sock_filter)BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 0, skip))

/* Little-endian: the low half of an argument comes first. */
static void build_filter(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if (r->since <= version)
			continue;
		LOAD(offsetof(struct seccomp_data, nr));
		UNLESS(BPF_JEQ, (uint32_t)r->call, r->argument < 0 ? 1 : 3);
		if (r->argument >= 0) {
			LOAD((uint32_t)(offsetof(struct seccomp_data, args) +
				(size_t)r->argument * sizeof(uint64_t)));
			UNLESS(BPF_JSET, r->bits, 1);
		}
		RETURN(SECCOMP_RET_ERRNO | (uint32_t)r->errnum);
	}
	LOAD(offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(handed_over); i++) {
		UNLESS(BPF_JEQ, (uint32_t)handed_over[i], 1);
		RETURN(SECCOMP_RET_USER_NOTIF);
	}
	RETURN(SECCOMP_RET_ALLOW);
}

/* ---- notifications: each function returns the errno; 0: the kernel executes the call ---- */

static int memory_of(const struct seccomp_notif *call, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%u/mem", call->pid);
	return open(path, flags | O_CLOEXEC);
}

static int option_is_too_new(const struct seccomp_notif *call)
{
	char key[64] = "";
	int memory = memory_of(call, O_RDONLY);
	ssize_t n = pread(memory, key, sizeof key - 1, (off_t)call->data.args[2]);

	close(memory);
	if (n <= 0 || memchr(key, '\0', (size_t)n) == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].since > version &&
			(options[i].command == 0 || options[i].command == call->data.args[1]) &&
			strcmp(options[i].key, key) == 0)
			return options[i].errnum;
	return 0;
}

static int filesystem_is_too_new(const struct seccomp_notif *call)
{
	struct mount_attr attr = { 0 };
	int memory = memory_of(call, O_RDONLY), process, tree;
	ssize_t n = pread(memory, &attr, sizeof attr, (off_t)call->data.args[3]);
	struct statfs fs = { 0 };

	close(memory);
	if (n != sizeof attr || !(attr.attr_set & MOUNT_ATTR_IDMAP))
		return 0;
	process = (int)syscall(SYS_pidfd_open, call->pid, 0);
	tree = (int)syscall(SYS_pidfd_getfd, process, (int)call->data.args[0], 0);
	fstatfs(tree, &fs);
	close(process);
	close(tree);
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (filesystems[i].since > version &&
			(uint32_t)filesystems[i].magic == (uint32_t)fs.f_type)
			return EINVAL;
	return 0;
}

/* Asks uname(2) in the caller's UTS namespace, with its personality. */
static int uname_of(unsigned pid, struct utsname *name)
{
	char path[64];
	unsigned long persona = 0;
	int namespace;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%u/personality", pid);
	file = fopen(path, "re");
	if (file != NULL && fscanf(file, "%lx", &persona) == 1)
		personality(persona);
	if (file != NULL)
		fclose(file);
	snprintf(path, sizeof path, "/proc/%u/ns/uts", pid);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || setns(namespace, CLONE_NEWUTS) < 0)
		return -1;
	close(namespace);
	return uname(name);
}

/* Returns -1 if it has answered the call. */
static int tell_version(const struct seccomp_notif *call)
{
	struct utsname name;
	int memory;
	ssize_t n;

	if (uname_of(call->pid, &name) < 0)
		return 0;
	snprintf(name.release, sizeof name.release, "%d.%d.0", version / 100, version % 100);
	memory = memory_of(call, O_WRONLY);
	n = pwrite(memory, &name, sizeof name, (off_t)call->data.args[0]);
	close(memory);
	return n == sizeof name ? -1 : EFAULT;
}

static void answer(int listener)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp reply = { 0 };
	int errnum = 0;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return;
	if (call.data.nr == SYS_fsconfig)
		errnum = option_is_too_new(&call);
	else if (call.data.nr == SYS_mount_setattr)
		errnum = filesystem_is_too_new(&call);
	else if (call.data.nr == SYS_uname)
		errnum = tell_version(&call);
	reply.id = call.id;
	reply.error = errnum > 0 ? -errnum : 0;
	reply.flags = errnum == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* ---- both sides ---- */

static void execute(char **argv, int parent)
{
	int listener, flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0)
		err(125, "seccomp (only one listener is possible around a process)");
	/* the parent copies the descriptor and confirms */
	if (write(parent, &listener, sizeof listener) != sizeof listener ||
		read(parent, &listener, 1) != 1)
		errx(125, "the parent is gone");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static int take_listener(int process, int child)
{
	int number, listener;

	if (read(child, &number, sizeof number) != sizeof number)
		exit(125);
	listener = (int)syscall(SYS_pidfd_getfd, process, number, 0);
	if (listener < 0 || write(child, "", 1) != 1)
		err(125, "pidfd_getfd");
	return listener;
}

int main(int argc, char **argv)
{
	int major, minor, pair[2], process, status;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t pid;

	if (argc < 3 || sscanf(argv[1], "%d.%d", &major, &minor) != 2)
		errx(2, "usage: as_kernel VERSION COMMAND...");
	version = VERSION(major, minor);
	build_filter();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || (pid = fork()) < 0)
		err(125, "fork");
	if (pid == 0)
		execute(argv + 2, pair[1]);
	close(pair[1]);
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	fds[0].fd = process;
	fds[1].fd = take_listener(process, pair[0]);
	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[1].revents & POLLIN)
			answer(fds[1].fd);
		if (fds[0].revents & POLLIN)
			break;
	}
	if (waitpid(pid, &status, 0) < 0)
		err(125, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
