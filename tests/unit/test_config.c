/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <glob.h>
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
#include "base/mem.h"
#include "spec/config.h"

/* Every property, with values that differ, in the order in which they are written. */
static const char everything[] =
	"{\"ociVersion\":\"1.3.0\","
	"\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"
	"\"user\":{\"uid\":1,\"gid\":2,\"umask\":63,\"additionalGids\":[5,6]},"
	"\"args\":[\"sh\",\"-c\"],\"commandLine\":\"sh -c\",\"env\":[\"A=1\",\"B=2\"],"
	"\"cwd\":\"/w\",\"capabilities\":{\"bounding\":[\"CAP_A\"],\"effective\":[\"CAP_B\"],"
	"\"inheritable\":[\"CAP_C\"],\"permitted\":[\"CAP_D\"],\"ambient\":[\"CAP_E\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":10}],"
	"\"noNewPrivileges\":true,\"apparmorProfile\":\"acme\",\"selinuxLabel\":\"u:r:t\","
	"\"oomScoreAdj\":-100,\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"nice\":3,"
	"\"flags\":[\"SCHED_FLAG_RECLAIM\"],\"runtime\":10000,\"deadline\":20000,\"period\":30000},"
	"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":4},"
	"\"execCPUAffinity\":{\"initial\":\"7\",\"final\":\"0-3,7\"}},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"host\","
	"\"domainname\":\"domain\",\"mounts\":[{\"destination\":\"/d\",\"type\":\"none\","
	"\"source\":\"/s\",\"options\":[\"rbind\",\"idmap\"],\"uidMappings\":[{\"containerID\":11,"
	"\"hostID\":12,\"size\":13}],\"gidMappings\":[{\"containerID\":14,\"hostID\":15,"
	"\"size\":16}]}],\"hooks\":{\"prestart\":[{\"path\":\"/1\",\"args\":[\"a\"],"
	"\"env\":[\"E=1\"],\"timeout\":1}],\"createRuntime\":[{\"path\":\"/2\"}],"
	"\"createContainer\":[{\"path\":\"/3\"}],\"startContainer\":[{\"path\":\"/4\"}],"
	"\"poststart\":[{\"path\":\"/5\"}],\"poststop\":[{\"path\":\"/6\"}]},"
	"\"annotations\":{\"key\":\"value\",\"io.hull\":\"\"},"
	"\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":1000}],"
	"\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},\"resources\":{\"devices\":[{\"allow\":false,"
	"\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":-1,"
	"\"access\":\"rw\"}],\"memory\":{\"limit\":1000,\"reservation\":1001,\"swap\":1002,"
	"\"kernel\":-1,\"kernelTCP\":0,\"swappiness\":60,\"disableOOMKiller\":false,"
	"\"useHierarchy\":true,\"checkBeforeUpdate\":true},\"cpu\":{\"shares\":1024,\"quota\":100,"
	"\"burst\":99,\"period\":98,\"realtimeRuntime\":97,\"realtimePeriod\":96,\"cpus\":\"2-3\","
	"\"mems\":\"0-7\",\"idle\":1},\"pids\":{\"limit\":0},\"blockIO\":{\"weight\":10,"
	"\"leafWeight\":11,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":500,"
	"\"leafWeight\":300}],\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":600}],"
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":2,\"rate\":601}],"
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":602}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":4,\"rate\":0}]},"
	"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854775807}],"
	"\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\",\"priority\":500}]},"
	"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000},\"rxe3\":{\"hcaObjects\":0}},"
	"\"unified\":{\"io.max\":\"x\"}},\"cgroupsPath\":\"/my/c\","
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/n\"},"
	"{\"type\":\"mount\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"user\"},"
	"{\"type\":\"cgroup\"},{\"type\":\"time\"}],\"devices\":[{\"path\":\"/dev/fuse\","
	"\"type\":\"c\",\"major\":10,\"minor\":229,\"fileMode\":438,\"uid\":7,\"gid\":8},"
	"{\"path\":\"/p\",\"type\":\"p\"}],\"netDevices\":{\"eth0\":{\"name\":\"container_eth0\"},"
	"\"eth1\":{}},\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
	"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_RISCV64\"],"
	"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"listenerPath\":\"/s\","
	"\"listenerMetadata\":\"meta\",\"syscalls\":[{\"names\":[\"getcwd\"],"
	"\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":0,\"args\":[{\"index\":0,\"value\":2080505856,"
	"\"valueTwo\":18446744073709551615,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]},"
	"\"rootfsPropagation\":\"rslave\",\"maskedPaths\":[\"/proc/kcore\"],"
	"\"readonlyPaths\":[\"/proc/sys\"],\"mountLabel\":\"label\","
	"\"intelRdt\":{\"closID\":\"group\",\"schemata\":[\"L3:0=f\"],"
	"\"l3CacheSchema\":\"L3:0=7f0\",\"memBwSchema\":\"MB:0=20\",\"enableMonitoring\":true},"
	"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0-1\","
	"\"flags\":[\"MPOL_F_STATIC_NODES\"]},\"personality\":{\"domain\":\"LINUX32\"},"
	"\"timeOffsets\":{\"boottime\":{\"secs\":-5,\"nanosecs\":6}}}}";

