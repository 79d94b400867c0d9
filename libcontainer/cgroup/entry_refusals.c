/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a cgroup can't be created, or a process can't be moved into it (base/explain.h).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/sys.h"
#include "cgroup/internal.h"

#define cleanup_above __attribute__((cleanup(cgroup_above_end)))

/* ---- creating a cgroup ---- */

struct making {
	const struct cgroup_hierarchy *hierarchy;
	const char *directory;
};

static uint64_t limit_in(int fd, const char *file)
{
	char text[64];

	if (cgroup_read(fd, file, text, sizeof text) <= 0 || strcmp(text, "max") == 0)
		return UINT64_MAX;
	return strtoull(text, NULL, 10);
}

/* A cgroup above limits the number of descendants or the depth. */
static bool too_many(const void *operation, struct buf *why)
{
	const struct making *m = operation;
	cleanup_above struct cgroup_above above;
	uint64_t depth = 0, there = 0, missing = 1;
	char text[CGROUP_TEXT_MAX];

	cgroup_above_begin(&above, m->hierarchy->mount, m->directory);
	while (cgroup_above(&above)) {
		uint64_t deepest = limit_in(above.fd, "cgroup.max.depth"),
			 most = limit_in(above.fd, "cgroup.max.descendants");

		if (++depth > deepest) {
			buf_printf(
				why, "%s/cgroup.max.depth is %" PRIu64, above.directory, deepest);
			return true;
		}
		if (above.fd < 0)
			missing++; /* hull created it, and removed it after the failure */
		if (cgroup_read(above.fd, "cgroup.stat", text, sizeof text) > 0 &&
			cgroup_key(text, "nr_descendants", &there) && there + missing > most) {
			buf_printf(why,
				"%s has %" PRIu64
				" cgroups below it, of which its cgroup.max.descendants "
				"allows %" PRIu64,
				above.directory, there, most);
			return true;
		}
	}
	return false;
}

static bool below_nothing(const void *operation, struct buf *why)
{
	const struct making *m = operation;

	if (access(m->hierarchy->mount, F_OK) == 0)
		return false;
	buf_printf(why, "%s isn't mounted any more", m->hierarchy->mount);
	return true;
}

static const struct explanation make_rows[] = {
	{ EAGAIN, NULL, too_many, NULL },
	{ ENOSPC, NULL, NULL,
		"the kernel has no number left for another cgroup (65535 with memory)" },
	{ ENOENT, NULL, below_nothing, NULL },
	{ ENOENT, NULL, NULL, "its parent was removed meanwhile, again and again" },
	{ ENOTDIR, NULL, NULL, "a part of the path is a file of a cgroup" },
	{ EINVAL, NULL, NULL, "a name in the path is one that cgroupfs doesn't take" },
	{ EACCES, NULL, NULL, "the parent cgroup isn't delegated to this user" },
	{ EPERM, NULL, NULL, "the parent cgroup isn't delegated to this user" },
	{ EROFS, NULL, NULL, "cgroupfs is mounted read-only here" },
	EXPLANATIONS_END,
};

int cgroup_explain_make(
	const struct cgroup_hierarchy *hierarchy, const char *directory, struct error *err)
{
	return explain(make_rows, NULL, &(struct making){ hierarchy, directory }, err);
}

/* ---- entering a cgroup ---- */

struct entry {
	const struct cgroup_hierarchy *hierarchy;
	pid_t pid;
};

/* Kernels with CONFIG_RT_GROUP_SCHED. */
static bool without_realtime(const void *operation, struct buf *why)
{
	const struct entry *e = operation;
	/* musl's sched_getscheduler() is ENOSYS */
	int policy = (int)syscall(SYS_sched_getscheduler, e->pid) & ~SCHED_RESET_ON_FORK;
	cleanup_free char *file = mem_printf("%s/cpu.rt_runtime_us", e->hierarchy->directory);
	char runtime[64] = "";

	if (policy != SCHED_FIFO && policy != SCHED_RR)
		return false;
	cgroup_read(AT_FDCWD, file, runtime, sizeof runtime);
	buf_printf(why,
		"the process runs under %s, as hull's caller does, and the cgroup has no real-time "
		"runtime (cpu.rt_runtime_us is %s): set /linux/resources/cpu/realtimeRuntime, or "
		"call hull under SCHED_OTHER (chrt -o 0)",
		policy == SCHED_FIFO ? "SCHED_FIFO" : "SCHED_RR", *runtime ? runtime : "0");
	return true;
}

