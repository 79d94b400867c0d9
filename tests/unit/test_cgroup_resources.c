/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.resources as values for the files of cgroup v2, of v1, and of a hybrid host; and as
 * properties of systemd. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "cgroup/internal.h"
#include "cgroup/systemd/protocol.h"
#include "support.h"

/* Hierarchies as cgroup_find_hierarchies() would have found them; the v2 one of a hybrid host has
 * hugetlb and rdma. */
static struct cgroup_hierarchy v2_only[] = {
	{ .name = "", .mount = base, .directory = base, .fd = -1 }
};
static struct cgroup_hierarchy v1_only[] = {
	{ .name = "memory" },
	{ .name = "cpu,cpuacct" },
	{ .name = "cpuset" },
	{ .name = "blkio" },
	{ .name = "pids" },
	{ .name = "hugetlb" },
	{ .name = "net_cls,net_prio" },
	{ .name = "rdma" },
	{ .name = "name=systemd" },
};
static struct cgroup_hierarchy hybrid[] = {
	{ .name = "memory" },
	{ .name = "cpu" },
	{ .name = "pids" },
	{ .name = "", .mount = base, .directory = base, .fd = -1 },
};

static struct cgroup make_cgroup(
	struct arena *arena, int layout, struct cgroup_hierarchy *hierarchies, size_t n)
{
	return (struct cgroup){ .manager = CGROUP_MANAGER_CGROUPFS,
		.layout = layout,
		.path = "/x",
		.fd = -1,
		.arena = arena,
		.hierarchies = { hierarchies, n } };
}

#define CGROUP(arena, layout, list) make_cgroup(arena, layout, list, ARRAY_SIZE(list))

/* "file=value;..." of the settings, "!error" where they are refused. */
static void settings_text(struct cgroup *cgroup, const char *json, bool update, struct buf *out)
{
	struct oci_resources resources = { 0 };
	setting_list settings;

	if (config_decode_resources(
		    cgroup->arena, &resources, "resources", json, strlen(json), &err) < 0)
		fail_msg("%s: %s", json, err.text);
	buf_puts(out, "");
	if (resources_settings(cgroup, &resources, "", update, &settings, &err) < 0) {
		buf_printf(out, "!%s", err.text);
		return;
	}
	for (size_t i = 0; i < settings.n; i++)
		buf_printf(out, "%s%s=%s", i ? ";" : "", settings.v[i].file, settings.v[i].value);
}

struct expectation {
	const char *resources, *settings;
};

static void expect(int layout, struct cgroup_hierarchy *list, size_t n, bool update,
	const struct expectation *e)
{
	for (; e->resources; e++) {
		cleanup_arena struct arena arena = { 0 };
		cleanup_buf struct buf text = { 0 };
		struct cgroup cgroup = make_cgroup(&arena, layout, list, n);

		settings_text(&cgroup, e->resources, update, &text);
		if (strcmp(text.data, e->settings) != 0)
			fail_msg("%s\n  gives    %s\n  expected %s", e->resources, text.data,
				e->settings);
	}
}

#define EXPECT(layout, list, update, ...)              \
	expect(layout, list, ARRAY_SIZE(list), update, \
		(const struct expectation[]){ __VA_ARGS__, { NULL, NULL } })