static struct error err;

static void decode(struct oci_config *config, const char *text)
{
	if (config_decode(config, "config.json", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
}

static char *encode(const struct oci_config *config)
{
	struct buf out = { 0 };

	json_encode(&out, &config_table, config, 0);
	return out.data;
}

static void test_everything(void **state)
{
	cleanup_config struct oci_config config;
	cleanup_free char *text = NULL;

	(void)state;
	decode(&config, everything);
	text = encode(&config);
	assert_string_equal(text, everything);
	assert_int_equal(config.process->rlimits.v[0].soft, 10);
	assert_string_equal(config.process->exec_cpu_affinity->final, "0-3,7");
	assert_string_equal(config.mounts.v[0].source, "/s");
	assert_int_equal(config.mounts.v[0].gid_mappings.v[0].host_id, 15);
	assert_string_equal(config.hooks->start_container.v[0].path, "/4");
	assert_int_equal(config.linux->uid_mappings.v[0].host_id, 100000);
	assert_int_equal(config.linux->resources->cpu->realtime_period.value, 96);
	assert_int_equal(
		config.linux->resources->block_io->throttle_write_iops_device.v[0].minor, 4);
	assert_true(config.linux->resources->pids->limit.set &&
		config.linux->resources->pids->limit.value == 0);
	assert_int_equal(config.linux->seccomp->syscalls.v[0].action, SECCOMP_ACTION_TRACE);
	assert_int_equal(config.linux->seccomp->syscalls.v[0].args.v[0].op, SECCOMP_OP_MASKED_EQ);
	assert_string_equal(seccomp_arch_names[config.linux->seccomp->architectures.v[1] - 1],
		"SCMP_ARCH_RISCV64");
	assert_int_equal(config.linux->time_offsets.v[0].value.secs, -5);
	for (int type = NAMESPACE_PID; type < NAMESPACE_TYPES; type++) {
		assert_int_equal(config.linux->namespaces.v[type - 1].type, type);
		assert_ptr_equal(
			config_namespace(&config, type), &config.linux->namespaces.v[type - 1]);
	}
	assert_string_equal(config_annotation(&config, "key"), "value");
	assert_string_equal(config_annotation(&config, "io.hull"), "");
	assert_null(config_annotation(&config, "io"));
}

static void test_completed_before_validation(void **state)
{
	static const char text[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},"
				   "\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}";
	const struct oci_id_mapping mapping = { 0, 100000, 65536 };
	cleanup_config struct oci_config config;

	(void)state;
	assert_int_equal(config_decode(&config, "config.json", text, sizeof text - 1, &err), -1);
	config_free(&config);
	assert_int_equal(config_read(&config, "config.json", text, sizeof text - 1, &err), 0);
	config_add_user_namespace(&config, &mapping, &mapping);
	assert_int_equal(config.linux->namespaces.n, 1);
	assert_int_equal(config_validate(&config, "config.json", &err), 0);
}

/* The rest of a configuration, with a profile that is known: X stands for it. */
static int read_around(struct oci_config *config, const char *rest)
{
	cleanup_free char *text =
		mem_printf("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},%s", rest);
	struct json_known known = { .begin = (size_t)(strchr(text, 'X') - text),
		.len = 1,
		.instead = "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}" };

	return config_read_around(config, text, strlen(text), &known);
}

static void test_known_profile(void **state)
{
	static const char *const others[] = {
		"\"linux\":{\"seccomp\":X,\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}",
		"\"linux\":{\"seccomp\":X},\"linux\":{}}",
		"\"seccomp\":X}",
		"\"linux\":{\"resources\":X}}",
		"\"linux\":X}",
		"\"annotations\":{\"seccomp\":X}}",
		"\"annotations\":{\"a\":\"\\\"seccomp\\\":X\"}}",
		"\"linux\":{\"seccomp\":X}",
		"\"linux\":{\"seccomp\":X}}}",
		"\"linux\":{\"seccomp\":X},\"hostname\":1}",
		"\"linux\":{\"seccomp\":X},\"hostname\":\"\x01\"}",
	};
	cleanup_config struct oci_config right;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		cleanup_config struct oci_config config;

		assert_int_equal(read_around(&config, others[i]), -1);
	}
	assert_int_equal(read_around(&right,
				 "\"linux\":{\"seccomp\":null,\"seccomp\": X ,"
				 "\"cgroupsPath\":\"c\"},\"hostname\":\"h\"}"),
		0);
	assert_int_equal(right.linux->seccomp->default_action, SECCOMP_ACTION_ERRNO);
	assert_string_equal(right.linux->cgroups_path, "c");
	assert_string_equal(right.hostname, "h");
}

static void test_minimal(void **state)
{
	cleanup_config struct oci_config config;

	(void)state;
	decode(&config, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"}}");
	assert_non_null(config.linux);
	assert_null(config.process);
	assert_null(config.mounts.v);
	assert_null(config_namespace(&config, NAMESPACE_PID));
	assert_null(config_annotation(&config, "key"));
}

static void test_memory_hint(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "ended" },
		{ "{\"memory\":{\"swap\":1}}", "ended" },
		{ "{\"memory\":{\"limit\":1}}",
			"ended; /linux/resources/memory/limit may be too low for it" },
		{ "{\"unified\":{\"memory.high\":\"1\"}}", "ended" },
		{ "{\"unified\":{\"cpu.max\":\"1\",\"memory.max\":\"1\"}}",
			"ended; /linux/resources/unified/memory.max may be too low for it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_config struct oci_config config;
		char text[256];

		snprintf(text, sizeof text,
			"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"},\"linux\":"
			"{\"resources\":%s}}",
			rows[i][0]);
		decode(&config, text);
		error_set(&err, 0, "ended");
		assert_int_equal(config_memory_hint(&config, &err), -1);
		assert_string_equal(err.text, rows[i][1]);
	}
}

