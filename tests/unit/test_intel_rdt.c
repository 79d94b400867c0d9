/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * intelRdt against a directory that looks like resctrl: few machines have one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json/json.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/intel_rdt.h"
#include "support.h"

static struct arena arena;

static void put(const char *name, const char *text)
{
	assert_int_equal(file_replace(AT_FDCWD, arena_printf(&arena, "%s/%s", base, name), text,
				 strlen(text), 0644, &err),
		0);
}

static const char *get(const char *name)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, arena_printf(&arena, "%s/%s", base, name), &text, NULL) < 0)
		return "nothing";
	return arena_strdup(&arena, text.data != NULL ? text.data : "");
}

/* A class of service as the kernel makes it. (mkdir of a plain directory doesn't give it files.) */
static void clos(const char *name, const char *schemata)
{
	mkdir(arena_printf(&arena, "%s/%s", base, name), 0755);
	mkdir(arena_printf(&arena, "%s/%s/mon_groups", base, name), 0755);
	put(arena_printf(&arena, "%s/schemata", name), schemata);
	put(arena_printf(&arena, "%s/tasks", name), "");
}

static int set_up(void **state)
{
	if (make_base(state) < 0)
		return -1;
	clos(".", "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n");
	return 0;
}

static int tear_down(void **state)
{
	arena_free(&arena);
	return remove_base(state);
}

static int create(const struct oci_intel_rdt *config, const char **remove)
{
	const struct intel_rdt_place place = { base, config, "box" };

	return intel_rdt_plan_in(&place, &arena, remove, &err) < 0
		? -1
		: intel_rdt_create_in(&place, 4711, &err);
}

static int enter(const struct oci_intel_rdt *config, const char *id, pid_t pid)
{
	return intel_rdt_enter_in(&(struct intel_rdt_place){ base, config, id }, pid, &err);
}

static void without_resctrl(void **state)
{
	const struct oci_intel_rdt config = { 0 };
	const char *remove = "x";

	(void)state;
	if (access("/sys/fs/resctrl/schemata", F_OK) == 0)
		skip();
	assert_int_equal(intel_rdt_plan(&config, "box", &arena, &remove, &err), -1);
	assert_null(remove);
	assert_int_equal(intel_rdt_create(&config, "box", getpid(), &err), -1);
	assert_memory_equal(err.text, "/linux/intelRdt: resctrl is not mounted; ", 41);
	assert_int_equal(intel_rdt_update(&config, "box", &config, &err), -1);
}

static void a_class_that_must_be_there(void **state)
{
	const struct oci_intel_rdt config = { .clos_id = "gold" };
	const char *remove;

	(void)state;
	assert_int_equal(create(&config, &remove), -1);
	assert_memory_equal(err.text, "/linux/intelRdt/closID: without a schema ", 41);
	clos("gold", "    L3:0=f\n");
	assert_int_equal(create(&config, &remove), 0);
	assert_string_equal(get("gold/tasks"), "4711");
	assert_string_equal(get("gold/schemata"), "    L3:0=f\n");
	assert_null(remove);
}

static void the_default_class(void **state)
{
	const struct oci_intel_rdt config = { .clos_id = "/", .enable_monitoring = true };
	const char *remove;

	(void)state;
	/* The group's tasks file comes from the kernel: without it everything is undone. */
	assert_int_equal(create(&config, &remove), -1);
	assert_non_null(strstr(err.text, "/mon_groups/box/tasks: it doesn't exist"));
	assert_string_equal(get("tasks"), "4711");
	assert_int_equal(access(arena_printf(&arena, "%s/mon_groups/box", base), F_OK), -1);
}

/* The state records these names before anything is made: what a killed hull leaves is found. */
static void what_will_be_made(void **state)
{
	static const struct {
		struct oci_intel_rdt config;
		const char *remove;
	} cases[] = {
		{ { 0 }, "/box" },
		{ { .enable_monitoring = true }, "/box" },
		{ { .clos_id = "gold", .l3_cache_schema = "L3:0=f" }, NULL },
		{ { .clos_id = "gold", .enable_monitoring = true }, "/gold/mon_groups/box" },
		{ { .clos_id = "/", .enable_monitoring = true }, "/mon_groups/box" },
	};
	const char *remove;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct intel_rdt_place place = { base, &cases[i].config, "box" };

		assert_int_equal(intel_rdt_plan_in(&place, &arena, &remove, &err), 0);
		if (cases[i].remove == NULL)
			assert_null(remove);
		else
			assert_string_equal(
				remove, arena_printf(&arena, "%s%s", base, cases[i].remove));
		assert_int_equal(access(arena_printf(&arena, "%s/box", base), F_OK), -1);
	}
}

