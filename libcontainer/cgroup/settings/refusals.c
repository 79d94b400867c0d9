/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why the kernel refuses a write to a file of cgroupfs: the table and its finders (base/explain.h).
 * Most refusals on cgroup v1 come from a limit of a cgroup above, so the finders look at those.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/text/bitlist.h"
#include "cgroup/internal.h"

/* ---- reading ---- */

/* Returns the first number in a file, or `otherwise`. */
static int64_t number_in(int fd, const char *file, int64_t otherwise)
{
	char text[CGROUP_TEXT_MAX];

	return fd >= 0 && cgroup_read(fd, file, text, sizeof text) > 0 ? strtoll(text, NULL, 10)
								       : otherwise;
}

bool cgroup_above(struct cgroup_above *above)
{
	size_t root = strlen(above->mount);
	char *slash = strrchr(above->directory, '/');

	if (!slash || (size_t)(slash - above->directory) < root || strlen(above->directory) <= root)
		return false;
	*slash = 0;
	fd_close(&above->fd);
	above->fd = open(above->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return true;
}

void cgroup_above_begin(struct cgroup_above *above, const char *mount, const char *directory)
{
	above->mount = mount;
	above->directory = mem_strdup(directory);
	above->fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void cgroup_above_end(struct cgroup_above *above)
{
	fd_close(&above->fd);
	mem_free(above->directory);
}

#define cleanup_above __attribute__((cleanup(cgroup_above_end)))

static void begin(struct cgroup_above *above, const struct cgroup_write *w)
{
	cgroup_above_begin(above, w->hierarchy->mount, w->hierarchy->directory);
}

/* ---- cpu ---- */

static bool quota_too_small(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	int64_t quota = strtoll(w->value, NULL, 10);

	(void)why;
	return quota >= 0 && quota < 1000 && strncmp(w->value, "max", 3) != 0;
}

static bool period_out_of_range(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	const char *space = strchr(w->value, ' ');
	int64_t period = strtoll(w->v2 && space ? space : w->value, NULL, 10);

	(void)why;
	return (!w->v2 || space) && (period < 1000 || period > 1000000);
}

static void put_cpus(struct buf *why, int64_t quota, int64_t period)
{
	buf_printf(why, "%" PRId64 " of each %" PRId64 " us (%.4g CPUs)", quota, period,
		(double)quota / (double)period);
}

/* v1: a quota must not exceed that of any cgroup above. */
static bool quota_above_parent(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	cleanup_above struct cgroup_above above;
	bool is_quota = strcmp(w->file, "cpu.cfs_quota_us") == 0;
	int64_t value = strtoll(w->value, NULL, 10);
	int64_t quota = is_quota ? value : number_in(w->fd, "cpu.cfs_quota_us", -1);
	int64_t period = is_quota ? number_in(w->fd, "cpu.cfs_period_us", 0) : value;

	begin(&above, w);
	while (quota > 0 && period > 0 && cgroup_above(&above)) {
		int64_t their_quota = number_in(above.fd, "cpu.cfs_quota_us", -1),
			their_period = number_in(above.fd, "cpu.cfs_period_us", 0);

		if (their_quota <= 0 || their_period <= 0 ||
			(double)quota / (double)period <=
				(double)their_quota / (double)their_period)
			continue;
		buf_puts(why, "this would be ");
		put_cpus(why, quota, period);
		buf_printf(why, ", but the parent cgroup %s has ", above.directory);
		put_cpus(why, their_quota, their_period);
		return true;
	}
	return false;
}

static bool burst_above_quota(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	int64_t quota = number_in(w->fd, w->v2 ? "cpu.max" : "cpu.cfs_quota_us", 0),
		burst = number_in(w->fd, w->v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", 0);

	if (strstr(w->file, "burst"))
		burst = strtoll(w->value, NULL, 10);
	else if (strstr(w->file, "period"))
		return false;
	else
		quota = strtoll(w->value, NULL, 10);
	if (quota <= 0 || burst <= quota)
		return false;
	buf_printf(why, "a burst of %" PRId64 " us is more than the quota, %" PRId64 " us", burst,
		quota);
	return true;
}

static bool is_idle(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;

	(void)why;
	return number_in(w->fd, "cpu.idle", 0) == 1;
}

/* ---- real-time ---- */

static bool realtime_above_period(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	bool is_runtime = strcmp(w->file, "cpu.rt_runtime_us") == 0;
	int64_t value = strtoll(w->value, NULL, 10);
	int64_t runtime = is_runtime ? value : number_in(w->fd, "cpu.rt_runtime_us", 0),
		period = is_runtime ? number_in(w->fd, "cpu.rt_period_us", 0) : value;

	if (runtime <= period)
		return false;
	buf_printf(why, "a runtime of %" PRId64 " us is more than the period, %" PRId64 " us",
		runtime, period);
	return true;
}

static bool realtime_of_parent(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	cleanup_above struct cgroup_above above;
	int64_t runtime, period;

	begin(&above, w);
	if (!cgroup_above(&above))
		return false;
	runtime = number_in(above.fd, "cpu.rt_runtime_us", -1);
	period = number_in(above.fd, "cpu.rt_period_us", 0);
	if (runtime < 0)
		return false;
	buf_printf(why,
		"the parent cgroup %s has a real-time runtime of %" PRId64 " of each %" PRId64
		" us (cpu.rt_runtime_us) for all cgroups in it together",
		above.directory, runtime, period);
	return true;
}

/* ---- cpuset ---- */

/* Appends the CPUs or memory nodes that a cgroup above lacks. */
static bool cpus_not_in_parent(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	cleanup_above struct cgroup_above above;
	cleanup_bitlist struct bitlist wanted = { 0 }, there = { 0 }, missing = { 0 };
	char text[CGROUP_TEXT_MAX];

	begin(&above, w);
	if (!cgroup_above(&above) || cgroup_read(above.fd, w->file, text, sizeof text) < 0 ||
		bitlist_parse(w->value, &wanted, NULL) < 0 || bitlist_parse(text, &there, NULL) < 0)
		return false;
	bitlist_minus(&wanted, &there, &missing);
	if (missing.n == 0)
		return false;
	buf_puts(why, "not there: ");
	bitlist_print(&missing, why);
	buf_printf(why, "; the parent cgroup %s has %s%s", above.directory,
		*text ? "only " : "none", text);
	return true;
}

/* ---- memory ---- */

static bool memory_in_use(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	const char *file =
		strstr(w->file, "memsw") ? "memory.memsw.usage_in_bytes" : "memory.usage_in_bytes";
	int64_t usage = number_in(w->fd, file, -1), most = number_in(w->fd, w->file, 0);

	if (usage < 0)
		return false;
	buf_printf(why,
		"the processes in it use %" PRId64
		" bytes now, of which the kernel couldn't free enough; the limit stays %" PRId64,
		usage, most);
	return true;
}

static bool memory_above_both(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	bool is_both = strstr(w->file, "memsw") != NULL;
	int64_t other = number_in(
		w->fd, is_both ? "memory.limit_in_bytes" : "memory.memsw.limit_in_bytes", -1);

	if (other < 0)
		return false;
	buf_printf(why,
		is_both ? "it is less than the limit of memory alone, which is %" PRId64
			  " bytes now"
			: "it is more than the limit of memory and swap together (/memory/swap), "
			  "which is %" PRId64 " bytes now",
		other);
	return true;
}

/* ---- block I/O ---- */

/* Reads file `name` of the block device at the start of the value, "8:0 ...". */
static ssize_t read_device(const struct cgroup_write *w, const char *name, char text[256])
{
	cleanup_free char *path =
		mem_printf("/sys/dev/block/%.*s/%s", (int)strcspn(w->value, " "), w->value, name);

	return cgroup_read(AT_FDCWD, path, text, 256);
}

static bool is_partition(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	char disk[256];

	if (read_device(w, "partition", disk) <= 0 || read_device(w, "../dev", disk) <= 0)
		return false;
	buf_printf(why, "%.*s is a partition: limits are those of the whole disk, %s",
		(int)strcspn(w->value, " "), w->value, disk);
	return true;
}

static bool no_such_device(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	char text[256];

	if (!strchr(w->value, ':') || read_device(w, "dev", text) > 0)
		return false;
	buf_printf(why, "this machine has no block device %.*s (see /sys/dev/block)",
		(int)strcspn(w->value, " "), w->value);
	return true;
}

static bool scheduler_without_weights(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	char schedulers[256];

	if (!strchr(w->value, ':') || read_device(w, "queue/scheduler", schedulers) <= 0 ||
		strstr(schedulers, "[bfq]"))
		return false;
	buf_printf(why,
		"neither the scheduler bfq nor io.cost (see io.cost.qos) looks after the device "
		"%.*s; its schedulers are \"%s\"",
		(int)strcspn(w->value, " "), w->value, schedulers);
	return true;
}

/* ---- missing files ---- */

static bool page_size_unknown(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	DIR *sizes = w->fd >= 0 ? opendir("/sys/kernel/mm/hugepages") : NULL;
	struct dirent *entry;
	const char *comma = "";

	if (!sizes)
		return false;
	buf_puts(why, "the sizes of huge pages here are ");
	while ((entry = readdir(sizes)))
		if (strncmp(entry->d_name, "hugepages-", 10) == 0) {
			buf_printf(why, "%s%s", comma, entry->d_name + 10);
			comma = ", ";
		}
	closedir(sizes);
	return *comma != 0;
}

/* Explains why a controller's file is missing. */
static bool controller_missing(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	cleanup_free char *path =
		mem_printf("%s/cgroup.controllers", w->hierarchy ? w->hierarchy->mount : "");
	char host[512] = "", enabled[512] = "";

	if (w->hierarchy && !w->v2)
		buf_printf(why, "the kernel's controller %s doesn't have this file", w->controller);
	else if (!w->hierarchy || cgroup_read(AT_FDCWD, path, host, sizeof host) < 0 ||
		!cgroup_word(host, ' ', w->controller))
		buf_printf(why,
			"the controller %s isn't in the kernel, or no cgroup hierarchy that is "
			"mounted has it",
			w->controller);
	else if (cgroup_read(w->fd, "cgroup.controllers", enabled, sizeof enabled) >= 0 &&
		cgroup_word(enabled, ' ', w->controller))
		buf_printf(why, "the kernel's controller %s doesn't have this file", w->controller);
	else
		buf_printf(why,
			"the controller %s isn't enabled here: the parent doesn't have it in "
			"cgroup.subtree_control",
			w->controller);
	return true;
}

/* The kernel lets the default of a cgroup change only if there is none below it. */
static bool cgroups_below(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;
	DIR *dir = opendir(w->hierarchy->directory);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.';
	if (found)
		buf_printf(why,
			"there is a cgroup below it, %s: remove that one, or choose another "
			"/linux/cgroupsPath",
			entry->d_name);
	closedir(dir);
	return found;
}

static bool directory_gone(const void *operation, struct buf *why)
{
	const struct cgroup_write *w = operation;

	(void)why;
	return w->hierarchy && access(w->hierarchy->directory, F_OK) < 0;
}

/* ---- the table ---- */

static const struct explanation rows[] = {
	{ EINVAL, "cpu.cfs_quota_us", quota_too_small, "the least quota is 1000 us (1 ms)" },
	{ EINVAL, "cpu.cfs_quota_us", quota_above_parent, NULL },
	{ EINVAL, "cpu.cfs_quota_us", burst_above_quota, NULL },
	{ EINVAL, "cpu.cfs_quota_us", NULL, "a cgroup below it may have a greater quota" },
	{ EINVAL, "cpu.cfs_period_us", period_out_of_range, "a period is 1000 to 1000000 us" },
	{ EINVAL, "cpu.cfs_period_us", quota_above_parent, NULL },
	{ EINVAL, "cpu.cfs_burst_us", burst_above_quota, NULL },
	{ EINVAL, "cpu.max", quota_too_small, "the least quota is 1000 us (1 ms)" },
	{ EINVAL, "cpu.max", period_out_of_range, "a period is 1000 to 1000000 us" },
	{ EINVAL, "cpu.max", burst_above_quota, NULL },
	{ EINVAL, "cpu.max.burst", burst_above_quota, NULL },
	{ EINVAL, "cpu.shares", is_idle, "the cgroup is idle (cpu.idle): it has no weight" },
	{ EINVAL, "cpu.weight*", is_idle, "the cgroup is idle (cpu.idle): it has no weight" },
	{ ERANGE, "cpu.weight", NULL, "a weight is 1 to 10000" },
	{ ERANGE, "io.weight", NULL, "a weight is 1 to 10000" },
	{ EINVAL, "cpu.rt_*", realtime_above_period, NULL },
	{ EINVAL, "cpu.rt_*", realtime_of_parent, NULL },
	{ EBUSY, "cpu.rt_runtime_us", NULL, "there are real-time processes in it" },
	{ EACCES, "cpuset.*", cpus_not_in_parent, NULL },
	{ EINVAL, "cpuset.*", cpus_not_in_parent, NULL },
	{ EINVAL, "cpuset.*", NULL,
		"it isn't such a list, or another cgroup has them exclusively" },
	{ ERANGE, "cpuset.*", cpus_not_in_parent, NULL },
	{ EBUSY, "cpuset.*", NULL, "a cgroup below it has more of them" },
	{ ENOSPC, "cpuset.*", NULL, "processes in it need at least one CPU and one memory node" },
	{ EBUSY, "memory.limit_in_bytes", memory_in_use, NULL },
	{ EBUSY, "memory.memsw.limit_in_bytes", memory_in_use, NULL },
	{ EINVAL, "memory.limit_in_bytes", memory_above_both, NULL },
	{ EINVAL, "memory.memsw.limit_in_bytes", memory_above_both, NULL },
	{ EINVAL, "pids.max", NULL,
		"the greatest limit is 4194304, the most processes that Linux can have; -1 means "
		"none" },
	{ ENODEV, "io.*", is_partition, NULL },
	{ ENODEV, "io.*", no_such_device, NULL },
	{ ENODEV, "blkio.*", is_partition, NULL },
	{ ENODEV, "blkio.*", no_such_device, NULL },
	{ EINVAL, "io.*", is_partition, NULL },
	{ EINVAL, "blkio.*", is_partition, NULL },
	{ EOPNOTSUPP, "io.*", scheduler_without_weights, NULL },
	{ EOPNOTSUPP, "blkio.*", scheduler_without_weights, NULL },
	{ ENODEV, "net_prio.ifpriomap", NULL, "the host has no network interface of this name" },
	{ ENODEV, "rdma.max", NULL, "there is no such device in /sys/class/infiniband" },
	{ EINVAL, "rdma.max", NULL, "there is no such device in /sys/class/infiniband" },
	{ EINVAL, "misc.max", NULL, "see misc.capacity of the root cgroup for the resources" },
	{ EINVAL, "devices.*", cgroups_below, NULL },
	{ EPERM, "devices.allow", NULL, "the parent cgroup doesn't allow that" },
	{ ENODEV, NULL, NULL, "the cgroup was removed meanwhile" },
	{ ENOENT, NULL, directory_gone, "the cgroup was removed meanwhile" },
	{ ENOENT, "hugetlb.*", page_size_unknown, NULL },
	{ ENOENT, NULL, controller_missing, NULL },
	{ EACCES, NULL, NULL,
		"the cgroup belongs to somebody else and isn't delegated to this user" },
	{ EPERM, NULL, NULL,
		"the cgroup belongs to somebody else and isn't delegated to this user" },
	{ EROFS, NULL, NULL, "cgroupfs is mounted read-only here" },
	EXPLANATIONS_END,
};

int cgroup_explain_write(const struct cgroup_write *write, struct error *err)
{
	return explain(rows, write->file, write, err);
}
