/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on all processes of a cgroup and its sub-cgroups: list, signal, freeze, wait for their
 * end, and remove the cgroup.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "cgroup/internal.h"

enum {
	FREEZE_TIMEOUT = 10000,
	EMPTY_TIMEOUT = 10000
}; /* milliseconds; both usually take less than one */

/* ---- pids ---- */

void pid_list_add(struct pid_list *list, pid_t pid)
{
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = mem_realloc(list->v, list->room * sizeof *list->v);
	}
	list->v[list->n++] = pid;
}

/* Returns the process of a thread, 0 if it is gone. */
static pid_t process_of(pid_t thread)
{
	cleanup_free char *path = mem_printf("/proc/%d/status", thread);
	char text[CGROUP_TEXT_MAX];
	const char *line =
		cgroup_read(AT_FDCWD, path, text, sizeof text) > 0 ? strstr(text, "\nTgid:") : NULL;

	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

static int gather(void *context, int dirfd, const char *path)
{
	cleanup_buf struct buf text = { 0 };
	static struct error problem;
	int result = file_read(dirfd, "cgroup.procs", &text, &problem);
	bool threaded =
		result < 0 && problem.code == EOPNOTSUPP; /* a threaded cgroup lists only threads */

	(void)path;
	if (threaded)
		result = file_read(dirfd, "cgroup.threads", &text, &problem);
	if (result < 0) {
		errno = problem.code;
		return errno == ENOENT || errno == ENODEV ? 0 : -1; /* removed meanwhile */
	}
	for (char *at = text.data, *end; at && *at; at = end + (*end == '\n')) {
		pid_t pid = (pid_t)strtol(at, &end, 10);

		if (end == at)
			break;
		if (threaded)
			pid = process_of(pid);
		pid_list_add(context, pid);
	}
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/*
 * Returns the hierarchy whose lists of processes are used: v2's, else the first in which the
 * container has a cgroup.
 */
static struct cgroup_hierarchy *counting_hierarchy(struct cgroup *cgroup)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	return unified ? unified : cgroup->hierarchies.n ? &cgroup->hierarchies.v[0] : NULL;
}

int cgroup_pids(struct cgroup *cgroup, struct pid_list *pids, struct error *err)
{
	struct cgroup_hierarchy *hierarchy = counting_hierarchy(cgroup);
	size_t kept = 0;

	*pids = (struct pid_list){ 0 };
	if (!hierarchy)
		return error_set(err, 0,
			"the container has no cgroup of its own: its processes aren't known");
	if (cgroup_directory(hierarchy, err) < 0)
		return -1;
	if (cgroup_walk(hierarchy->fd, gather, pids) < 0) {
		error_errno(err, "cgroup %s: read its processes", hierarchy->directory);
		mem_free(pids->v);
		*pids = (struct pid_list){ 0 };
		return -1;
	}
	if (pids->n)
		qsort(pids->v, pids->n, sizeof *pids->v, compare_pids);
	/* a process that moved during the walk is listed twice */
	for (size_t i = 0; i < pids->n; i++)
		if (pids->v[i] > 0 && (kept == 0 || pids->v[kept - 1] != pids->v[i]))
			pids->v[kept++] = pids->v[i];
	pids->n = kept;
	return 0;
}

/* ---- freezer ---- */

/* *v2: which interface. Returns NULL if there is none. */
static struct cgroup_hierarchy *freezer(struct cgroup *cgroup, bool *v2)
{
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		if (cgroup_word(cgroup->hierarchies.v[i].name, ',', "freezer")) {
			*v2 = false;
			return &cgroup->hierarchies.v[i];
		}
	*v2 = true;
	return cgroup_unified(cgroup);
}

static void pause_microseconds(unsigned microseconds)
{
	nanosleep(
		&(struct timespec){ microseconds / 1000000, microseconds % 1000000 * 1000L }, NULL);
}

/*
 * v1 has no notification, and a process may escape the freezer while it forks: so write the state
 * again until it holds.
 */
static int freeze_v1(struct cgroup_hierarchy *hierarchy, const char *state)
{
	char now[32];
	unsigned waited = 0;

	for (unsigned step = 10; waited < FREEZE_TIMEOUT * 1000U;
		waited += step, step = step < 10000 ? 2 * step : step) {
		if (cgroup_write(hierarchy->fd, "freezer.state", state) < 0 ||
			cgroup_read(hierarchy->fd, "freezer.state", now, sizeof now) < 0)
			return -1;
		if (strcmp(now, state) == 0)
			return 0;
		pause_microseconds(step);
	}
	errno = ETIME;
	return -1;
}

static int freeze(struct cgroup_hierarchy *hierarchy, bool v2, bool frozen)
{
	if (!v2)
		return freeze_v1(hierarchy, frozen ? "FROZEN" : "THAWED");
	if (cgroup_write(hierarchy->fd, "cgroup.freeze", frozen ? "1" : "0") < 0)
		return -1;
	return cgroup_wait_event(hierarchy->fd, "frozen", frozen, FREEZE_TIMEOUT);
}

const char *cgroup_freezer(struct cgroup *cgroup)
{
	bool v2;
	struct cgroup_hierarchy *hierarchy = freezer(cgroup, &v2);

	return hierarchy ? hierarchy->directory : NULL;
}

int cgroup_freeze(struct cgroup *cgroup, bool frozen, struct error *err)
{
	bool v2;
	struct cgroup_hierarchy *hierarchy = freezer(cgroup, &v2);
	int errnum;

	if (!hierarchy)
		return error_set(err, 0, "the container has no cgroup of its own that could be %s",
			frozen ? "frozen" : "thawed");
	if (cgroup_directory(hierarchy, err) < 0)
		return -1;
	if (freeze(hierarchy, v2, frozen) == 0)
		return 0;
	errnum = errno;
	if (frozen) /* all or nothing */
		cgroup_write(
			hierarchy->fd, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "0" : "THAWED");
	return error_set(
		err, errnum, "cgroup %s: %s", hierarchy->directory, frozen ? "freeze" : "thaw");
}

int cgroup_frozen(struct cgroup *cgroup)
{
	bool v2;
	struct cgroup_hierarchy *hierarchy = freezer(cgroup, &v2);
	uint64_t frozen = 0;
	char text[256];

	if (!hierarchy)
		return 0;
	if (cgroup_directory(hierarchy, NULL) < 0 ||
		cgroup_read(hierarchy->fd, v2 ? "cgroup.events" : "freezer.state", text,
			sizeof text) < 0) {
		if (errno == ENODEV)
			errno = ENOENT;
		return -1;
	}
	return v2 ? cgroup_key(text, "frozen", &frozen) && frozen : strcmp(text, "THAWED") != 0;
}

/* ---- signals ---- */

/* How many processes are held by descriptors at once. */
enum { HELD_MAX = 256 };

static bool has_pid(const struct pid_list *pids, pid_t pid)
{
	return pids->n && bsearch(&pid, pids->v, pids->n, sizeof pid, compare_pids) != NULL;
}

/*
 * Signals up to HELD_MAX processes of the cgroup. A listed PID may have been reused, so open a
 * pidfd for each and read the list again: a process that is still listed and hasn't ended has kept
 * its PID.
 */
static int signal_some(
	struct cgroup *cgroup, const pid_t *pids, size_t n, int signal, struct error *err)
{
	int held[HELD_MAX], result = 0;
	struct pid_list now;

	for (size_t i = 0; i < n; i++)
		held[i] = (int)syscall(SYS_pidfd_open, pids[i], 0);
	if (cgroup_pids(cgroup, &now, err) < 0)
		result = -1;
	for (size_t i = 0; i < n; i++) {
		if (result == 0 && held[i] >= 0 && has_pid(&now, pids[i]) &&
			process_check(held[i], NULL) == 0 &&
			pidfd_send_signal(held[i], signal, NULL, 0) < 0 && errno != ESRCH)
			result = error_errno(err, "send signal %d to process %d", signal, pids[i]);
		fd_close(&held[i]);
	}
	mem_free(now.v);
	return result;
}

static int signal_each(struct cgroup *cgroup, int signal, struct error *err)
{
	struct pid_list pids;
	int result = cgroup_pids(cgroup, &pids, err);

	for (size_t i = 0; i < pids.n && result == 0; i += HELD_MAX)
		result = signal_some(cgroup, &pids.v[i],
			pids.n - i < HELD_MAX ? pids.n - i : HELD_MAX, signal, err);
	mem_free(pids.v);
	return result;
}

/*
 * Frozen processes can't fork. On v1 thawing delivers the signals. A process that waits for a
 * filesystem that doesn't answer keeps the cgroup from being frozen; the others get the signal
 * nevertheless.
 */
static int signal_frozen(struct cgroup *cgroup, int signal, struct error *err)
{
	int was_frozen = cgroup_frozen(cgroup), result;
	bool thaw = was_frozen && signal == SIGKILL;
	static struct error problem;

	if (was_frozen < 0)
		return errno == ENOENT
			? 0
			: error_errno(err, "cgroup %s: read whether it is frozen", cgroup->path);
	if (!was_frozen) {
		thaw = cgroup_freeze(cgroup, true, &problem) == 0;
		if (!thaw && problem.code == ENOENT)
			return 0;
		if (!thaw)
			log_warning("the signal may miss processes that fork meanwhile: %s",
				problem.text);
	}
	result = signal_each(cgroup, signal, err);
	if (thaw && cgroup_freeze(cgroup, false, &problem) < 0 && problem.code != ENOENT &&
		result == 0)
		return error_copy(err, &problem);
	return result;
}

int cgroup_signal(struct cgroup *cgroup, int signal, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);
	static struct error problem;
	bool v2;

	if (!counting_hierarchy(cgroup))
		return error_set(err, 0,
			"the container has no cgroup of its own: its processes aren't known");
	if (signal == SIGKILL && unified) {
		if (cgroup_directory(unified, &problem) < 0)
			return problem.code == ENOENT ? 0 : error_copy(err, &problem);
		if (cgroup_write(unified->fd, "cgroup.kill", "1") == 0) {
			/*
			 * on a hybrid host the v1 freezer holds even killed processes; v2's own
			 * freezer lets them die
			 */
			if (freezer(cgroup, &v2) && !v2 && cgroup_frozen(cgroup) > 0)
				return cgroup_freeze(cgroup, false, err);
			return 0;
		}
		if (errno == ENODEV || errno == ENOENT)
			return 0;
		if (errno != EOPNOTSUPP)
			return error_errno(
				err, "cgroup %s: write \"1\" to cgroup.kill", unified->directory);
	}
	if (access(counting_hierarchy(cgroup)->directory, F_OK) < 0 && errno == ENOENT)
		return 0;
	return signal_frozen(cgroup, signal, err);
}

