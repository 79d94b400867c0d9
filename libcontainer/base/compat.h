/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What glibc has and musl lacks: wrappers for pidfds, for the new mount API, and a few others. Each
 * behaves as its man page says. The Makefile includes this file before every other one.
 */
#pragma once
#include <dirent.h>
#include <elf.h>
#include <glob.h>
#include <stddef.h>
#include <stdio.h> /* RENAME_EXCHANGE, if the library has it */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <sys/pidfd.h>
#else
#include <fcntl.h>
#include <signal.h>

/* musl's open() repeats FD_CLOEXEC by fcntl(2), for kernels before 2.6.23. */
#define open(...) openat(AT_FDCWD, __VA_ARGS__)

static inline int pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int pidfd_getfd(int pidfd, int targetfd, unsigned flags)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, targetfd, flags);
}

static inline int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}

/* scandir(3) relative to dirfd. Needs /proc. */
int scandirat(int dirfd, const char *path, struct dirent ***list,
	int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **));

/*
 * Returns glibc's text for errnum, which engines and people know from other runtimes; NULL if it
 * isn't known.
 */
const char *strerrordesc_np(int errnum);
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#include <linux/close_range.h>

static inline int close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int execveat(
	int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)syscall(SYS_execveat, dirfd, path, argv, envp, flags);
}
#endif

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)

static inline int renameat2(
	int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);
}
#endif

#ifndef GLOB_ONLYDIR
#define GLOB_ONLYDIR 0 /* an optimisation that callers don't rely on */
#endif

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

#ifndef STATX_BASIC_STATS
#include <linux/stat.h>

static inline int statx(
	int dirfd, const char *path, int flags, unsigned mask, struct statx *attributes)
{
	return (int)syscall(SYS_statx, dirfd, path, flags, mask, attributes);
}
#endif

#ifndef FSOPEN_CLOEXEC
#include <linux/mount.h>

static inline int fsopen(const char *fs_name, unsigned flags)
{
	return (int)syscall(SYS_fsopen, fs_name, flags);
}

static inline int fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}

static inline int fsmount(int fd, unsigned flags, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, fd, flags, attributes);
}

static inline int fspick(int dirfd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_fspick, dirfd, path, flags);
}

static inline int open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

static inline int move_mount(
	int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from_dirfd, from, to_dirfd, to, flags);
}

static inline int mount_setattr(
	int dirfd, const char *path, unsigned flags, struct mount_attr *attributes, size_t size)
{
	return (int)syscall(SYS_mount_setattr, dirfd, path, flags, attributes, size);
}
#endif