static void names_that_are_none(void **state)
{
	static const char *const bad[] = { "..", ".", "a/b", "/a", "info", "mon_data", "mon_groups",
		"../x" };
	const char *remove;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct oci_intel_rdt config = { .clos_id = bad[i],
			.l3_cache_schema = "L3:0=f" };

		assert_int_equal(create(&config, &remove), -1);
		assert_memory_equal(err.text, "/linux/intelRdt/closID: ", 24);
	}
}

/* A directory that is there must have the wanted schema, in whatever notation. */
static void schemas_are_compared(void **state)
{
	static const struct {
		const char *l3, *mb;
		bool same;
	} cases[] = {
		{ "L3:0=f;1=ff", NULL, true },
		{ "L3:1=ff", NULL, true },
		{ "L3:0=00F;1=0ff", NULL, true },
		{ "L3:0=f;1=f", NULL, false },
		{ "L3:2=f", NULL, false },
		{ "L2:0=f", NULL, false },
		{ NULL, "MB:0=20;1=70", true },
		{ NULL, "MB:0=14", false },
		{ "L3:0=f\nMB:0=99", "MB:0=20", true },
		{ "L3:0=f\nMB:0=99", NULL, false },
		{ "L3:0=f", "MB:1=7", false },
		{ "nonsense", NULL, false },
	};
	const char *text = "    L3:0=00f;1=0ff\n    MB:0= 20;1= 70\n", *remove;

	(void)state;
	clos("gold", text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct oci_intel_rdt config = { .clos_id = "gold",
			.l3_cache_schema = cases[i].l3,
			.mem_bw_schema = cases[i].mb };

		assert_int_equal(create(&config, &remove), cases[i].same ? 0 : -1);
		if (!cases[i].same)
			assert_non_null(strstr(err.text, "exists with another schema than "));
		assert_string_equal(get("gold/schemata"), text);
	}
}

static void schemata_are_written_last(void **state)
{
	const char *lines[] = { "L3:0=3", "MB:0=50" };
	const struct oci_intel_rdt config = { .clos_id = "gold", .schemata = { lines, 2 } };
	const char *remove;

	(void)state;
	clos("gold", "");
	assert_int_equal(create(&config, &remove), 0);
	assert_string_equal(get("gold/schemata"), "L3:0=3\nMB:0=50\n");
}

static void what_the_kernel_says(void **state)
{
	const struct oci_intel_rdt config = { .clos_id = "gold", .l3_cache_schema = "L3:0=0" };
	const char *remove;

	(void)state;
	mkdir(arena_printf(&arena, "%s/info", base), 0755);
	put("info/last_cmd_status", "Invalid mask\n");
	/* The new directory has no schemata file here: a stand-in for a refused write. */
	assert_int_equal(create(&config, &remove), -1);
	assert_memory_equal(err.text, "/linux/intelRdt/l3CacheSchema: ", 31);
	assert_non_null(strstr(err.text, "; the kernel says: Invalid mask"));
	assert_int_equal(access(arena_printf(&arena, "%s/gold", base), F_OK), -1);
}

/* `exec` uses the first process's class of service and monitoring group. */
static void one_more_process(void **state)
{
	const struct oci_intel_rdt config = { .clos_id = "gold" }, own = { 0 },
				   monitored = { .enable_monitoring = true };

	(void)state;
	clos("gold", "");
	clos("box", "");
	assert_int_equal(enter(&config, "box", 12), 0);
	assert_string_equal(get("gold/tasks"), "12");
	assert_int_equal(enter(&own, "box", 13), 0);
	assert_string_equal(get("box/tasks"), "13");
	assert_int_equal(enter(&monitored, "box", 14), -1);
	mkdir(arena_printf(&arena, "%s/box/mon_groups/box", base), 0755);
	put("box/mon_groups/box/tasks", "");
	assert_int_equal(enter(&monitored, "box", 14), 0);
	assert_string_equal(get("box/mon_groups/box/tasks"), "14");
	assert_int_equal(enter(&own, "other", 15), -1);
}

