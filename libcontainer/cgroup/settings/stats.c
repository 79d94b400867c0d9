/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statistics: the object `data` of `events --stats`, with runc's names. Each file that is printed
 * is read once. Times are in nanoseconds, sizes in bytes.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "cgroup/internal.h"

enum { USER_HZ_NANOSECONDS = 10000000 };

struct stats {
	struct cgroup *cgroup;
	struct json_writer *w;
	struct error *err;
};

/* Returns the controller's directory, or -1. */
static int directory_of(struct stats *s, const char *controller, bool *v2)
{
	struct cgroup_hierarchy *hierarchy = cgroup_of_controller(s->cgroup, controller, v2);

	return hierarchy ? cgroup_directory(hierarchy, NULL) : -1;
}

/* Returns the whole file as text, which the caller frees, or NULL. */
static char *text_of(int dirfd, const char *file)
{
	struct buf text = { 0 };

	if (dirfd < 0 || file_read(dirfd, file, &text, NULL) < 0) {
		buf_free(&text);
		return NULL;
	}
	return text.data;
}

/* Reads a file that has one number, or "max". */
static bool number_of(int dirfd, const char *file, uint64_t *value)
{
	char text[64];

	if (dirfd < 0 || cgroup_read(dirfd, file, text, sizeof text) <= 0)
		return false;
	*value = strcmp(text, "max") == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
	return true;
}

/* Like runc, omits members with the value 0. */
static void put_nonzero(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		json_member_uint(w, key, value);
}

static void open_object(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_map_open(w);
}

/* ---- pressure stall information ---- */

struct pressure_line {
	const char *avg10, *avg60, *avg300, *total;
};
static const struct json_field pressure_line_fields[] = {
	FIELD(struct pressure_line, avg10, "avg10", JSON_RAW),
	FIELD(struct pressure_line, avg60, "avg60", JSON_RAW),
	FIELD(struct pressure_line, avg300, "avg300", JSON_RAW),
	FIELD(struct pressure_line, total, "total", JSON_RAW),
	FIELD_END,
};
static const struct json_table pressure_line_table = { "Pressure", sizeof(struct pressure_line),
	pressure_line_fields };

static void put_pressure(struct json_writer *w, int dirfd, const char *file)
{
	cleanup_free char *text = text_of(dirfd, file);
	char kind[8], avg10[24], avg60[24], avg300[24], total[24];
	const char *line = text;

	if (!text)
		return;
	open_object(w, "psi");
	for (; line &&
		sscanf(line, "%7s avg10=%23[0-9.] avg60=%23[0-9.] avg300=%23[0-9.] total=%23[0-9]",
			kind, avg10, avg60, avg300, total) == 5;
		line = cgroup_next_line(line)) {
		json_key(w, kind);
		json_object(w, &pressure_line_table,
			&(struct pressure_line){ avg10, avg60, avg300, total });
	}
	json_map_close(w);
}

/* ---- cpu ---- */

static void put_throttling(
	struct json_writer *w, const char *text, const char *time_key, uint64_t unit)
{
	uint64_t value = 0;

	open_object(w, "throttling");
	if (cgroup_key(text, "nr_periods", &value))
		put_nonzero(w, "periods", value);
	if (cgroup_key(text, "nr_throttled", &value))
		put_nonzero(w, "throttledPeriods", value);
	if (cgroup_key(text, time_key, &value))
		put_nonzero(w, "throttledTime", value * unit);
	json_map_close(w);
}

/* One column of cpuacct.usage_all ("cpu user system", nanoseconds); column 3 is the sum. */
static void put_percpu(struct json_writer *w, const char *key, const char *text, int column)
{
	uint64_t cpu, user, system;

	json_key(w, key);
	json_array_open(w);
	for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
		if (sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64, &cpu, &user, &system) == 3)
			json_uint(w, column == 1 ? user : column == 2 ? system : user + system);
	json_array_close(w);
}

