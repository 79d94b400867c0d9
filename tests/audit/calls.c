/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/openat2.h>

#include "auditor.h"

static const struct call_info calls[] = {
	/* with paths */
	{ SYS_open, "open", -1, 0, 0 },
	{ SYS_openat, "openat", 0, 1, 0 },
	{ SYS_openat2, "openat2", 0, 1, 0 },
	{ SYS_creat, "creat", -1, 0, 0 },
	{ SYS_stat, "stat", -1, 0, 0 },
	{ SYS_lstat, "lstat", -1, 0, CALL_NO_FOLLOW },
	{ SYS_newfstatat, "newfstatat", 0, 1, 0 },
	{ SYS_statx, "statx", 0, 1, 0 },
	{ SYS_statfs, "statfs", -1, 0, 0 },
	{ SYS_access, "access", -1, 0, 0 },
	{ SYS_faccessat, "faccessat", 0, 1, 0 },
	{ SYS_faccessat2, "faccessat2", 0, 1, 0 },
	{ SYS_readlink, "readlink", -1, 0, CALL_NO_FOLLOW },
	{ SYS_readlinkat, "readlinkat", 0, 1, CALL_NO_FOLLOW },
	{ SYS_chdir, "chdir", -1, 0, 0 },
	{ SYS_chroot, "chroot", -1, 0, 0 },
	{ SYS_mkdir, "mkdir", -1, 0, CALL_NO_FOLLOW },
	{ SYS_mkdirat, "mkdirat", 0, 1, CALL_NO_FOLLOW },
	{ SYS_mknod, "mknod", -1, 0, CALL_NO_FOLLOW },
	{ SYS_mknodat, "mknodat", 0, 1, CALL_NO_FOLLOW },
	{ SYS_unlink, "unlink", -1, 0, CALL_NO_FOLLOW },
	{ SYS_unlinkat, "unlinkat", 0, 1, CALL_NO_FOLLOW },
	{ SYS_rmdir, "rmdir", -1, 0, CALL_NO_FOLLOW },
	{ SYS_symlink, "symlink", -1, 1, CALL_NO_FOLLOW },
	{ SYS_symlinkat, "symlinkat", 1, 2, CALL_NO_FOLLOW },
	{ SYS_linkat, "linkat", 2, 3, CALL_NO_FOLLOW },
	{ SYS_rename, "rename", -1, 1, CALL_NO_FOLLOW },
	{ SYS_renameat, "renameat", 2, 3, CALL_NO_FOLLOW },
	{ SYS_renameat2, "renameat2", 2, 3, CALL_NO_FOLLOW },
	{ SYS_chmod, "chmod", -1, 0, 0 },
	{ SYS_fchmodat, "fchmodat", 0, 1, 0 },
	{ SYS_chown, "chown", -1, 0, CALL_OWNS },
	{ SYS_lchown, "lchown", -1, 0, CALL_OWNS | CALL_NO_FOLLOW },
	{ SYS_fchown, "fchown", -1, -1, CALL_OWNS },
	{ SYS_fchownat, "fchownat", 0, 1, CALL_OWNS },
	{ SYS_truncate, "truncate", -1, 0, 0 },
	{ SYS_utimensat, "utimensat", 0, 1, 0 },
	{ SYS_mount, "mount", -1, 1, 0 },
	{ SYS_umount2, "umount2", -1, 0, 0 },
	{ SYS_pivot_root, "pivot_root", -1, 0, 0 },
	{ SYS_open_tree, "open_tree", 0, 1, 0 },
	{ SYS_move_mount, "move_mount", 2, 3, CALL_NO_FOLLOW },
	{ SYS_mount_setattr, "mount_setattr", 0, 1, 0 },
	{ SYS_name_to_handle_at, "name_to_handle_at", 0, 1, CALL_NO_FOLLOW },
	{ SYS_getxattr, "getxattr", -1, 0, 0 },
	{ SYS_setxattr, "setxattr", -1, 0, 0 },
	{ SYS_execve, "execve", -1, 0, CALL_EXECUTES },
	{ SYS_execveat, "execveat", 0, 1, CALL_EXECUTES },
	/* that wait, for somebody who comes some time */
	{ SYS_poll, "poll", -1, -1, CALL_WAITS },
	{ SYS_ppoll, "ppoll", -1, -1, CALL_WAITS },
	{ SYS_accept, "accept", -1, -1, CALL_WAITS },
	{ SYS_accept4, "accept4", -1, -1, CALL_WAITS },
	/* credentials and namespaces */
	{ SYS_setuid, "setuid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setgid, "setgid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setreuid, "setreuid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setregid, "setregid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setresuid, "setresuid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setresgid, "setresgid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setfsuid, "setfsuid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setfsgid, "setfsgid", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setgroups, "setgroups", -1, -1, 0 },
	{ SYS_capset, "capset", -1, -1, CALL_CHANGES_IDS },
	{ SYS_setns, "setns", -1, -1, CALL_CHANGES_IDS | CALL_USES },
	{ SYS_unshare, "unshare", -1, -1, CALL_CHANGES_IDS | CALL_USES },
	{ SYS_prctl, "prctl", -1, -1, 0 },
	{ SYS_clone, "clone", -1, -1, CALL_USES },
	{ SYS_clone3, "clone3", -1, -1, CALL_USES },
	{ SYS_fork, "fork", -1, -1, CALL_USES },
	{ SYS_vfork, "vfork", -1, -1, CALL_USES },
	{ SYS_exit_group, "exit_group", -1, -1, CALL_USES },
	/* processes by number */
	{ SYS_kill, "kill", -1, -1, CALL_BY_NUMBER },
	{ SYS_tkill, "tkill", -1, -1, CALL_BY_NUMBER },
	{ SYS_tgkill, "tgkill", -1, -1, CALL_BY_NUMBER },
	{ SYS_rt_sigqueueinfo, "rt_sigqueueinfo", -1, -1, CALL_BY_NUMBER },
	{ SYS_sched_setaffinity, "sched_setaffinity", -1, -1, CALL_BY_NUMBER },
	{ SYS_sched_setattr, "sched_setattr", -1, -1, CALL_BY_NUMBER },
	{ SYS_prlimit64, "prlimit64", -1, -1, CALL_BY_NUMBER },
	/* for the messages */
	{ SYS_pidfd_open, "pidfd_open", -1, -1, 0 },
	{ SYS_pidfd_send_signal, "pidfd_send_signal", -1, -1, 0 },
	{ SYS_waitid, "waitid", -1, -1, 0 },
	{ SYS_wait4, "wait4", -1, -1, 0 },
	{ SYS_read, "read", -1, -1, 0 },
	{ SYS_write, "write", -1, -1, 0 },
	{ SYS_close, "close", -1, -1, 0 },
	{ SYS_close_range, "close_range", -1, -1, 0 },
	{ SYS_fcntl, "fcntl", -1, -1, 0 },
	{ SYS_ioctl, "ioctl", -1, -1, 0 },
	{ SYS_fchdir, "fchdir", -1, -1, 0 },
	{ SYS_fstat, "fstat", -1, -1, 0 },
	{ SYS_fchmod, "fchmod", -1, -1, 0 },
	{ SYS_sendmsg, "sendmsg", -1, -1, 0 },
	{ SYS_sendto, "sendto", -1, -1, 0 },
	{ SYS_recvmsg, "recvmsg", -1, -1, 0 },
	{ SYS_recvfrom, "recvfrom", -1, -1, 0 },
	{ SYS_fsopen, "fsopen", -1, -1, 0 },
	{ SYS_fsconfig, "fsconfig", -1, -1, 0 },
	{ SYS_fsmount, "fsmount", -1, -1, 0 },
	{ SYS_umask, "umask", -1, -1, 0 },
	{ SYS_getcwd, "getcwd", -1, -1, 0 },
	{ SYS_getpid, "getpid", -1, -1, 0 },
	{ SYS_setsid, "setsid", -1, -1, 0 },
	{ SYS_keyctl, "keyctl", -1, -1, 0 },
	{ SYS_seccomp, "seccomp", -1, -1, 0 },
	{ SYS_sethostname, "sethostname", -1, -1, 0 },
	{ SYS_rt_sigaction, "rt_sigaction", -1, -1, 0 },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", -1, -1, 0 },
	{ SYS_mmap, "mmap", -1, -1, 0 },
	{ SYS_munmap, "munmap", -1, -1, 0 },
	{ SYS_brk, "brk", -1, -1, 0 },
	{ SYS_getdents64, "getdents64", -1, -1, 0 },
	{ SYS_socket, "socket", -1, -1, 0 },
};

size_t read_memory(pid_t pid, unsigned long long address, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)(uintptr_t)address, size };
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}

