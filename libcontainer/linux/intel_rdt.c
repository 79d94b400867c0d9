/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/intel_rdt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json/json.h"
#include "base/list.h"
#include "linux/mount/mountinfo.h"

/* Returns the mountpoint of resctrl, usually its default one, or NULL. */
static const char *find_resctrl(struct arena *arena)
{
	static const char usual[] = "/sys/fs/resctrl";
	mount_entries entries;
	struct statfs fs;

	if (statfs(usual, &fs) == 0 && fs.f_type == RDTGROUP_SUPER_MAGIC)
		return usual;
	if (mountinfo_read(arena, &entries, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < entries.n; i++)
		if (strcmp(entries.v[i].type, "resctrl") == 0)
			return entries.v[i].point;
	return NULL;
}

static bool has_schemata(const struct oci_intel_rdt *config)
{
	return config->l3_cache_schema != NULL || config->mem_bw_schema != NULL ||
		config->schemata.n > 0;
}

static bool has_clos_id(const struct oci_intel_rdt *config)
{
	return config->clos_id != NULL && *config->clos_id != '\0';
}

/* Path of the class of service; "/" is the default class. */
static char *clos_path(const struct intel_rdt_place *place, struct arena *arena, struct error *err)
{
	static const char *const reserved[] = { ".", "..", "info", "mon_data", "mon_groups" };
	const char *name = has_clos_id(place->config) ? place->config->clos_id : place->id;

	if (strcmp(name, "/") == 0)
		return arena_strdup(arena, place->resctrl);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcmp(name, reserved[i]) == 0 || strchr(name, '/') != NULL) {
			error_set(err, 0,
				"/linux/intelRdt/closID: \"%s\" can't be the name of a class of "
				"service",
				name);
			return NULL;
		}
	return arena_printf(arena, "%s/%s", place->resctrl, name);
}

/* Writes schemata lines. The kernel explains refusals in a separate file, info/last_cmd_status. */
static int write_schemata(const char *resctrl, const char *clos, const char *text,
	const char *property, struct error *err)
{
	cleanup_free char *path = mem_printf("%s/schemata", clos),
			  *status = mem_printf("%s/info/last_cmd_status", resctrl);
	cleanup_buf struct buf why = { 0 };

	if (file_write(AT_FDCWD, path, text, err) == 0)
		return 0;
	if (file_read(AT_FDCWD, status, &why, NULL) == 0 && why.len > 0)
		error_hint(err, "the kernel says: %.*s", (int)strcspn(why.data, "\n"), why.data);
	return error_prefix(err, "/linux/intelRdt/%s", property);
}