static void put_usage_v1(struct stats *s)
{
	bool v2;
	int accounting = directory_of(s, "cpuacct", &v2);
	cleanup_free char *all = text_of(accounting, "cpuacct.usage_all"),
			  *stat = text_of(accounting, "cpuacct.stat");
	uint64_t total = 0, kernel = 0, user = 0;

	open_object(s->w, "usage");
	if (number_of(accounting, "cpuacct.usage", &total))
		put_nonzero(s->w, "total", total);
	if (all) {
		put_percpu(s->w, "percpu", all, 3);
		put_percpu(s->w, "percpu_kernel", all, 2);
		put_percpu(s->w, "percpu_user", all, 1);
	}
	cgroup_key(stat, "system", &kernel);
	cgroup_key(stat, "user", &user);
	json_member_uint(s->w, "kernel", kernel * USER_HZ_NANOSECONDS);
	json_member_uint(s->w, "user", user * USER_HZ_NANOSECONDS);
	json_map_close(s->w);
}

static void put_usage_v2(struct stats *s, const char *text)
{
	uint64_t total = 0, kernel = 0, user = 0;

	cgroup_key(text, "usage_usec", &total);
	cgroup_key(text, "system_usec", &kernel);
	cgroup_key(text, "user_usec", &user);
	open_object(s->w, "usage");
	put_nonzero(s->w, "total", total * 1000);
	json_member_uint(s->w, "kernel", kernel * 1000);
	json_member_uint(s->w, "user", user * 1000);
	json_map_close(s->w);
}

static void put_cpu(struct stats *s)
{
	bool v2;
	int dirfd = directory_of(s, "cpu", &v2);
	cleanup_free char *text = text_of(dirfd, "cpu.stat");

	open_object(s->w, "cpu");
	if (v2)
		put_usage_v2(s, text);
	else
		put_usage_v1(s);
	put_throttling(s->w, text, v2 ? "throttled_usec" : "throttled_time", v2 ? 1000 : 1);
	if (v2)
		put_pressure(s->w, dirfd, "cpu.pressure");
	json_map_close(s->w);
}

/* ---- cpuset ---- */

/* "0-2,5" as an array of numbers */
static void put_list(struct json_writer *w, const char *key, int dirfd, const char *file)
{
	cleanup_free char *text = text_of(dirfd, file);
	unsigned first, last;
	int n;

	if (!text || *text == '\n' || *text == 0)
		return;
	json_key(w, key);
	json_array_open(w);
	for (const char *at = text; sscanf(at, "%u%n", &first, &n) == 1; at += *at == ',') {
		at += n;
		last = first;
		if (sscanf(at, "-%u%n", &last, &n) == 1)
			at += n;
		for (unsigned long i = first; i <= last; i++)
			json_uint(w, i);
	}
	json_array_close(w);
}

static void put_cpuset(struct stats *s)
{
	static const struct {
		const char *key, *file;
	} flags[] = {
		{ "cpu_exclusive", "cpuset.cpu_exclusive" },
		{ "mem_hardwall", "cpuset.mem_hardwall" },
		{ "mem_exclusive", "cpuset.mem_exclusive" },
		{ "memory_migrate", "cpuset.memory_migrate" },
		{ "memory_spread_page", "cpuset.memory_spread_page" },
		{ "memory_spread_slab", "cpuset.memory_spread_slab" },
		{ "memory_pressure", "cpuset.memory_pressure" },
		{ "sched_load_balance", "cpuset.sched_load_balance" },
		{ "sched_relax_domain_level", "cpuset.sched_relax_domain_level" },
	};
	bool v2;
	int dirfd = directory_of(s, "cpuset", &v2);
	char text[64];

	open_object(s->w, "cpuset");
	put_list(s->w, "cpus", dirfd, v2 ? "cpuset.cpus.effective" : "cpuset.cpus");
	put_list(s->w, "mems", dirfd, v2 ? "cpuset.mems.effective" : "cpuset.mems");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		json_member_int(s->w, flags[i].key,
			!v2 && dirfd >= 0 &&
					cgroup_read(dirfd, flags[i].file, text, sizeof text) > 0
				? strtoll(text, NULL, 10)
				: 0);
	}
	json_map_close(s->w);
}

