/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lower bound that hull is measured against. It uses as few system calls as possible, without
 * parsing (the configuration is compiled in), state, checks or messages. After a failure its exit
 * status is its source line modulo 256. x86-64 only.
 *
 * floor ID: runs one container.
 *
 * floor exec PID CGROUP: runs another process in the container whose first process is PID: one
 * setns(2), one clone3(2) into the cgroup, the credentials, the filter, and execve(2).
 *
 * tests/bench/floor_plan.py makes plan.h from the config.json that the other runtimes read: USERNS,
 * ROOTFS, HOSTNAME, DEVICE_PROGRAM (pinned), FILTER (struct sock_filter[]), BOUNDING, and the lists
 * MOUNTS, MASKED, READONLY.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>

#include "calls.h"
#include "plan.h"

#define MUST(n, ...) must(CALL(n, __VA_ARGS__), __LINE__)
enum { DETACH = 2 }; /* MNT_DETACH */

static long must(long result, int line)
{
	if (result < 0)
		CALL(exit_group, line & 255, 0, 0, 0, 0);
	return result;
}

static void *clear(void *at, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		((volatile char *)at)[i] = 0;
	return at;
}

static void attach(long tree, int root, const char *at)
{
	MUST(move_mount, tree, "", root, at, MOVE_MOUNT_F_EMPTY_PATH);
	CALL(close, tree, 0, 0, 0, 0);
}

struct mount {
	const char *type, *at;
	const char *options[8]; /* pairs */
	uint64_t attributes;
	int made; /* the directory isn't in the image */
};
static const struct mount mounts[] = { MOUNTS };
static const char *const masked[] = { MASKED }, *const readonly[] = { READONLY };
static const struct sock_filter filter[] = { FILTER };

static long new_mount(const struct mount *mount)
{
	long context = MUST(fsopen, mount->type, 0, 0, 0, 0), tree;

	for (int i = 0; mount->options[i]; i += 2)
		call(__NR_fsconfig, context, FSCONFIG_SET_STRING, (long)mount->options[i],
			(long)mount->options[i + 1], 0);
	MUST(fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
	tree = MUST(fsmount, context, 0, mount->attributes, 0, 0);
	CALL(close, context, 0, 0, 0, 0);
	return tree;
}

static void make_devices(int root)
{
	static const char *const nodes[] = { "dev/null", "dev/zero", "dev/full", "dev/random",
		"dev/urandom", "dev/tty" };
	static const int numbers[] = { 0x103, 0x105, 0x107, 0x108, 0x109, 0x500 };
	static const char *const links[] = { "/proc/self/fd", "dev/fd", "/proc/self/fd/0",
		"dev/stdin", "/proc/self/fd/1", "dev/stdout", "/proc/self/fd/2", "dev/stderr",
		"pts/ptmx", "dev/ptmx" };
	static const char prefix[] = "/";

	for (unsigned i = 0; i < 6; i++) {
		if (!USERNS) {
			MUST(mknodat, root, nodes[i], 0020666, numbers[i], 0);
			continue;
		}
		MUST(mknodat, root, nodes[i], 0100000, 0, 0);
		attach(MUST(open_tree, MUST(open, prefix, O_PATH, 0, 0, 0), nodes[i],
			       OPEN_TREE_CLONE, 0, 0),
			root, nodes[i]);
	}
	for (unsigned i = 0; i < 10; i += 2)
		MUST(symlinkat, links[i], root, links[i + 1], 0, 0);
}

static void mask(int root)
{
	static const struct mount empty = {
		.type = "tmpfs", .options = { "mode", "0555" }, .attributes = MOUNT_ATTR_RDONLY
	};
	struct mount_attr attributes;
	long tree;

	clear(&attributes, sizeof attributes);
	attributes.attr_set = MOUNT_ATTR_RDONLY;
	for (unsigned i = 0; i < sizeof readonly / sizeof *readonly; i++) {
		tree = MUST(open_tree, root, readonly[i],
			OPEN_TREE_CLONE | 0x8000 /* AT_RECURSIVE */, 0, 0);
		MUST(mount_setattr, tree, "", 0x1000 /* AT_EMPTY_PATH */, &attributes,
			sizeof attributes);
		attach(tree, root, readonly[i]);
	}
	for (unsigned i = 0; i < sizeof masked / sizeof *masked;
		i++) /* one that ends with a slash is a directory */
		attach(masked[i][0] == '/'
				? new_mount(&empty)
				: MUST(open_tree, root, "dev/null", OPEN_TREE_CLONE, 0, 0),
			root, masked[i] + (masked[i][0] == '/'));
	MUST(fchdir, root, 0, 0, 0, 0);
	MUST(pivot_root, ".", ".", 0, 0, 0);
	MUST(umount2, ".", DETACH, 0, 0, 0);
	MUST(mount_setattr, AT_FDCWD, "/", 0, &attributes, sizeof attributes);
}

static void become_process(void)
{
	static const char *const argv[] = { "/bin/true", 0 };
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { BOUNDING & 0xffffffff, BOUNDING & 0xffffffff,
							  0 },
		{ BOUNDING >> 32, BOUNDING >> 32, 0 } };
	struct sock_fprog program = { sizeof filter / sizeof *filter,
		(struct sock_filter *)filter };

	MUST(setsid, 0, 0, 0, 0, 0);
	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++)
		if (!(BOUNDING >> i & 1))
			CALL(prctl, PR_CAPBSET_DROP, i, 0, 0, 0);
	CALL(setgroups, 0, 0, 0, 0, 0);
	MUST(capset, &header, data, 0, 0, 0);
	MUST(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	MUST(close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */, 0, 0);
	if (sizeof filter > 0)
		MUST(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program, 0, 0);
	MUST(execve, argv[0], argv, argv + 1, 0, 0);
}