static const char *statistics(const struct oci_intel_rdt *config)
{
	struct json_writer *w = json_writer_new(0);
	cleanup_buf struct buf text = { 0 };
	int result;

	json_map_open(w);
	result = intel_rdt_stats_in(&(struct intel_rdt_place){ base, config, "box" }, w, &err);
	json_map_close(w);
	json_writer_finish(w, &text);
	return result < 0 ? NULL : arena_strdup(&arena, text.data);
}

static void statistics_have_runcs_names(void **state)
{
	static const char *const directories[] = { "info", "info/L3", "info/MB",
		"box/mon_groups/box", "box/mon_groups/box/mon_data",
		"box/mon_groups/box/mon_data/mon_L3_00", "box/mon_groups/box/mon_data/mon_L3_01" };
	const struct oci_intel_rdt plain = { 0 }, monitored = { .enable_monitoring = true };

	(void)state;
	assert_null(statistics(&plain));
	clos("box", "    L3:0=3;1=3\n    MB:0= 50;1= 50\n");
	assert_string_equal(statistics(&plain),
		"{\"l3_cache_schema_root\":\"L3:0=7ff;1=7ff\","
		"\"mem_bw_schema_root\":\"MB:0=100;1=100\",\"l3_cache_schema\":\"L3:0=3;1=3\","
		"\"mem_bw_schema\":\"MB:0= 50;1= 50\"}");
	assert_null(statistics(&monitored));
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		mkdir(arena_printf(&arena, "%s/%s", base, directories[i]), 0755);
	put("info/L3/cbm_mask", "7ff\n");
	put("info/L3/min_cbm_bits", "1\n");
	put("info/L3/num_closids", "16\n");
	put("info/MB/bandwidth_gran", "10\n");
	put("box/mon_groups/box/mon_data/mon_L3_00/mbm_total_bytes", "5000000000\n");
	put("box/mon_groups/box/mon_data/mon_L3_00/mbm_local_bytes", "Unavailable\n");
	put("box/mon_groups/box/mon_data/mon_L3_01/mbm_total_bytes", "7\n");
	put("box/mon_groups/box/mon_data/mon_L3_01/llc_occupancy", "8\n");
	assert_string_equal(statistics(&monitored),
		"{\"l3_cache_info\":{\"cbm_mask\":\"7ff\",\"min_cbm_bits\":1,\"num_closids\":16},"
		"\"mem_bw_info\":{\"bandwidth_gran\":10},"
		"\"l3_cache_schema_root\":\"L3:0=7ff;1=7ff\","
		"\"mem_bw_schema_root\":\"MB:0=100;1=100\",\"l3_cache_schema\":\"L3:0=3;1=3\","
		"\"mem_bw_schema\":\"MB:0= 50;1= 50\","
		"\"mbm_stats\":[{\"mbm_total_bytes\":5000000000},{\"mbm_total_bytes\":7}],"
		"\"cmt_stats\":[{\"llc_occupancy\":8}]}");
}

static void removal(void **state)
{
	const char *directory = arena_printf(&arena, "%s/box", base);

	(void)state;
	assert_int_equal(mkdir(directory, 0755), 0);
	assert_int_equal(intel_rdt_remove(directory, &err), 0);
	assert_int_equal(access(directory, F_OK), -1);
	assert_int_equal(intel_rdt_remove(directory, &err), 0);
	assert_int_equal(intel_rdt_remove(base, &err), -1);
	assert_int_equal(err.code, ENOTEMPTY);
}

#define WITH_A_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_TREE(without_resctrl),
		WITH_A_TREE(a_class_that_must_be_there),
		WITH_A_TREE(the_default_class),
		WITH_A_TREE(what_will_be_made),
		WITH_A_TREE(names_that_are_none),
		WITH_A_TREE(schemas_are_compared),
		WITH_A_TREE(schemata_are_written_last),
		WITH_A_TREE(what_the_kernel_says),
		WITH_A_TREE(one_more_process),
		WITH_A_TREE(statistics_have_runcs_names),
		WITH_A_TREE(removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