/* As Go's omitempty: "" where a string means nothing is no string. */
static void test_empty_strings(void **state)
{
	cleanup_config struct oci_config config;

	(void)state;
	decode(&config,
		"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"},\"hostname\":\"\","
		"\"linux\":{\"cgroupsPath\":\"\",\"mountLabel\":\"\",\"rootfsPropagation\":\"\","
		"\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]},\"process\":{\"cwd\":\"/\","
		"\"args\":[\"\"],\"apparmorProfile\":\"\"}}");
	assert_null(config.hostname);
	assert_null(config.linux->cgroups_path);
	assert_null(config.linux->rootfs_propagation);
	assert_null(config.linux->namespaces.v[0].path);
	assert_null(config.process->apparmor_profile);
	assert_string_equal(config.process->args.v[0], "");
}

/* ---- what others have written ---- */

static void each_file(const char *pattern, size_t at_least,
	void (*check)(const char *name, const struct buf *text))
{
	glob_t files;

	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= at_least);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		cleanup_buf struct buf text = { 0 };

		assert_int_equal(file_read(AT_FDCWD, files.gl_pathv[i], &text, &err), 0);
		check(files.gl_pathv[i], &text);
	}
	globfree(&files);
}

/* The one that its engine meant to fail. */
static const char idmap_without_mapping[] =
	"config.json: /mounts/7/options/2: needs the mount's uidMappings and gidMappings, or a "
	"user namespace of the container: neither is there";