/* ---- memory ---- */

static void put_memory_entry(struct json_writer *w, const char *key, uint64_t limit, uint64_t usage,
	uint64_t max, uint64_t failures)
{
	open_object(w, key);
	json_member_uint(w, "limit", limit);
	put_nonzero(w, "usage", usage);
	put_nonzero(w, "max", max);
	json_member_uint(w, "failcnt", failures);
	json_map_close(w);
}

static void put_memory_v1(struct stats *s, int dirfd)
{
	static const struct {
		const char *key, *prefix;
	} entries[] = {
		{ "usage", "memory" },
		{ "swap", "memory.memsw" },
		{ "kernel", "memory.kmem" },
		{ "kernelTCP", "memory.kmem.tcp" },
	};
	static const char *const files[] = { "limit_in_bytes", "usage_in_bytes",
		"max_usage_in_bytes", "failcnt" };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		uint64_t values[4] = { 0 };

		for (size_t j = 0; j < 4; j++) {
			char file[64];

			snprintf(file, sizeof file, "%s.%s", entries[i].prefix, files[j]);
			number_of(dirfd, file, &values[j]);
		}
		put_memory_entry(s->w, entries[i].key, values[0], values[1], values[2], values[3]);
	}
}

/* `swap` is memory and swap together, as on v1. */
static void put_memory_v2(struct stats *s, int dirfd)
{
	cleanup_free char *events = text_of(dirfd, "memory.events");
	uint64_t limit = 0, usage = 0, peak = 0, swap_limit = 0, swap = 0, failures = 0;

	number_of(dirfd, "memory.max", &limit);
	number_of(dirfd, "memory.current", &usage);
	number_of(dirfd, "memory.peak", &peak);
	cgroup_key(events, "max", &failures);
	put_memory_entry(s->w, "usage", limit, usage, peak, failures);
	number_of(dirfd, "memory.swap.max", &swap_limit);
	number_of(dirfd, "memory.swap.current", &swap);
	swap_limit =
		swap_limit == UINT64_MAX || limit == UINT64_MAX ? UINT64_MAX : swap_limit + limit;
	put_memory_entry(s->w, "swap", swap_limit, swap + usage, 0, 0);
	put_memory_entry(s->w, "kernel", 0, 0, 0, 0);
	put_memory_entry(s->w, "kernelTCP", 0, 0, 0, 0);
}

static void put_raw(struct json_writer *w, const char *text)
{
	char key[64];
	uint64_t value;

	open_object(w, "raw");
	for (; text && sscanf(text, "%63s %" SCNu64, key, &value) == 2;
		text = cgroup_next_line(text))
		json_member_uint(w, key, value);
	json_map_close(w);
}

static void put_memory(struct stats *s)
{
	bool v2;
	int dirfd = directory_of(s, "memory", &v2);
	cleanup_free char *stat = text_of(dirfd, "memory.stat");
	uint64_t cache = 0;

	open_object(s->w, "memory");
	if (cgroup_key(stat, v2 ? "file" : "cache", &cache))
		put_nonzero(s->w, "cache", cache);
	if (v2)
		put_memory_v2(s, dirfd);
	else
		put_memory_v1(s, dirfd);
	put_raw(s->w, stat);
	if (v2)
		put_pressure(s->w, dirfd, "memory.pressure");
	json_map_close(s->w);
}

/* ---- pids ---- */

static void put_pids(struct stats *s)
{
	bool v2;
	int dirfd = directory_of(s, "pids", &v2);
	uint64_t current = 0, limit = 0;

	number_of(dirfd, "pids.current", &current);
	number_of(dirfd, "pids.max", &limit);
	open_object(s->w, "pids");
	put_nonzero(s->w, "current", current);
	put_nonzero(s->w, "limit", limit == UINT64_MAX ? 0 : limit);
	json_map_close(s->w);
}