static void memory_v2(void **state)
{
	(void)state;
	EXPECT(CGROUP_V2, v2_only, false, { "{\"memory\":{\"limit\":100}}", "memory.max=100" },
		{ "{\"memory\":{\"limit\":-1}}", "memory.max=max;memory.swap.max=max" },
		{ "{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}}", "" },
		{ "{\"memory\":{\"limit\":100,\"swap\":150}}",
			"memory.max=100;memory.swap.max=50" },
		{ "{\"memory\":{\"limit\":100,\"swap\":100}}", "memory.max=100;memory.swap.max=0" },
		{ "{\"memory\":{\"limit\":100,\"swap\":-1}}",
			"memory.max=100;memory.swap.max=max" },
		{ "{\"memory\":{\"swap\":-1}}", "memory.swap.max=max" },
		{ "{\"memory\":{\"limit\":-1,\"swap\":-1}}", "memory.max=max;memory.swap.max=max" },
		{ "{\"memory\":{\"reservation\":70}}", "memory.low=70" },
		{ "{\"memory\":{\"reservation\":-1}}", "memory.low=max" },
		{ "{\"memory\":{\"kernel\":5,\"kernelTCP\":5,\"disableOOMKiller\":false,"
		  "\"useHierarchy\":true}}",
			"" });
	EXPECT(CGROUP_V2, v2_only, false,
		{ "{\"memory\":{\"swap\":99}}",
			"!/memory/swap: a limit of memory and swap together needs /memory/limit "
			"on cgroup v2" },
		{ "{\"memory\":{\"swappiness\":0}}",
			"!/memory/swappiness: cgroup v2 has no swappiness of a cgroup" },
		{ "{\"memory\":{\"disableOOMKiller\":true}}",
			"!/memory/disableOOMKiller: cgroup v2 can't disable the out-of-memory "
			"killer" },
		{ "{\"memory\":{\"useHierarchy\":false}}",
			"!/memory/useHierarchy: cgroup v2 is always hierarchical" });
}

static void memory_v1(void **state)
{
	(void)state;
	EXPECT(CGROUP_V1, v1_only, false,
		{ "{\"memory\":{\"limit\":100,\"swap\":150}}",
			"memory.limit_in_bytes=100;memory.memsw.limit_in_bytes=150" },
		{ "{\"memory\":{\"limit\":-1}}",
			"memory.limit_in_bytes=-1;memory.memsw.limit_in_bytes=-1" },
		{ "{\"memory\":{\"reservation\":7,\"kernelTCP\":8,\"swappiness\":0,"
		  "\"disableOOMKiller\":true}}",
			"memory.soft_limit_in_bytes=7;memory.kmem.tcp.limit_in_bytes=8;memory.sw"
			"appiness=0;memory.oom_control=1" },
		{ "{\"memory\":{\"useHierarchy\":true,\"disableOOMKiller\":false,\"kernel\":3}}",
			"memory.use_hierarchy=1" });
	EXPECT(CGROUP_V1, v1_only, true,
		{ "{\"memory\":{\"disableOOMKiller\":false}}", "memory.oom_control=0" });
}

static void cpu(void **state)
{
	(void)state;
	EXPECT(CGROUP_V2, v2_only, false, { "{\"cpu\":{\"shares\":1024}}", "cpu.weight=100" },
		{ "{\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0,\"realtimeRuntime\":0,"
		  "\"realtimePeriod\":0,\"cpus\":\"\"}}",
			"" },
		{ "{\"cpu\":{\"quota\":5000}}", "cpu.max=5000 100000" },
		{ "{\"cpu\":{\"quota\":-1}}", "cpu.max=max 100000" },
		{ "{\"cpu\":{\"quota\":5000,\"period\":10000,\"burst\":100}}",
			"cpu.max=5000 10000;cpu.max.burst=100" },
		{ "{\"cpu\":{\"period\":10000}}", "cpu.max=max 10000" },
		{ "{\"cpu\":{\"idle\":1}}", "cpu.idle=1" },
		{ "{\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}}", "cpuset.cpus=0-1;cpuset.mems=0" },
		{ "{\"cpu\":{\"realtimeRuntime\":5}}",
			"!/cpu/realtimeRuntime: cgroup v2 has no limits of real-time scheduling" },
		{ "{\"cpu\":{\"realtimePeriod\":5}}",
			"!/cpu/realtimePeriod: cgroup v2 has no limits of real-time scheduling" });
	EXPECT(CGROUP_V1, v1_only, false,
		{ "{\"cpu\":{\"shares\":1024,\"idle\":0}}", "cpu.shares=1024;cpu.idle=0" },
		{ "{\"cpu\":{\"quota\":-1,\"period\":10000,\"burst\":0}}",
			"cpu.cfs_period_us=10000;cpu.cfs_quota_us=-1;cpu.cfs_burst_us=0" },
		{ "{\"cpu\":{\"realtimeRuntime\":5,\"realtimePeriod\":9}}",
			"cpu.rt_period_us=9;cpu.rt_runtime_us=5" },
		{ "{\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}}", "cpuset.cpus=0-1;cpuset.mems=0" });
}