static void check_engine(const char *name, const struct buf *text)
{
	cleanup_config struct oci_config config = { 0 }, again = { 0 };
	cleanup_arena struct arena arena = { 0 };
	struct oci_process process;

	if (strstr(name, "/exec-process") != NULL) {
		if (config_decode_process(
			    &arena, &process, "process.json", text->data, text->len, &err) < 0)
			fail_msg("%s: %s", name, err.text);
	} else if (config_decode(&config, "config.json", text->data, text->len, &err) < 0) {
		if (strstr(name, "/c7-true-hostuser.json") == NULL)
			fail_msg("%s: %s", name, err.text);
		assert_string_equal(err.text, idmap_without_mapping);
	} else {
		cleanup_free char *once = encode(&config), *twice = NULL;

		decode(&again, once);
		twice = encode(&again);
		assert_string_equal(once, twice);
	}
}

static void test_engines(void **state)
{
	(void)state;
	each_file("tests/data/engine-configs/*/*.json", 100, check_engine);
}

/* Valid by the schema. What else is wrong with an example is a violation of its meaning on Linux.
 */
static void check_schema_good(const char *name, const struct buf *text)
{
	static const struct {
		const char *name, *violations;
	} expected[] = {
		{ "/freebsd-example.json",
			"config.json: /hostname: needs a uts namespace in /linux/namespaces: it "
			"would rename the host" },
		{ "/linux-netdevice.json",
			"config.json: /linux/netDevices: needs a network namespace in "
			"/linux/namespaces" },
		{ "/spec-example.json",
			"config.json: /ociVersion: only version 1 of the OCI runtime-spec is "
			"known: 0.5.0-dev is another major version" },
		{ "/zos-example.json",
			"config.json: /ociVersion: only version 1 of the OCI runtime-spec is "
			"known: 0.5.0-dev is another major version\n"
			"config.json: /hostname: needs a uts namespace in /linux/namespaces: it "
			"would rename the host" },
	};
	cleanup_config struct oci_config config = { 0 };

	if (json_decode(&config.arena,
		    &(struct json_source){ "config.json", text->data, text->len }, &config_table,
		    &config, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	config_free(&config);
	if (config_decode(&config, "config.json", text->data, text->len, &err) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
			assert_null(strstr(name, expected[i].name));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		if (strstr(name, expected[i].name) == NULL)
			continue;
		assert_string_equal(err.text, expected[i].violations);
		return;
	}
	fail_msg("%s: %s", name, err.text);
}

static void check_schema_bad(const char *name, const struct buf *text)
{
	static const struct {
		const char *name, *violations;
	} expected[] = {
		{ "/invalid-json.json",
			"config.json: line 1, column 2: expected a name in quotes" },
		{ "/linux-hugepage.json",
			"config.json: /linux/resources/hugepageLimits/0/pageSize: must be a "
			"size like 64KB, 2MB or 1GB: found \"64kB\"" },
		{ "/linux-netdevice.json",
			"config.json: /linux/netDevices/eth0/name: expected a string, found 23" },
		{ "/linux-rdma.json",
			"config.json: /linux/resources/rdma/mlx5_1/hcaHandles: expected a "
			"number, found \"not a uint32\"" },
	};
	cleanup_config struct oci_config config = { 0 };
	int result = config_decode(&config, "config.json", text->data, text->len, &err);

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		if (strstr(name, expected[i].name) == NULL)
			continue;
		assert_int_equal(result, -1);
		assert_string_equal(err.text, expected[i].violations);
		return;
	}
	assert_non_null(strstr(name, "/freebsd-")); /* bad on another platform, ignored here */
	assert_int_equal(result, 0);
}

static void test_schema(void **state)
{
	(void)state;
	each_file("tests/data/oci-schema/test/config/good/*.json", 9, check_schema_good);
	each_file("tests/data/oci-schema/test/config/bad/*.json", 5, check_schema_bad);
}

/* The names in the schema's lists are the ones known here, and in the tables for `features`. */
static void test_schema_names(void **state)
{
	static const char *const *const lists[] = {
		namespace_type_names,
		seccomp_action_names,
		seccomp_operator_names,
		seccomp_arch_names,
		seccomp_flag_names,
	};
	cleanup_buf struct buf schema = { 0 };

	(void)state;
	assert_int_equal(
		file_read(AT_FDCWD, "tests/data/oci-schema/defs-linux.json", &schema, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (size_t k = 0; lists[i][k] != NULL; k++) {
			cleanup_free char *quoted = mem_printf("\"%s\"", lists[i][k]);

			assert_non_null(strstr(schema.data, quoted));
		}
	}
	for (const char *p = strstr(schema.data, "\"SCMP_ARCH_"); p != NULL;
		p = strstr(p + 1, "\"SCMP_ARCH_")) {
		size_t len = strcspn(p + 1, "\""), k = 0;

		while (seccomp_arch_names[k] != NULL &&
			(strncmp(seccomp_arch_names[k], p + 1, len) != 0 ||
				seccomp_arch_names[k][len] != '\0'))
			k++;
		assert_non_null(seccomp_arch_names[k]);
	}
}

static void check_words(const struct buf *dictionary, const struct json_table *table)
{
	for (const struct json_field *field = table->fields; field->name != NULL; field++) {
		cleanup_free char *word = mem_printf("\"\\\"%s\\\"\"\n", field->name);

		if (strstr(dictionary->data, word) == NULL)
			fail_msg("tests/fuzz/config.dict lacks %s", word);
		if (field->table != NULL)
			check_words(dictionary, field->table);
		for (size_t i = 0; field->names != NULL && field->names[i] != NULL; i++)
			assert_non_null(strstr(dictionary->data, field->names[i]));
	}
}

static void test_fuzzing_dictionary(void **state)
{
	cleanup_buf struct buf dictionary = { 0 };

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, "tests/fuzz/config.dict", &dictionary, &err), 0);
	check_words(&dictionary, &config_table);
}

