/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/clone_refusals.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"
#include "linux/namespaces/refusals.h"

static bool pids_max(const void *operation, struct buf *why)
{
	struct cgroup *const *cgroup = operation;

	return cgroup_pids_reached(*cgroup, why);
}

/* Counts the user's threads. */
static rlim_t count_threads(uid_t uid)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	rlim_t n = 0;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		cleanup_free char *path = mem_printf("/proc/%s/task", entry->d_name);
		struct stat st;

		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && stat(path, &st) == 0 &&
			st.st_uid == uid)
			n += st.st_nlink - 2;
	}
	if (proc != NULL)
		closedir(proc);
	return n;
}

static bool rlimit_nproc(const void *operation, struct buf *why)
{
	struct rlimit limit;
	rlim_t n;

	(void)operation;
	if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) < 0 ||
		limit.rlim_cur == RLIM_INFINITY)
		return false;
	n = count_threads(getuid());
	if (n < limit.rlim_cur)
		return false;
	buf_printf(why, "user %u has %llu threads, and its RLIMIT_NPROC (ulimit -u) is %llu",
		getuid(), (unsigned long long)n, (unsigned long long)limit.rlim_cur);
	return true;
}

/* proc_loadavg(5), "0.05 0.09 0.10 2/310 4711": 310 threads. */
static bool threads_max(const void *operation, struct buf *why)
{
	cleanup_buf struct buf load = { 0 }, most = { 0 };
	const char *slash;

	(void)operation;
	if (file_read(AT_FDCWD, "/proc/loadavg", &load, NULL) < 0 ||
		file_read(AT_FDCWD, "/proc/sys/kernel/threads-max", &most, NULL) < 0 ||
		load.data == NULL || most.data == NULL ||
		(slash = strchr(load.data, '/')) == NULL || atol(slash + 1) < atol(most.data))
		return false;
	buf_printf(why, "the host has %ld threads, and the sysctl kernel.threads-max is %ld",
		atol(slash + 1), atol(most.data));
	return true;
}

static const struct explanation rows[] = {
	{ EAGAIN, NULL, pids_max, NULL },
	{ EAGAIN, NULL, rlimit_nproc, NULL },
	{ EAGAIN, NULL, threads_max, NULL },
	{ EAGAIN, NULL, NULL,
		"a limit of processes is reached: pids.max of a cgroup, RLIMIT_NPROC, "
		"kernel.threads-max or kernel.pid_max" },
	EXPLANATIONS_END,
};

int clone_explain(struct cgroup *cgroup, uint64_t flags, struct error *err)
{
	if (err == NULL)
		return -1;
	if (err->code == EAGAIN)
		return explain(rows, NULL, &cgroup, err);
	if (cgroup != NULL &&
		(err->code == EBUSY || err->code == EOPNOTSUPP || err->code == EACCES ||
			err->code == ENODEV))
		return cgroup_explain_clone(cgroup, err);
	return namespaces_explain(flags, err);
}