/* As long as it is mapped: a string may end right before the end of a page. */
static void read_string(pid_t pid, unsigned long long address, char text[TEXT_MAX])
{
	size_t n = read_memory(pid, address, text, TEXT_MAX - 1);

	if (n == 0)
		n = read_memory(pid, address, text,
			4096 - address % 4096 < TEXT_MAX - 1 ? 4096 - address % 4096
							     : TEXT_MAX - 1);
	text[n] = '\0';
}

void call_read(pid_t pid, struct call *call)
{
	call->info = NULL;
	call->has_path = false;
	call->path[0] = '\0';
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].nr == call->nr)
			call->info = &calls[i];
	if (call->info == NULL || call->info->path < 0)
		return;
	call->has_path = call->args[call->info->path] != 0;
	if (call->has_path)
		read_string(pid, call->args[call->info->path], call->path);
}

const char *call_text(const struct call *call)
{
	static char text[2 * TEXT_MAX];

	if (call->info == NULL)
		snprintf(text, sizeof text, "system call %ld", call->nr);
	else if (call->has_path && call->info->dir >= 0 &&
		(int)call->args[call->info->dir] != AT_FDCWD)
		snprintf(text, sizeof text, "%s(%d, \"%s\")", call->info->name,
			(int)call->args[call->info->dir], call->path);
	else if (call->has_path)
		snprintf(text, sizeof text, "%s(\"%s\")", call->info->name, call->path);
	else
		snprintf(text, sizeof text, "%s(%lld, %lld)", call->info->name,
			(long long)call->args[0], (long long)call->args[1]);
	return text;
}