/*
 * Binds the container's cgroup: without a cgroup namespace, a cgroup hierarchy can't be mounted in
 * a user namespace.
 */
static long bind_cgroup(long cgroup)
{
	struct mount_attr attributes;
	long tree = MUST(open_tree, cgroup, "", OPEN_TREE_CLONE | 0x1000 /* AT_EMPTY_PATH */, 0, 0);

	clear(&attributes, sizeof attributes);
	attributes.attr_set =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	MUST(mount_setattr, tree, "", 0x1000, &attributes, sizeof attributes);
	return tree;
}

static void inside(int tree, long cgroup_tree, int go)
{
	struct ifreq lo;
	char byte;
	long sock;

	MUST(read, go, &byte, 1, 0, 0);
	if (USERNS) {
		MUST(setresgid, 0, 0, 0, 0, 0);
		MUST(setresuid, 0, 0, 0, 0, 0);
	}
	MUST(unshare, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, 0, 0, 0, 0);
	sock = MUST(socket, AF_UNIX, SOCK_DGRAM, 0, 0, 0);
	clear(&lo, sizeof lo);
	lo.ifr_name[0] = 'l';
	lo.ifr_name[1] = 'o';
	lo.ifr_flags = IFF_UP;
	MUST(ioctl, sock, SIOCSIFFLAGS, &lo, 0, 0);
	MUST(sethostname, HOSTNAME, sizeof HOSTNAME - 1, 0, 0, 0);
	MUST(mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0);
	MUST(move_mount, tree, "", AT_FDCWD, ROOTFS, MOVE_MOUNT_F_EMPTY_PATH);
	for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		if (mounts[i].made)
			MUST(mkdirat, tree, mounts[i].at, 0755, 0, 0);
		attach(USERNS && mounts[i].type[0] == 'c' ? cgroup_tree : new_mount(&mounts[i]),
			tree, mounts[i].at);
	}
	make_devices(tree);
	mask(tree);
	become_process();
}