/* What isn't asked for stays as it is. */
static void quota_and_period_stay(void **state)
{
	cleanup_free char *path = mem_printf("%s/cpu.max", base);

	(void)state;
	assert_int_equal(file_replace(AT_FDCWD, path, "5000 50000\n", 11, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true, { "{\"cpu\":{\"period\":20000}}", "cpu.max=5000 20000" },
		{ "{\"cpu\":{\"quota\":-1}}", "cpu.max=max 50000" });
	fd_close(&v2_only[0].fd);
}

/* The limit of memory and swap together counts from the limit of memory that is in force. */
static void swap_alone(void **state)
{
	cleanup_free char *path = mem_printf("%s/memory.max", base);

	(void)state;
	assert_int_equal(file_replace(AT_FDCWD, path, "4096\n", 5, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true,
		{ "{\"memory\":{\"swap\":12288}}", "memory.swap.max=8192" },
		{ "{\"memory\":{\"swap\":4096}}", "memory.swap.max=0" },
		{ "{\"memory\":{\"swap\":4095}}",
			"!/memory/swap: is less than the limit of memory, which is a part of it" });
	assert_int_equal(file_replace(AT_FDCWD, path, "max\n", 4, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true,
		{ "{\"memory\":{\"swap\":12288}}",
			"!/memory/swap: a limit of memory and swap together needs "
			"/memory/limit on cgroup v2" });
	fd_close(&v2_only[0].fd);
}

/* The weight after idleness is told, so that systemd knows it. */
static void no_longer_idle(void **state)
{
	cleanup_free char *path = mem_printf("%s/cpu.idle", base);

	(void)state;
	assert_int_equal(file_replace(AT_FDCWD, path, "1\n", 2, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true, { "{\"cpu\":{\"idle\":0}}", "cpu.idle=0;cpu.weight=100" },
		{ "{\"cpu\":{\"idle\":0,\"shares\":2}}", "cpu.weight=1;cpu.idle=0" },
		{ "{\"cpu\":{\"idle\":1}}", "cpu.idle=1" });
	assert_int_equal(file_replace(AT_FDCWD, path, "0\n", 2, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true, { "{\"cpu\":{\"idle\":0}}", "cpu.idle=0" });
	fd_close(&v2_only[0].fd);
}

static void block_io(void **state)
{
	(void)state;
	EXPECT(CGROUP_V2, v2_only, false,
		{ "{\"blockIO\":{\"weight\":10}}", "io.bfq.weight=10;io.weight=1" },
		{ "{\"blockIO\":{\"weight\":1000}}", "io.bfq.weight=1000;io.weight=10000" },
		{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":500}]}}",
			"io.bfq.weight=8:16 500;io.weight=8:16 4950" },
		{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
		  "{\"major\":8,\"minor\":1,\"rate\":2}],\"throttleWriteIOPSDevice\":[{\"major\":8,"
		  "\"minor\":0,\"rate\":3}],\"throttleWriteBpsDevice\":[{\"major\":9,\"minor\":0,"
		  "\"rate\":0}]}}",
			"io.max=8:0 rbps=1 wiops=3;io.max=8:1 rbps=2;io.max=9:0 wbps=max" },
		{ "{\"blockIO\":{\"leafWeight\":10}}",
			"!/blockIO/leafWeight: cgroup v2 has no weight of the leaf" },
		{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,"
		  "\"leafWeight\":500}]}}",
			"!/blockIO/weightDevice/0: cgroup v2 has no weight of the leaf" });
	EXPECT(CGROUP_V1, v1_only, false,
		{ "{\"blockIO\":{\"weight\":10,\"leafWeight\":20}}",
			"blkio.bfq.weight=10;blkio.weight=10;blkio.leaf_weight=20" },
		{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":500,"
		  "\"leafWeight\":300}]}}",
			"blkio.bfq.weight_device=8:16 500;blkio.weight_device=8:16 "
			"500;blkio.leaf_weight_device=8:16 300" },
		{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}],"
		  "\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":2}],"
		  "\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":3}],"
		  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":4}]}}",
			"blkio.throttle.read_bps_device=8:0 1;blkio.throttle.write_bps_device=8:0 "
			"2;blkio.throttle.read_iops_device=8:0 "
			"3;blkio.throttle.write_iops_device=8:0 4" });
}