static bool has_controllers_below(const void *operation, struct buf *why)
{
	const struct entry *e = operation;
	cleanup_free char *file = mem_printf("%s/cgroup.subtree_control", e->hierarchy->directory);
	char enabled[512];

	if (cgroup_read(AT_FDCWD, file, enabled, sizeof enabled) <= 0)
		return false;
	buf_printf(why,
		"it gives the controllers %s to the cgroups below it: cgroup v2 wants processes in "
		"one of those",
		enabled);
	return true;
}

static bool is_threaded(const void *operation, struct buf *why)
{
	const struct entry *e = operation;
	cleanup_free char *file = mem_printf("%s/cgroup.type", e->hierarchy->directory);
	char type[64];

	if (cgroup_read(AT_FDCWD, file, type, sizeof type) <= 0)
		return false;
	buf_printf(why, "its type is \"%s\"", type);
	return true;
}

static const struct explanation entry_rows[] = {
	{ EINVAL, NULL, without_realtime, NULL },
	{ EBUSY, NULL, has_controllers_below, NULL },
	{ EOPNOTSUPP, NULL, is_threaded, NULL },
	{ ENOSPC, NULL, NULL, "it has no CPUs or no memory nodes (cpuset.cpus, cpuset.mems)" },
	{ EACCES, NULL, NULL,
		"cgroup.procs there, or above both cgroups, isn't this user's to write" },
	{ EPERM, NULL, NULL,
		"cgroup.procs there, or above both cgroups, isn't this user's to write" },
	{ ENOENT, NULL, NULL, "the cgroup was removed meanwhile" },
	{ ENODEV, NULL, NULL, "the cgroup was removed meanwhile" },
	{ ESRCH, NULL, NULL, "the process has ended" },
	EXPLANATIONS_END,
};

int cgroup_entry_error(const struct cgroup_hierarchy *hierarchy, pid_t pid, struct error *err)
{
	if (pid)
		error_errno(err, "cgroup %s: put process %d into it", hierarchy->directory, pid);
	else
		error_errno(err, "cgroup %s: enter it", hierarchy->directory);
	return explain(entry_rows, NULL, &(struct entry){ hierarchy, pid }, err);
}

bool cgroup_kills_newborns(int fd)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, .cgroup = (uint64_t)fd, .exit_signal = SIGCHLD
	};
	pid_t child = fd < 0 ? -1 : sys_clone3(&args);
	int status = 0;

	if (child == 0)
		_exit(0);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int cgroup_move_self(int fd, struct error *err)
{
	return cgroup_write(fd, "cgroup.procs", "0") < 0
		? error_errno(err, "enter the container's cgroup")
		: 0;
}

int cgroup_explain_clone(struct cgroup *cgroup, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	return unified ? explain(entry_rows, NULL, &(struct entry){ unified, 0 }, err) : -1;
}

/* ---- forking in a cgroup ---- */

static bool pids_reached(const struct cgroup_hierarchy *hierarchy, struct buf *why)
{
	cleanup_above struct cgroup_above above;

	cgroup_above_begin(&above, hierarchy->mount, hierarchy->directory);
	do {
		uint64_t most = limit_in(above.fd, "pids.max"),
			 now = limit_in(above.fd, "pids.current");

		if (now == UINT64_MAX || now < most)
			continue;
		buf_printf(why, "%s/pids.max is %" PRIu64 ", and there are %" PRIu64 " tasks",
			above.directory, most, now);
		return true;
	} while (cgroup_above(&above));
	return false;
}

bool cgroup_pids_reached(struct cgroup *cgroup, struct buf *why)
{
	cleanup_arena struct arena arena = { 0 };
	struct cgroup own = { .fd = -1, .arena = &arena };
	bool v2, reached = false;
	struct cgroup_hierarchy *pids = cgroup ? cgroup_of_controller(cgroup, "pids", &v2) : NULL;

	if (pids && pids_reached(pids, why))
		return true;
	if (cgroup_find_hierarchies(&own, NULL) == 0 &&
		(pids = cgroup_of_controller(&own, "pids", &v2))) {
		pids->directory = arena_printf(&arena, "%s%s", pids->mount, pids->directory);
		reached = pids_reached(pids, why);
	}
	for (size_t i = 0; i < own.hierarchies.n; i++)
		fd_close(&own.hierarchies.v[i].fd);
	return reached;
}