/* ---- block I/O ---- */

static void put_io_value(struct json_writer *w, unsigned major, unsigned minor,
	const char *operation, uint64_t value)
{
	json_map_open(w);
	put_nonzero(w, "major", major);
	put_nonzero(w, "minor", minor);
	if (*operation) {
		json_member_string(w, "op", operation);
	}
	put_nonzero(w, "value", value);
	json_map_close(w);
}

/* io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void put_io_v2(
	struct json_writer *w, const char *key, const char *text, const char *const names[3])
{
	static const char *const operations[] = { "Read", "Write", "Discard" };
	unsigned major, minor;

	json_key(w, key);
	json_array_open(w);
	for (const char *line = text; line; line = cgroup_next_line(line)) {
		if (sscanf(line, "%u:%u", &major, &minor) != 2)
			continue;
		for (size_t i = 0; i < 3; i++) {
			const char *end = strchrnul(line, '\n'), *at = strstr(line, names[i]);

			if (at && at < end)
				put_io_value(w, major, minor, operations[i],
					strtoull(at + strlen(names[i]), NULL, 10));
		}
	}
	json_array_close(w);
}

/* "8:0 Read 12" or "8:0 12"; the line "Total 12" has no device. */
static bool read_io_line(
	const char *line, unsigned *major, unsigned *minor, char operation[16], uint64_t *value)
{
	*operation = 0;
	return sscanf(line, "%u:%u %15[A-Za-z] %" SCNu64, major, minor, operation, value) == 4 ||
		(*operation = 0, sscanf(line, "%u:%u %" SCNu64, major, minor, value) == 3);
}

/* Uses the first file that exists and isn't empty: BFQ's, then the throttling layer's. */
static void put_io_v1(
	struct json_writer *w, int dirfd, const char *key, const char *name, const char *throttle)
{
	char files[2][64];
	unsigned major, minor;
	char operation[16];
	uint64_t value;

	snprintf(files[0], sizeof files[0], "blkio.bfq.%s", name);
	snprintf(files[1], sizeof files[1], "blkio.throttle.%s", throttle ? throttle : "");
	for (size_t i = 0; i < (throttle ? 2 : 1); i++) {
		cleanup_free char *text = text_of(dirfd, files[i]);
		const char *line = text;

		if (!text || !read_io_line(text, &major, &minor, operation, &value))
			continue;
		json_key(w, key);
		json_array_open(w);
		for (; line; line = cgroup_next_line(line))
			if (read_io_line(line, &major, &minor, operation, &value))
				put_io_value(w, major, minor, operation, value);
		json_array_close(w);
		return;
	}
}

static void put_block_io(struct stats *s)
{
	static const char *const bytes[] = { " rbytes=", " wbytes=", " dbytes=" },
				 *const requests[] = { " rios=", " wios=", " dios=" };
	static const struct {
		const char *key, *name, *throttle;
	} files[] = {
		{ "ioServiceBytesRecursive", "io_service_bytes_recursive",
			"io_service_bytes_recursive" },
		{ "ioServicedRecursive", "io_serviced_recursive", "io_serviced_recursive" },
		{ "ioQueueRecursive", "io_queued_recursive", NULL },
		{ "ioServiceTimeRecursive", "io_service_time_recursive", NULL },
		{ "ioWaitTimeRecursive", "io_wait_time_recursive", NULL },
		{ "ioMergedRecursive", "io_merged_recursive", NULL },
		{ "ioTimeRecursive", "time_recursive", NULL },
		{ "sectorsRecursive", "sectors_recursive", NULL },
	};
	bool v2;
	int dirfd = directory_of(s, "io", &v2);

	open_object(s->w, "blkio");
	if (v2) {
		cleanup_free char *text = text_of(dirfd, "io.stat");

		if (text && *text) {
			put_io_v2(s->w, "ioServiceBytesRecursive", text, bytes);
			put_io_v2(s->w, "ioServicedRecursive", text, requests);
		}
		put_pressure(s->w, dirfd, "io.pressure");
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			put_io_v1(s->w, dirfd, files[i].key, files[i].name, files[i].throttle);
	}
	json_map_close(s->w);
}