static void the_smaller_ones(void **state)
{
	(void)state;
	EXPECT(CGROUP_V2, v2_only, false, { "{\"pids\":{\"limit\":0}}", "pids.max=0" },
		{ "{\"pids\":{\"limit\":-1}}", "pids.max=max" },
		{ "{\"pids\":{\"limit\":7}}", "pids.max=7" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4}]}",
			"hugetlb.2MB.max=4;hugetlb.2MB.rsvd.max=4" },
		{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}",
			"rdma.max=mlx5_1 hca_handle=3 hca_object=10000" },
		{ "{\"rdma\":{\"rxe3\":{\"hcaObjects\":10}}}", "rdma.max=rxe3 hca_object=10" },
		{ "{\"network\":{}}", "" },
		{ "{\"network\":{\"classID\":5}}",
			"!/network/classID: cgroup v2 has no network classes" },
		{ "{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":5}]}}",
			"!/network/priorities: cgroup v2 has no network priorities" });
	EXPECT(CGROUP_V1, v1_only, false, { "{\"pids\":{\"limit\":0}}", "pids.max=0" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":4}]}",
			"hugetlb.1GB.limit_in_bytes=4;hugetlb.1GB.rsvd.limit_in_bytes=4" },
		{ "{\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\","
		  "\"priority\":5},{\"name\":\"lo\",\"priority\":6}]}}",
			"net_cls.classid=1048577;net_prio.ifpriomap=eth0 "
			"5;net_prio.ifpriomap=lo 6" });
}

static void unified(void **state)
{
	(void)state;
	EXPECT(CGROUP_V2, v2_only, false,
		{ "{\"unified\":{\"memory.high\":\"5\"}}", "memory.high=5" },
		{ "{\"unified\":{\"misc.thing\":\"value of it\"}}", "misc.thing=value of it" },
		{ "{\"unified\":{\"io.max\":\"8:0 rbps=1\\n8:1 rbps=2\\n\"}}",
			"io.max=8:0 rbps=1;io.max=8:1 rbps=2" },
		{ "{\"unified\":{\"misc.max\":\"\"}}", "misc.max=" });
	EXPECT(CGROUP_V1, v1_only, false,
		{ "{\"unified\":{\"memory.max\":\"5\"}}",
			"!/unified/memory.max: the controller memory isn't in a cgroup v2 "
			"hierarchy here" });
}

/* Each property meets the interface that its controller has. */
static void hybrid_host(void **state)
{
	(void)state;
	EXPECT(CGROUP_V1, hybrid, false,
		{ "{\"memory\":{\"limit\":100},\"hugepageLimits\":[{\"pageSize\":\"2MB\","
		  "\"limit\":4}]}",
			"memory.limit_in_bytes=100;hugetlb.2MB.max=4;hugetlb.2MB.rsvd.max=4" },
		{ "{\"unified\":{\"hugetlb.2MB.max\":\"5\"}}", "hugetlb.2MB.max=5" },
		{ "{\"unified\":{\"memory.max\":\"5\"}}",
			"!/unified/memory.max: the controller memory isn't in a cgroup v2 "
			"hierarchy here" });
}