/* ---- the other documents ---- */

static void test_process(void **state)
{
	static const char text[] =
		"{\"args\":[\"id\"],\"cwd\":\"w\",\"env\":[\"X\"],\"user\":{\"uid\":\"root\"}}";
	cleanup_arena struct arena arena = { 0 };
	struct oci_process process;

	(void)state;
	assert_int_equal(
		config_decode_process(&arena, &process, "p.json", text, sizeof text - 1, &err), -1);
	assert_string_equal(err.text, "p.json: /user/uid: expected a number, found \"root\"");
	assert_int_equal(config_decode_process(&arena, &process, "p.json",
				 "{\"cwd\":\"w\",\"env\":[\"X\"]}", 23, &err),
		-1);
	assert_string_equal(err.text,
		"p.json: /args: must name the program: at least one entry is required\n"
		"p.json: /cwd: must be an absolute path: found \"w\"\n"
		"p.json: /env/0: must be NAME=value: found \"X\"");
	assert_int_equal(
		config_decode_process(&arena, &process, "p.json", "{\"args\":[\"a\"]}", 14, &err),
		-1);
	assert_string_equal(err.text, "p.json: /cwd: required, but missing");
}

static void test_resources(void **state)
{
	static const char text[] =
		"{\"memory\":{\"limit\":100,\"swap\":50},\"pids\":{\"limit\":-1}}";
	cleanup_arena struct arena arena = { 0 };
	struct oci_resources resources;

	(void)state;
	assert_int_equal(
		config_decode_resources(&arena, &resources, "r.json", text, sizeof text - 1, &err),
		-1);
	assert_string_equal(err.text,
		"r.json: /memory/swap: is the limit of memory and swap together, thus can't be "
		"below /memory/limit: 50 is below 100");
	assert_int_equal(config_decode_resources(&arena, &resources, "r.json", "{}", 2, &err), 0);
	assert_null(resources.memory);
}