/* ---- huge pages ---- */

/* cgroupfs's name for a page size: 2048 kB is 2MB. */
static void page_size_name(uint64_t kilobytes, char name[32])
{
	static const char *const units[] = { "KB", "MB", "GB" };
	size_t unit = 0;

	for (; kilobytes >= 1024 && unit < 2; unit++)
		kilobytes /= 1024;
	snprintf(name, 32, "%" PRIu64 "%s", kilobytes, units[unit]);
}

static void put_hugepages_of(struct stats *s, int dirfd, bool v2, const char *size)
{
	char file[96], text[256];
	uint64_t usage = 0, max = 0, failures = 0;

	/* reservations if the kernel counts them, like the limit */
	for (int i = 0; i < 2; i++) {
		snprintf(file, sizeof file, "hugetlb.%s.%s%s", size, i ? "" : "rsvd.",
			v2 ? "current" : "usage_in_bytes");
		if (!number_of(dirfd, file, &usage))
			continue;
		snprintf(file, sizeof file, "hugetlb.%s.%smax_usage_in_bytes", size,
			i ? "" : "rsvd.");
		if (!v2)
			number_of(dirfd, file, &max);
		snprintf(file, sizeof file, v2 ? "hugetlb.%s.%sevents" : "hugetlb.%s.%sfailcnt",
			size, i || v2 ? "" : "rsvd.");
		if (v2 && cgroup_read(dirfd, file, text, sizeof text) > 0)
			cgroup_key(text, "max", &failures);
		else if (!v2)
			number_of(dirfd, file, &failures);
		open_object(s->w, size);
		put_nonzero(s->w, "usage", usage);
		put_nonzero(s->w, "max", max);
		json_member_uint(s->w, "failcnt", failures);
		json_map_close(s->w);
		return;
	}
}

static void put_hugetlb(struct stats *s)
{
	bool v2;
	int dirfd = directory_of(s, "hugetlb", &v2);
	DIR *dir = dirfd >= 0 ? opendir("/sys/kernel/mm/hugepages") : NULL;
	struct dirent *entry;
	uint64_t kilobytes;
	char name[32];

	open_object(s->w, "hugetlb");
	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kilobytes) != 1)
			continue;
		page_size_name(kilobytes, name);
		put_hugepages_of(s, dirfd, v2, name);
	}
	if (dir)
		closedir(dir);
	json_map_close(s->w);
}

int cgroup_stats(struct cgroup *cgroup, struct json_writer *w, struct error *err)
{
	struct stats s = { cgroup, w, err };

	/* without a cgroup every value is 0, as in runc */
	if (cgroup->path && cgroup->hierarchies.n &&
		cgroup_directory(&cgroup->hierarchies.v[0], err) < 0) /* check that it exists */
		return -1;
	put_cpu(&s);
	put_cpuset(&s);
	put_memory(&s);
	put_pids(&s);
	put_block_io(&s);
	put_hugetlb(&s);
	return 0;
}

int cgroup_memory_usage(struct cgroup *cgroup, uint64_t *bytes, struct error *err)
{
	bool v2;
	struct cgroup_hierarchy *hierarchy =
		cgroup->path ? cgroup_of_controller(cgroup, "memory", &v2) : NULL;

	if (!hierarchy)
		return error_set(err, 0, "the container has no memory cgroup");
	if (cgroup_directory(hierarchy, err) < 0)
		return -1;
	if (!number_of(hierarchy->fd, v2 ? "memory.current" : "memory.usage_in_bytes", bytes))
		return error_errno(err, "cgroup %s: read the memory usage", hierarchy->directory);
	return 0;
}