/* What log10 and pow of libm give for the formula that resources.c cites. */
static void shares_to_weight(void **state)
{
	static const struct {
		uint64_t shares, weight;
	} known[] = {
		{ 0, 1 },
		{ 1, 1 },
		{ 2, 1 },
		{ 3, 2 },
		{ 10, 4 },
		{ 102, 17 },
		{ 256, 35 },
		{ 512, 59 },
		{ 1000, 99 },
		{ 1024, 100 },
		{ 2048, 174 },
		{ 10240, 639 },
		{ 100000, 4340 },
		{ 262143, 10000 },
		{ 262144, 10000 },
		{ UINT64_MAX, 10000 },
	};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(weight_of_cpu_shares(known[i].shares), known[i].weight);
	for (uint64_t shares = 0; shares < 300000; shares++) {
		uint64_t weight = weight_of_cpu_shares(shares);

		assert_true(weight >= last && weight >= 1 && weight <= 10000);
		last = weight;
	}
	assert_int_equal(weight_of_blkio_weight(10), 1);
	assert_int_equal(weight_of_blkio_weight(100), 910);
	assert_int_equal(weight_of_blkio_weight(1000), 10000);
}

/* Real files: the missing alternative of two is no error, a missing only one is, and the error says
 * which property and why. */
static void applying(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	struct cgroup cgroup = CGROUP(&arena, CGROUP_V2, v2_only);
	struct oci_resources resources = { 0 };
	setting_list settings;
	char text[64];
	const char *json = "{\"blockIO\":{\"weight\":1000},\"pids\":{\"limit\":5}}";
	int fd = open(base, O_PATH | O_DIRECTORY);

	(void)state;
	assert_int_equal(
		config_decode_resources(&arena, &resources, "", json, strlen(json), &err), 0);
	assert_int_equal(resources_settings(&cgroup, &resources, "", false, &settings, &err), 0);
	assert_int_equal(settings_apply(&cgroup, &settings, "/linux/resources", NULL, &err), -1);
	assert_non_null(strstr(err.text, "/linux/resources/blockIO/weight"));
	assert_int_equal(file_replace(fd, "io.weight", "", 0, 0600, NULL), 0);
	assert_int_equal(settings_apply(&cgroup, &settings, "/linux/resources", NULL, &err), -1);
	assert_non_null(strstr(err.text, "/linux/resources/pids/limit: write \"5\" to "));
	assert_non_null(strstr(err.text, "the controller pids isn't in the kernel"));
	assert_int_equal(file_replace(fd, "pids.max", "", 0, 0600, NULL), 0);
	assert_int_equal(settings_apply(&cgroup, &settings, "/linux/resources", NULL, &err), 0);
	assert_true(
		cgroup_read(fd, "io.weight", text, sizeof text) == 5 && strcmp(text, "10000") == 0);
	assert_true(cgroup_read(fd, "pids.max", text, sizeof text) == 1 && strcmp(text, "5") == 0);
	fd_close(&fd);
	fd_close(&v2_only[0].fd);
}

/* A limit that is less than the usage is refused before anything is written, when that is asked
 * for. */
static void check_before_update(void **state)
{
	cleanup_free char *path = mem_printf("%s/memory.current", base);

	(void)state;
	assert_int_equal(file_replace(AT_FDCWD, path, "1000\n", 5, 0600, NULL), 0);
	EXPECT(CGROUP_V2, v2_only, true,
		{ "{\"memory\":{\"limit\":999,\"checkBeforeUpdate\":true}}",
			"!/memory/limit: 999 bytes are less than the container uses now, 1000" },
		{ "{\"memory\":{\"limit\":1000,\"checkBeforeUpdate\":true}}", "memory.max=1000" },
		{ "{\"memory\":{\"limit\":999}}", "memory.max=999" });
	fd_close(&v2_only[0].fd);
}

/* The properties of a request: NAME, D-Bus type, value, separated by spaces. */
static void readable(const struct buf *request, struct buf *text)
{
	const char *at = request->data, *end = at + request->len;

	buf_puts(text, "");
	while (at < end) {
		enum property_type type = (enum property_type) * at++;
		uint64_t number;
		uint32_t n;

		buf_printf(text, "%s%s", text->len ? " " : "", at);
		at += strlen(at) + 1;
		assert_true(type == PROPERTY_NUMBER || type == PROPERTY_BYTES);
		if (type == PROPERTY_NUMBER) {
			memcpy(&number, at, sizeof number);
			at += sizeof number;
			buf_printf(text, " t %" PRIu64, number);
			continue;
		}
		memcpy(&n, at, sizeof n);
		at += sizeof n;
		buf_printf(text, " ay %u", n);
		while (n--)
			buf_printf(text, " %u", (unsigned char)*at++);
	}
	assert_ptr_equal(at, end);
}

