/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel's refusals mean. An errno says little ("invalid argument"); what it means depends
 * on the operation, and often only a look at the system tells which of several causes it was. Each
 * kind of operation has one table of rows, in the part of hull that knows the operation:
 *
 *	cgroup/settings/refusals.c           a write to a cgroup's file
 *	cgroup/entry_refusals.c              mkdir of a cgroup; entering it, being born in it
 *	cgroup/v2.c                          enabling a controller
 *	cgroup/settings/oom.c                inotify(7) on a cgroup's events
 *	cgroup/systemd/helper.c              starting hull-systemd
 *	linux/namespaces/refusals.c          clone3(2), unshare(2)
 *	linux/namespaces/namespaces.c        setns(2)
 *	linux/namespaces/time_offsets.c      writing a clock's offset
 *	linux/ids/userns.c                   writing an ID map
 *	linux/ids/user.c                     setgroups(2), setresuid(2), setresgid(2)
 *	linux/mount/explain.c                opening and attaching mounts
 *	linux/mount/filesystem.c             making a filesystem, mounting procfs and sysfs
 *	linux/mount/attributes.c             mount_setattr(2): flags
 *	linux/mount/idmap.c                  mount_setattr(2): an ID mapping
 *	linux/mount/lock.c                   locking mounts by one more user namespace
 *	linux/mount/rootfs.c                 pivot_root(2)
 *	linux/net/netdev.c                   moving a network device
 *	linux/process/exec_refusals.c        execve(2)
 *	linux/process/cpu_affinity.c         sched_setaffinity(2)
 *	linux/process/io_priority.c          ioprio_set(2)
 *	linux/process/memory_policy.c        set_mempolicy(2)
 *	linux/process/oom.c                  writing oom_score_adj
 *	linux/process/rlimits.c              prlimit(2)
 *	linux/process/scheduler.c            sched_setattr(2)
 *	linux/process/terminal.c             opening ptmx
 *	linux/process/lsm.c                  AppArmor profiles and SELinux labels
 *	linux/seccomp/seccomp.c              seccomp(2)
 *	container/create/clone_refusals.c    clone3(2) of the container's init
 *	container/criu/images.c              reading the record of a checkpoint
 *	container/exec/enter.c               looking at a container's namespaces
 *	container/ops/live_mounts.c          umount2(2) in a container
 *	container/state/state.c              opening the state root
 *	base/error.c                         what means the same everywhere: EMFILE, ENFILE, ENOSYS
 *
 * How to add a row: find the table of the operation; add a line with the errno, the object that it
 * is about (NULL: any), and either a text, or a function that looks whether this is the cause and
 * writes the figures into `why`. Rows are tried from the first to the last and the first that
 * applies wins: put what is certain before what is likely, and a row without a function last. The
 * function only reads, may fail silently (return false), and names paths and numbers, with what can
 * be done about it. Add a test that provokes the refusal and looks for the sentence.
 */
#pragma once
#include <stdbool.h>

struct buf;
struct error;

struct explanation {
	int errnum;          /* the errno that the row explains */
	const char *subject; /* name of the object, or its beginning if it ends with "*"; NULL:
				anything */
	/*
	 * Returns true if this is the cause. Appends the sentence to `why` if the row has no
	 * `text`. operation: explain()'s argument. find NULL: the row always applies.
	 */
	bool (*find)(const void *operation, struct buf *why);
	const char *text; /* the sentence, if `find` appends none */
};
#define EXPLANATIONS_END \
	{                \
		0        \
	}

/*
 * Appends the hint of the first row that applies to err, whose code is the errno. rows end with
 * EXPLANATIONS_END. subject may be NULL. Preserves err->code and errno. Returns -1. err may be
 * NULL.
 */
int explain(const struct explanation *rows, const char *subject, const void *operation,
	struct error *err) __attribute__((cold));