/* Joins l3CacheSchema and memBwSchema. If both have an MB: line, the latter's counts. */
static void combine(const struct oci_intel_rdt *config, struct buf *text)
{
	const char *line = config->l3_cache_schema;

	while (line != NULL && *line != '\0') {
		size_t len = strcspn(line, "\n");

		if (len > 0 && !(config->mem_bw_schema != NULL && strncmp(line, "MB:", 3) == 0))
			buf_printf(text, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (config->mem_bw_schema != NULL)
		buf_printf(text, "%s\n", config->mem_bw_schema);
}

static int write_all_schemata(const char *resctrl, const char *clos,
	const struct oci_intel_rdt *config, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	combine(config, &text);
	if (text.len > 0 &&
		write_schemata(resctrl, clos, text.data,
			config->l3_cache_schema ? "l3CacheSchema" : "memBwSchema", err) < 0)
		return -1;
	buf_clear(&text);
	for (size_t i = 0; i < config->schemata.n; i++)
		buf_printf(&text, "%s\n", config->schemata.v[i]);
	return text.len > 0 ? write_schemata(resctrl, clos, text.data, "schemata", err) : 0;
}

/* True if the value in `domain` ("0=7f") equals the one in the schemata file's line. */
static bool domain_matches(const char *domain, const char *line, int base)
{
	char *end;
	unsigned long id = strtoul(domain, &end, 10),
		      value = *end == '=' ? strtoul(end + 1, NULL, base) : 0;

	for (const char *next = strchr(line, ':'); next != NULL && *next != '\n' && *next != '\0';
		next += strcspn(next, ";\n")) {
		unsigned long there = strtoul(next + 1, &end, 10);

		if (*end == '=' && there == id)
			return strtoul(end + 1, NULL, base) == value;
		next++;
	}
	return false;
}

/*
 * True if all domains of the wanted line ("L3:0=7f;1=3f") have their value in the schemata file,
 * where lines are indented and values may have leading zeros.
 */
static bool line_matches(const char *wanted, const char *text)
{
	size_t name = strcspn(wanted, ":");
	int base = strncmp(wanted, "MB", 2) == 0 || strncmp(wanted, "SMBA", 4) == 0 ? 10 : 16;

	for (const char *line = text; *line != '\0';
		line += strcspn(line, "\n"), line += *line == '\n') {
		const char *begin = line + strspn(line, " \t");
		bool all = true;

		if (strncmp(begin, wanted, name) != 0 || begin[name] != ':')
			continue;
		for (const char *domain = wanted + name; *domain != '\0' && *domain != '\n' && all;
			domain += strcspn(domain, ";\n"))
			all = domain_matches(++domain, begin, base);
		return all;
	}
	return false;
}

/*
 * An existing class of service must have the requested schema already: others may use the class,
 * too.
 */
static int compare(const char *clos, const struct oci_intel_rdt *config, struct error *err)
{
	cleanup_free char *path = mem_printf("%s/schemata", clos);
	cleanup_buf struct buf wanted = { 0 }, there = { 0 };

	combine(config, &wanted);
	if (wanted.len == 0)
		return 0;
	if (file_read(AT_FDCWD, path, &there, err) < 0)
		return error_prefix(err, "/linux/intelRdt/closID");
	for (char *rest = wanted.data, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && !line_matches(line, there.data))
			return error_set(err, 0,
				"/linux/intelRdt/closID: %s exists with another schema than %s",
				clos, line);
	return 0;
}

static int add_task(const char *group, pid_t pid, struct error *err)
{
	cleanup_free char *path = mem_printf("%s/tasks", group);
	char text[16];

	snprintf(text, sizeof text, "%d", (int)pid);
	return file_write(AT_FDCWD, path, text, err) < 0 ? error_prefix(err, "/linux/intelRdt") : 0;
}

/* Finds or creates the class of service with its schemata. *made: true if it was created. */
static int get_clos(const char *resctrl, const char *clos, const struct oci_intel_rdt *config,
	bool *made, struct error *err)
{
	*made = false;
	if (has_clos_id(config) && !has_schemata(config)) {
		if (access(clos, F_OK) < 0)
			return error_errno(err,
				"/linux/intelRdt/closID: without a schema %s must be there already",
				clos);
		return 0;
	}
	*made = mkdir(clos, 0755) == 0;
	if (!*made && errno != EEXIST)
		return error_errno(err, "/linux/intelRdt: make the class of service %s", clos);
	if (!*made && compare(clos, config, err) < 0)
		return -1;
	if (*made)
		return write_all_schemata(resctrl, clos, config, err);
	return config->schemata.n > 0 ? write_all_schemata(resctrl, clos, config, err) : 0;
}

/* The container's own monitoring group, or NULL. */
static char *group_path(const struct intel_rdt_place *place, const char *clos, struct arena *arena)
{
	return place->config->enable_monitoring
		? arena_printf(arena, "%s/mon_groups/%s", clos, place->id)
		: NULL;
}

int intel_rdt_plan_in(const struct intel_rdt_place *place, struct arena *arena, const char **remove,
	struct error *err)
{
	const char *clos = clos_path(place, arena, err);

	*remove = NULL;
	if (clos == NULL)
		return -1;
	/*
	 * A class named by the configuration may serve others, so it stays. Removing a directory
	 * removes its groups.
	 */
	*remove = has_clos_id(place->config) ? group_path(place, clos, arena) : clos;
	return 0;
}

int intel_rdt_create_in(const struct intel_rdt_place *place, pid_t pid, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const struct oci_intel_rdt *config = place->config;
	char *clos = clos_path(place, &arena, err), *group = NULL;
	bool made = false;

	if (clos == NULL)
		return -1;
	if (get_clos(place->resctrl, clos, config, &made, err) < 0 || add_task(clos, pid, err) < 0)
		goto fail;
	if (config->enable_monitoring) {
		group = group_path(place, clos, &arena);
		if (mkdir(group, 0755) < 0) {
			error_errno(
				err, "/linux/intelRdt/enableMonitoring: make the group %s", group);
			group = NULL;
			goto fail;
		}
		if (add_task(group, pid, err) < 0)
			goto fail;
	}
	return 0;
fail:
	if (group != NULL)
		rmdir(group);
	if (made)
		rmdir(clos);
	return -1;
}

static const char *mounted(struct arena *arena, struct error *err)
{
	const char *resctrl = find_resctrl(arena);

	if (resctrl == NULL)
		error_set(err, 0,
			"/linux/intelRdt: resctrl is not mounted; mount -t resctrl resctrl "
			"/sys/fs/resctrl does that, if the CPU supports it");
	return resctrl;
}

int intel_rdt_plan(const struct oci_intel_rdt *config, const char *id, struct arena *arena,
	const char **remove, struct error *err)
{
	const struct intel_rdt_place place = { mounted(arena, err), config, id };

	*remove = NULL;
	return place.resctrl == NULL ? -1 : intel_rdt_plan_in(&place, arena, remove, err);
}

int intel_rdt_create(
	const struct oci_intel_rdt *config, const char *id, pid_t pid, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const struct intel_rdt_place place = { mounted(&arena, err), config, id };

	return place.resctrl == NULL ? -1 : intel_rdt_create_in(&place, pid, err);
}

int intel_rdt_enter_in(const struct intel_rdt_place *place, pid_t pid, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const char *clos = clos_path(place, &arena, err);

	if (clos == NULL || add_task(clos, pid, err) < 0)
		return -1;
	return place->config->enable_monitoring
		? add_task(group_path(place, clos, &arena), pid, err)
		: 0;
}

int intel_rdt_enter(
	const struct oci_intel_rdt *config, const char *id, pid_t pid, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const struct intel_rdt_place place = { mounted(&arena, err), config, id };

	return place.resctrl == NULL ? -1 : intel_rdt_enter_in(&place, pid, err);
}

int intel_rdt_remove(const char *remove, struct error *err)
{
	if (rmdir(remove) < 0 && errno != ENOENT)
		return error_errno(err, "/linux/intelRdt: remove %s", remove);
	return 0;
}

int intel_rdt_update(const struct oci_intel_rdt *config, const char *id,
	const struct oci_intel_rdt *change, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const struct intel_rdt_place place = { mounted(&arena, err), config, id };
	const char *clos = place.resctrl == NULL ? NULL : clos_path(&place, &arena, err);

	return clos == NULL ? -1 : write_all_schemata(place.resctrl, clos, change, err);
}

/* ---- statistics ---- */

/* Reads a number in any base. */
static bool read_number(int dirfd, const char *path, uint64_t *number)
{
	cleanup_buf struct buf text = { 0 };
	char *end;

	if (file_read(dirfd, path, &text, NULL) < 0 || text.data == NULL)
		return false;
	*number = strtoull(text.data, &end, 10);
	return end != text.data; /* "Unavailable": the counter isn't running */
}

static void put_number(struct json_writer *w, const char *key, int dirfd, const char *path)
{
	uint64_t number;

	if (!read_number(dirfd, path, &number))
		return;
	json_member_uint(w, key, number);
}

/* info/L3 and info/MB. The mask of cache ways is a hexadecimal string. */
static void put_info(struct json_writer *w, int root)
{
	cleanup_buf struct buf mask = { 0 };

	if (faccessat(root, "info/L3", F_OK, 0) == 0) {
		json_key(w, "l3_cache_info");
		json_map_open(w);
		if (file_read(root, "info/L3/cbm_mask", &mask, NULL) == 0 && mask.data != NULL) {
			mask.data[strcspn(mask.data, "\n")] = '\0';
			json_member_string(w, "cbm_mask", mask.data);
		}
		put_number(w, "min_cbm_bits", root, "info/L3/min_cbm_bits");
		put_number(w, "num_closids", root, "info/L3/num_closids");
		json_map_close(w);
	}
	if (faccessat(root, "info/MB", F_OK, 0) == 0) {
		json_key(w, "mem_bw_info");
		json_map_open(w);
		put_number(w, "bandwidth_gran", root, "info/MB/bandwidth_gran");
		put_number(w, "delay_linear", root, "info/MB/delay_linear");
		put_number(w, "min_bandwidth", root, "info/MB/min_bandwidth");
		put_number(w, "num_closids", root, "info/MB/num_closids");
		json_map_close(w);
	}
}

/* The lines of the class's schemata that begin with L3 and MB. */
static int put_schemata(struct json_writer *w, const char *clos, const char *l3_key,
	const char *mb_key, struct error *err)
{
	cleanup_free char *path = mem_printf("%s/schemata", clos);
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return error_prefix(err, "/linux/intelRdt");
	for (char *rest = text.data, *line; (line = strsep(&rest, "\n")) != NULL;) {
		line += strspn(line, " \t");
		if (strncmp(line, "L3:", 3) != 0 && strncmp(line, "MB:", 3) != 0)
			continue;
		json_member_string(w, line[0] == 'L' ? l3_key : mb_key, line);
	}
	return 0;
}

/* An array with one element per cache domain: mon_data/mon_L3_00, mon_L3_01, ... */
static void put_monitored(struct json_writer *w, const char *key, int mon_data,
	const char *const files[][2], size_t n)
{
	bool open = false;
	uint64_t number;
	char path[64];

	for (unsigned domain = 0; domain < 256; domain++) {
		snprintf(path, sizeof path, "mon_L3_%02u/%s", domain, files[0][1]);
		if (!read_number(mon_data, path, &number))
			continue;
		if (!open) {
			json_key(w, key);
			json_array_open(w);
			open = true;
		}
		json_map_open(w);
		for (size_t i = 0; i < n; i++) {
			snprintf(path, sizeof path, "mon_L3_%02u/%s", domain, files[i][1]);
			put_number(w, files[i][0], mon_data, path);
		}
		json_map_close(w);
	}
	if (open)
		json_array_close(w);
}

int intel_rdt_stats_in(
	const struct intel_rdt_place *place, struct json_writer *w, struct error *err)
{
	static const char *const bandwidth[][2] = { { "mbm_total_bytes", "mbm_total_bytes" },
		{ "mbm_local_bytes", "mbm_local_bytes" } };
	static const char *const occupancy[][2] = { { "llc_occupancy", "llc_occupancy" } };
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int root = open(place->resctrl, O_PATH | O_DIRECTORY | O_CLOEXEC), mon_data = -1;
	const char *clos = clos_path(place, &arena, err);

	if (clos == NULL)
		return -1;
	if (root < 0)
		return error_errno(err, "/linux/intelRdt: open %s", place->resctrl);
	put_info(w, root);
	if (put_schemata(w, place->resctrl, "l3_cache_schema_root", "mem_bw_schema_root", err) <
			0 ||
		put_schemata(w, clos, "l3_cache_schema", "mem_bw_schema", err) < 0)
		return -1;
	if (!place->config->enable_monitoring)
		return 0;
	mon_data = open(arena_printf(&arena, "%s/mon_groups/%s/mon_data", clos, place->id),
		O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mon_data < 0)
		return error_errno(err, "/linux/intelRdt/enableMonitoring: open mon_data");
	put_monitored(w, "mbm_stats", mon_data, bandwidth, 2);
	put_monitored(w, "cmt_stats", mon_data, occupancy, 1);
	return 0;
}

int intel_rdt_stats(const struct oci_intel_rdt *config, const char *id, struct json_writer *w,
	struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const struct intel_rdt_place place = { mounted(&arena, err), config, id };

	return place.resctrl == NULL ? -1 : intel_rdt_stats_in(&place, w, err);
}