static void expect_properties(const char *json, const char *expected)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf request = { 0 }, text = { 0 };
	struct cgroup cgroup = CGROUP(&arena, CGROUP_V2, v2_only);
	struct oci_resources resources = { 0 };
	setting_list settings;

	assert_int_equal(
		config_decode_resources(&arena, &resources, "", json, strlen(json), NULL), 0);
	assert_int_equal(resources_settings(&cgroup, &resources, "", false, &settings, NULL), 0);
	systemd_properties(&settings, &request);
	readable(&request, &text);
	assert_string_equal(text.data, expected);
}

static void properties_of_systemd(void **state)
{
	(void)state;
	expect_properties("{}", "");
	expect_properties("{\"memory\":{\"limit\":100,\"swap\":150,\"reservation\":7}}",
		"MemoryMax t 100 MemorySwapMax t 50 MemoryLow t 7");
	expect_properties("{\"memory\":{\"limit\":-1}}",
		"MemoryMax t 18446744073709551615 MemorySwapMax t 18446744073709551615");
	expect_properties("{\"cpu\":{\"shares\":1024,\"idle\":0}}", "CPUWeight t 100");
	expect_properties("{\"cpu\":{\"idle\":1}}", "CPUWeight t 0");
	expect_properties("{\"cpu\":{\"quota\":12345,\"period\":100000}}",
		"CPUQuotaPeriodUSec t 100000 CPUQuotaPerSecUSec t 130000");
	expect_properties("{\"cpu\":{\"quota\":50000}}",
		"CPUQuotaPeriodUSec t 100000 CPUQuotaPerSecUSec t 500000");
	expect_properties("{\"cpu\":{\"quota\":-1}}",
		"CPUQuotaPeriodUSec t 100000 CPUQuotaPerSecUSec t 18446744073709551615");
	expect_properties("{\"cpu\":{\"cpus\":\"0-2,9\",\"mems\":\"1\"}}",
		"AllowedCPUs ay 2 7 2 AllowedMemoryNodes ay 1 2");
	expect_properties("{\"blockIO\":{\"weight\":1000}}", "IOWeight t 10000");
	expect_properties("{\"pids\":{\"limit\":0}}", "TasksMax t 1");
	expect_properties("{\"pids\":{\"limit\":-1}}", "TasksMax t 18446744073709551615");
	expect_properties(
		"{\"unified\":{\"memory.high\":\"5\",\"memory.min\":\"1G\",\"cpuset.cpus\":\"1,"
		"x\",\"cpu.max\":\"max\"}}",
		"MemoryHigh t 5 CPUQuotaPerSecUSec t 18446744073709551615");
}

static int begin(void **state)
{
	cleanup_fd int fd = -1;

	log_open("/dev/null", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, NULL);
	if (make_base(state) < 0)
		return -1;
	fd = open(base, O_PATH | O_DIRECTORY);
	return file_replace(fd, "cgroup.controllers", "hugetlb rdma\n", 13, 0600, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_v2),
		cmocka_unit_test(memory_v1),
		cmocka_unit_test(cpu),
		cmocka_unit_test(quota_and_period_stay),
		cmocka_unit_test(swap_alone),
		cmocka_unit_test(no_longer_idle),
		cmocka_unit_test(block_io),
		cmocka_unit_test(the_smaller_ones),
		cmocka_unit_test(unified),
		cmocka_unit_test(hybrid_host),
		cmocka_unit_test(shares_to_weight),
		cmocka_unit_test(applying),
		cmocka_unit_test(check_before_update),
		cmocka_unit_test(properties_of_systemd),
	};

	return cmocka_run_group_tests(tests, begin, remove_base);
}