/* "", "/" and "." have no component that anybody could have exchanged. */
bool call_looks_up(const struct call *call)
{
	return call->has_path && call->path[strspn(call->path, "/")] != '\0' &&
		strcmp(call->path, ".") != 0;
}

static bool opens_without_following(const struct call *call)
{
	unsigned long long flags = call->nr == SYS_open ? call->args[1] : call->args[2];

	return flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
}

static bool does_not_follow(const struct call *call)
{
	switch (call->nr) {
	case SYS_open:
	case SYS_openat: return opens_without_following(call);
	case SYS_newfstatat:
	case SYS_faccessat2: return call->args[3] & AT_SYMLINK_NOFOLLOW;
	case SYS_statx:
	case SYS_open_tree:
	case SYS_mount_setattr: return call->args[2] & AT_SYMLINK_NOFOLLOW;
	case SYS_fchownat: return call->args[4] & AT_SYMLINK_NOFOLLOW;
	case SYS_umount2: return call->args[1] & 8 /* UMOUNT_NOFOLLOW */;
	default: return call->info->flags & CALL_NO_FOLLOW;
	}
}

/* No link can lead out: the kernel keeps the look-up in the tree (and follows no magic link), or a
 * single name isn't followed. */
bool call_is_guarded(pid_t pid, const struct call *call)
{
	struct open_how how = { 0 };

	if (call->nr == SYS_openat2) {
		read_memory(pid, call->args[2], &how, sizeof how);
		return how.resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH);
	}
	return strchr(call->path, '/') == NULL && strcmp(call->path, "..") != 0 &&
		does_not_follow(call);
}