static void map(long pid, const char *kind)
{
	char path[32], *at = path + 6, digits[12], *digit = digits;
	const char *from;
	long fd;

	for (from = "/proc/"; *from; from++)
		path[from - (const char *)"/proc/"] = *from;
	for (; pid > 0; pid /= 10)
		*digit++ = (char)('0' + pid % 10);
	while (digit > digits)
		*at++ = *--digit;
	for (from = kind; *from; from++)
		*at++ = *from;
	*at = 0;
	fd = MUST(open, path, O_WRONLY, 0, 0, 0);
	MUST(write, fd, "0 100000 65536\n", 15, 0, 0);
	CALL(close, fd, 0, 0, 0, 0);
}

static long number(const char *digits)
{
	long value = 0;

	for (; *digits; digits++)
		value = 10 * value + (*digits - '0');
	return value;
}

static void execute(const char *pid, const char *directory)
{
	long cgroup = MUST(open, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0),
	     pidfd = MUST(pidfd_open, number(pid), 0, 0, 0, 0), child;
	struct clone_args args;
	int status = 0;

	MUST(setns, pidfd,
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			(USERNS ? CLONE_NEWUSER : 0),
		0, 0, 0);
	clear(&args, sizeof args);
	args.flags = CLONE_INTO_CGROUP;
	args.exit_signal = 17;
	args.cgroup = (uint64_t)cgroup;
	child = MUST(clone3, &args, sizeof args, 0, 0, 0);
	if (child == 0) {
		if (USERNS) {
			MUST(setresgid, 0, 0, 0, 0, 0);
			MUST(setresuid, 0, 0, 0, 0, 0);
		}
		become_process();
	}
	MUST(wait4, child, &status, 0, 0, 0);
	CALL(exit_group, status >> 8, 0, 0, 0, 0);
}

__attribute__((used)) static void begin(const long *stack)
{
	const char *id = (const char *)stack[2];
	union bpf_attr bpf;
	struct clone_args args;
	long cgroups = MUST(open, "/sys/fs/cgroup", O_PATH, 0, 0, 0), cgroup, program, tree,
	     cgroup_tree, pid;
	int go[2], status = 0;

	if (stack[0] == 4)
		execute((const char *)stack[3], (const char *)stack[4]);
	MUST(mkdirat, cgroups, id, 0755, 0, 0);
	cgroup = MUST(openat, cgroups, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0);
	clear(&bpf, sizeof bpf);
	bpf.pathname = (uint64_t)(uintptr_t)DEVICE_PROGRAM;
	program = MUST(bpf, BPF_OBJ_GET, &bpf, 16, 0, 0);
	clear(&bpf, sizeof bpf);
	bpf.target_fd = (uint32_t)cgroup;
	bpf.attach_bpf_fd = (uint32_t)program;
	bpf.attach_type = BPF_CGROUP_DEVICE;
	bpf.attach_flags = BPF_F_ALLOW_MULTI;
	MUST(bpf, BPF_PROG_ATTACH, &bpf, 20, 0, 0);
	tree = MUST(open_tree, AT_FDCWD, ROOTFS, OPEN_TREE_CLONE | 0x8000, 0, 0);
	cgroup_tree = USERNS ? bind_cgroup(cgroup) : -1;
	MUST(pipe2, go, 0, 0, 0, 0);
	clear(&args, sizeof args);
	args.flags = CLONE_NEWPID | (USERNS ? CLONE_NEWUSER : 0) | CLONE_INTO_CGROUP;
	args.exit_signal = 17;
	args.cgroup = (uint64_t)cgroup;
	pid = MUST(clone3, &args, sizeof args, 0, 0, 0);
	if (pid == 0)
		inside((int)tree, cgroup_tree, go[0]);
	if (USERNS) {
		map(pid, "/gid_map");
		map(pid, "/uid_map");
	}
	MUST(write, go[1], "g", 1, 0, 0);
	MUST(wait4, pid, &status, 0, 0, 0);
	MUST(unlinkat, cgroups, id, 0x200 /* AT_REMOVEDIR */, 0, 0);
	CALL(exit_group, status >> 8, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