/* ---- the default ---- */

static void test_default(void **state)
{
	cleanup_config struct oci_config config, again;
	cleanup_free char *text = NULL, *repeated = NULL;

	(void)state;
	config_default(&config, false, 0, 0, NULL);
	text = encode(&config);
	decode(&again, text);
	repeated = encode(&again);
	assert_string_equal(text, repeated);
	assert_non_null(strstr(text,
		"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
		"\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\","
		"\"mode=0620\",\"gid=5\"]}"));
	assert_non_null(
		strstr(text, "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}"));
	assert_non_null(config_namespace(&config, NAMESPACE_NETWORK));
	assert_null(config_namespace(&config, NAMESPACE_USER));
	config_add_namespace(&config, NAMESPACE_CGROUP);
	assert_non_null(config_namespace(&config, NAMESPACE_CGROUP));
	assert_non_null(config_namespace(&config, NAMESPACE_PID));
}

static void test_default_rootless(void **state)
{
	cleanup_config struct oci_config config, again;
	cleanup_free char *text = NULL;

	(void)state;
	config_default(&config, true, 1000, 100, NULL);
	text = encode(&config);
	decode(&again, text);
	assert_non_null(strstr(text,
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":100,\"size\":1}]"));
	assert_non_null(strstr(text,
		"\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\",\"nosuid\","
		"\"noexec\",\"nodev\",\"ro\"]"));
	assert_null(strstr(text, "gid=5"));
	assert_null(config.linux->resources);
	assert_null(config_namespace(&config, NAMESPACE_NETWORK));
	assert_non_null(config_namespace(&config, NAMESPACE_USER));
}

static void test_default_mapping(void **state)
{
	const struct oci_id_mapping mapping = { 0, 100000, 65536 };
	cleanup_config struct oci_config config, again;
	cleanup_free char *text = NULL;

	(void)state;
	config_default(&config, false, 0, 0, &mapping);
	text = encode(&config);
	decode(&again, text);
	assert_non_null(config_namespace(&again, NAMESPACE_USER));
	assert_memory_equal(again.linux->uid_mappings.v, &mapping, sizeof mapping);
	assert_memory_equal(again.linux->gid_mappings.v, &mapping, sizeof mapping);
	assert_non_null(strstr(text, "gid=5"));
}

static void test_written_as_runc_does(void **state)
{
	static const char beginning[] =
		"{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n"
		"\t\t\"user\": {\n\t\t\t\"uid\": 0,\n";
	cleanup_config struct oci_config config;
	cleanup_buf struct buf out = { 0 };

	(void)state;
	config_default(&config, false, 0, 0, NULL);
	config_encode(&out, &config);
	assert_int_equal(strncmp(out.data, beginning, strlen(beginning)), 0);
	assert_string_equal(strrchr(out.data, ']'), "]\n\t}\n}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_memory_hint),
		cmocka_unit_test(test_completed_before_validation),
		cmocka_unit_test(test_known_profile),
		cmocka_unit_test(test_empty_strings),
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_names),
		cmocka_unit_test(test_fuzzing_dictionary),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_default_rootless),
		cmocka_unit_test(test_default_mapping),
		cmocka_unit_test(test_written_as_runc_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
