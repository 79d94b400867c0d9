/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls that libc has no wrapper for, and constants newer than the headers of the oldest
 * supported distribution. Everything here returns as the system call does: -1 with errno set.
 */
#pragma once
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <linux/sched.h>

#include "base/compat.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif
#ifndef __NR_listmount
#define __NR_listmount 458
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x00000040
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Longest string for fsconfig(2), including the NUL. */
enum { FSCONFIG_VALUE_ROOM = 256 };

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof *how);
}

static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

/*
 * musl blocks all signals around each of these, to do the same in every thread: three system calls
 * more. hull has one thread.
 */
#ifdef SYS_setresuid32
#define SYS_NUMBER_OF(call) SYS_##call##32
#else
#define SYS_NUMBER_OF(call) SYS_##call
#endif
static inline int sys_setresuid(uid_t uid)
{
	return (int)syscall(SYS_NUMBER_OF(setresuid), uid, uid, uid);
}

static inline int sys_setresgid(gid_t gid)
{
	return (int)syscall(SYS_NUMBER_OF(setresgid), gid, gid, gid);
}

static inline int sys_setgroups(size_t n, const gid_t *groups)
{
	return (int)syscall(SYS_NUMBER_OF(setgroups), n, groups);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_open_tree_attr(
	int dirfd, const char *path, unsigned flags, struct mount_attr *attr)
{
	return (int)syscall(__NR_open_tree_attr, dirfd, path, flags, attr, sizeof *attr);
}