/* ---- removing ---- */

static int list_left(void *context, int dirfd, const char *path)
{
	struct buf *list = context;
	char text[64];

	if (cgroup_read(dirfd, "cgroup.procs", text, sizeof text) <= 0)
		return 0;
	text[strcspn(text, "\n")] = 0;
	if (list->len < 512)
		buf_printf(list, "%s process %s%s%s", list->len ? "," : "", text,
			*path ? " in " : "", path);
	return 0;
}

/* v1 has no event for an empty cgroup, so wait for each process by its pidfd. */
static void wait_for_processes(struct cgroup *cgroup, int milliseconds)
{
	struct pid_list pids;

	if (cgroup_pids(cgroup, &pids, NULL) < 0)
		return;
	for (size_t i = 0; i < pids.n; i++) {
		cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pids.v[i], 0);

		if (fd >= 0 &&
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, milliseconds) == 0)
			break;
	}
	mem_free(pids.v);
}

static int remove_directory(struct cgroup_hierarchy *hierarchy)
{
	if (unlinkat(AT_FDCWD, hierarchy->directory, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -1;
	if (cgroup_directory(hierarchy, NULL) < 0)
		return errno == ENOENT ? 0 : -1;
	if (cgroup_remove_below(hierarchy->fd) < 0)
		return -1;
	return unlinkat(AT_FDCWD, hierarchy->directory, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0
											      : -1;
}

static int remove_hierarchy(
	struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, struct error *err)
{
	cleanup_buf struct buf left = { 0 };
	int errnum;

	if (hierarchy->removed || remove_directory(hierarchy) == 0)
		goto removed;
	if (errno == EBUSY) {
		if (*hierarchy->name == 0)
			cgroup_wait_event(hierarchy->fd, "populated", 0, EMPTY_TIMEOUT);
		else
			wait_for_processes(cgroup, EMPTY_TIMEOUT);
		/* a process leaves its v1 cgroup only shortly after it has ended */
		for (unsigned step = 10; step < 1 << 20; step *= 2) {
			if (remove_directory(hierarchy) == 0)
				goto removed;
			if (errno != EBUSY || *hierarchy->name == 0)
				break;
			pause_microseconds(step);
		}
	}
	errnum = errno;
	error_set(err, errnum, "cgroup %s: remove", hierarchy->directory);
	if (hierarchy->fd >= 0)
		cgroup_walk(hierarchy->fd, list_left, &left);
	return left.len ? error_hint(err, "left in it:%s", left.data) : -1;
removed:
	if (hierarchy->made > 1) {
		cleanup_free char *parent = mem_strdup(hierarchy->directory);

		*strrchr(parent, '/') = 0;
		cgroup_unmake(parent, hierarchy->made - 1);
	}
	return 0;
}

bool cgroup_remove_empty(struct cgroup *cgroup)
{
	struct cgroup_hierarchy *unified = cgroup->scope ? NULL : cgroup_unified(cgroup);

	if (unified == NULL || cgroup->layout != CGROUP_V2)
		return false;
	unified->removed =
		unlinkat(AT_FDCWD, unified->directory, AT_REMOVEDIR) == 0 || errno == ENOENT;
	return unified->removed;
}

/*
 * systemd removes a unit's cgroup and forgets the unit when its last process has ended, usually
 * before this runs. If the cgroup still exists, ask systemd to stop the unit, and wait: removing
 * only the cgroup would leave the unit behind.
 */
static int end_unit(struct cgroup *cgroup, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	if (unified && cgroup_directory(unified, NULL) >= 0 &&
		cgroup_wait_event(unified->fd, "populated", 0, EMPTY_TIMEOUT) < 0 && errno == ETIME)
		return 0; /* removing the cgroup reports what is left */
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		if (access(cgroup->hierarchies.v[i].directory, F_OK) == 0)
			return systemd_stop(cgroup, err);
	return 0;
}

int cgroup_remove(struct cgroup *cgroup, struct error *err)
{
	int result = cgroup->scope ? end_unit(cgroup, err) : 0;

	/*
	 * Backwards, because the last hierarchy in /proc/self/cgroup is v2, which reports when it
	 * is empty.
	 */
	for (size_t i = cgroup->hierarchies.n; i--;)
		if (remove_hierarchy(cgroup, &cgroup->hierarchies.v[i], result ? NULL : err) < 0)
			result = -1;
	return result;
}
