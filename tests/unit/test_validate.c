/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "spec/config.h"

/* A row: what is added to the minimal configuration, and what is then wrong with it (one a line,
 * without the label; "" for nothing). */
struct row {
	const char *config, *violations;
};

#define PROCESS(properties) "\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"," properties "}"
#define USER(properties) PROCESS("\"user\":{" properties "}")
#define LINUX(properties) "\"linux\":{" properties "}"
#define RESOURCES(properties) LINUX("\"resources\":{" properties "}")
#define NAMESPACES(list) "\"namespaces\":[" list "]"
#define TIME_OFFSETS(clocks) "\"timeOffsets\":{" clocks "},"
#define TYPE(name) "{\"type\":\"" name "\"}"
#define JOIN(name) "{\"type\":\"" name "\",\"path\":\"/n\"}"
#define UIDS(lines) "\"uidMappings\":[" lines "]"
#define GIDS(lines) "\"gidMappings\":[" lines "]"
#define LINE(container, host, size) \
	"{\"containerID\":" container ",\"hostID\":" host ",\"size\":" size "}"
#define POD_MAPS UIDS(LINE("0", "100000", "65536")) "," GIDS(LINE("0", "100000", "65536"))

static struct error err;

static void check_text(const char *text, const char *violations)
{
	cleanup_config struct oci_config config = { 0 };
	cleanup_buf struct buf expected = { 0 };
	int result = config_decode(&config, "config.json", text, strlen(text), &err);

	buf_puts(&expected, "");
	for (const char *line = violations; *line != '\0';
		line += strcspn(line, "\n"), line += *line == '\n')
		buf_printf(&expected, "%sconfig.json: %.*s", expected.len > 0 ? "\n" : "",
			(int)strcspn(line, "\n"), line);
	if (result < 0 ? strcmp(err.text, expected.data) != 0 : expected.len > 0)
		fail_msg("%s\n-- expected:\n%s\n-- found:\n%s", text, expected.data,
			result < 0 ? err.text : "(nothing)");
}

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text =
			mem_printf("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"}%s%s}",
				rows[i].config[0] != '\0' ? "," : "", rows[i].config);

		check_text(text, rows[i].violations);
	}
}

#define CHECK(rows) check(rows, ARRAY_SIZE(rows))

static void test_version(void **state)
{
	static const char *const good[] = { "1.0.0", "1.3.0", "1.0.2-dev", "1.2.0+dev",
		"1.0.0-rc.1+a.01", "1.99.0", "1.0.0--", "1.0.0-0a" };
	static const char *const malformed[] = { "", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0",
		"1.00.0", "1.0.0-", "1.0.0-a..b", "1.0.0-01", "1.0.0+", "1.0.0 ", "1.a.0" };
	static const char *const other[] = { "0.5.0-dev", "2.0.0", "10.0.0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_free char *text = mem_printf(
			"{\"ociVersion\":\"%s\",\"root\":{\"path\":\"rootfs\"}}", good[i]);

		check_text(text, "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		cleanup_free char *text = mem_printf(
			"{\"ociVersion\":\"%s\",\"root\":{\"path\":\"rootfs\"}}", malformed[i]);
		cleanup_free char *violation = mem_printf(
			"/ociVersion: must be MAJOR.MINOR.PATCH (Semantic Versioning 2.0): found "
			"\"%s\"",
			malformed[i]);

		check_text(text, violation);
	}
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		cleanup_free char *text = mem_printf(
			"{\"ociVersion\":\"%s\",\"root\":{\"path\":\"rootfs\"}}", other[i]);
		cleanup_free char *violation = mem_printf(
			"/ociVersion: only version 1 of the OCI runtime-spec is known: %s is "
			"another major version",
			other[i]);

		check_text(text, violation);
	}
}

static void test_top(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "\"hostname\":\"h\"",
			"/hostname: needs a uts namespace in /linux/namespaces: it would rename "
			"the host" },
		{ "\"domainname\":\"d\"",
			"/domainname: needs a uts namespace in /linux/namespaces: it would "
			"rename the host's domain" },
		{ "\"hostname\":\"h\",\"domainname\":\"d\"," LINUX(NAMESPACES(TYPE("uts"))), "" },
		{ "\"hostname\":\"h\"," LINUX(NAMESPACES(JOIN("uts"))), "" },
		{ "\"hostname\":\""
		  "12345678901234567890123456789012345678901234567890123456789012345\"," LINUX(
			  NAMESPACES(TYPE("uts"))),
			"/hostname: can have 64 bytes (sethostname(2)): it has 65" },
		{ "\"annotations\":{\"a\":\"\",\"\":\"b\"}",
			"/annotations/: a key must not be empty" },
		{ "\"hooks\":{\"poststart\":[{\"path\":\"/h\",\"timeout\":1},{\"path\":\"h\","
		  "\"timeout\":0}],\"prestart\":[{\"path\":\"\"}]}",
			"/hooks/prestart/0/path: must be an absolute path: found \"\"\n"
			"/hooks/poststart/1/path: must be an absolute path: found \"h\"\n"
			"/hooks/poststart/1/timeout: must be greater than 0 seconds: found 0" },
		{ "\"mounts\":[{\"destination\":\"proc\",\"type\":\"proc\"}]", "" },
		{ "\"mounts\":[{\"destination\":\"\"}]",
			"/mounts/0/destination: must not be empty" },
		{ "\"root\":{\"path\":\"\"}", "/root/path: must not be empty" },
		{ "\"windows\":{\"layerFolders\":7},\"vm\":[]", "" },
	};

	(void)state;
	CHECK(rows);
	check_text("{\"ociVersion\":\"1.0.0\"}", "/root: required, but missing");
	check_text("{\"ociVersion\":\"1.0.0\",\"root\":{}}", "/root/path: required, but missing");
	check_text("{\"root\":{\"path\":\"r\"}}", "/ociVersion: required, but missing");
}

static void test_process(void **state)
{
	static const struct row rows[] = {
		{ "\"process\":{\"cwd\":\"/\"}",
			"/process/args: must name the program: at least one entry is required" },
		{ "\"process\":{\"cwd\":\"/\",\"args\":[]}",
			"/process/args: must name the program: at least one entry is required" },
		{ "\"process\":{\"cwd\":\"\",\"args\":[\"a\"]}",
			"/process/cwd: must be an absolute path: found \"\"" },
		{ PROCESS("\"env\":[\"A=\",\"A\",\"=b\",\"B=c=d\"]"),
			"/process/env/1: must be NAME=value: found \"A\"\n"
			"/process/env/2: must be NAME=value: found \"=b\"" },
		{ PROCESS("\"consoleSize\":{\"height\":65536,\"width\":1}"), "" },
		{ PROCESS("\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}"),
			"/process/consoleSize/height: a terminal can have 65535 of them "
			"(ioctl_tty(2)): found 65536" },
		{ PROCESS("\"terminal\":true,\"consoleSize\":{\"height\":1}"),
			"/process/consoleSize/width: required, but missing" },
		{ PROCESS("\"user\":{\"uid\":4294967295,\"gid\":4294967295,\"additionalGids\":[1,"
			  "4294967295]}"),
			"/process/user/uid: 4294967295 is not an ID: it means \"unchanged\" "
			"(setresuid(2))\n"
			"/process/user/gid: 4294967295 is not an ID: it means \"unchanged\" "
			"(setresuid(2))\n"
			"/process/user/additionalGids/1: 4294967295 is not an ID: it means "
			"\"unchanged\" (setresuid(2))" },
		{ PROCESS("\"user\":{\"umask\":511}"), "" },
		{ PROCESS("\"user\":{\"umask\":512}"),
			"/process/user/umask: can be at most 511, which is 0777: found 512" },
		{ PROCESS("\"oomScoreAdj\":-1000"), "" },
		{ PROCESS("\"oomScoreAdj\":-1001"),
			"/process/oomScoreAdj: must be from -1000 to 1000 (proc(5)): found -1001" },
		{ PROCESS("\"oomScoreAdj\":1001"),
			"/process/oomScoreAdj: must be from -1000 to 1000 (proc(5)): found 1001" },
		{ PROCESS("\"capabilities\":{\"bounding\":[\"CAP_NEVER_HEARD_OF\"]}"), "" },
		{ PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":7}"), "" },
		{ PROCESS("\"ioPriority\":{\"class\":\"RT\",\"priority\":8}"),
			"/process/ioPriority/class: must be IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or "
			"IOPRIO_CLASS_IDLE: found \"RT\"\n"
			"/process/ioPriority/priority: must be from 0 to 7 (ioprio_set(2)): "
			"found 8" },
		{ PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":-1}"),
			"/process/ioPriority/priority: must be from 0 to 7 (ioprio_set(2)): "
			"found -1" },
	};

	(void)state;
	CHECK(rows);
}

static void test_rlimits(void **state)
{
	static const struct row rows[] = {
		{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":1},"
			  "{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}]"),
			"" },
		{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NOFILES\",\"soft\":1,\"hard\":2}]"),
			"/process/rlimits/0/type: unknown limit (getrlimit(2) has them): "
			"\"RLIMIT_NOFILES\"" },
		{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":2},"
			  "{\"type\":\"RLIMIT_AS\",\"soft\":3,\"hard\":2},"
			  "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":2}]"),
			"/process/rlimits/2/type: a limit can be given only once: RLIMIT_CPU\n"
			"/process/rlimits/1/soft: the soft limit must not be above the hard "
			"one: 3 is above 2" },
		{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":2}]"),
			"/process/rlimits/0/soft: expected a number from 0 to "
			"18446744073709551615, found -1" },
	};

	(void)state;
	CHECK(rows);
}

#define SCHEDULER(policy, more) PROCESS("\"scheduler\":{\"policy\":\"" policy "\"" more "}")

static void test_scheduler(void **state)
{
	static const struct row rows[] = {
		{ SCHEDULER("SCHED_OTHER", ",\"nice\":-20"), "" },
		{ SCHEDULER("SCHED_OTHER", ",\"nice\":-21"),
			"/process/scheduler/nice: must be from -20 to 19 (sched(7)): found -21" },
		{ SCHEDULER("SCHED_BATCH", ",\"nice\":20"),
			"/process/scheduler/nice: must be from -20 to 19 (sched(7)): found 20" },
		{ SCHEDULER("OTHER", ""),
			"/process/scheduler/policy: must be SCHED_OTHER, SCHED_FIFO, SCHED_RR, "
			"SCHED_BATCH, SCHED_ISO, SCHED_IDLE or SCHED_DEADLINE: found \"OTHER\"" },
		{ SCHEDULER("SCHED_FIFO", ",\"priority\":1"), "" },
		{ SCHEDULER(
			  "SCHED_RR", ",\"priority\":99,\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]"),
			"" },
		{ SCHEDULER("SCHED_RR", ""),
			"/process/scheduler/priority: must be from 1 to 99 with SCHED_FIFO and "
			"SCHED_RR (sched(7)): found 0" },
		{ SCHEDULER("SCHED_FIFO", ",\"priority\":100"),
			"/process/scheduler/priority: must be from 1 to 99 with SCHED_FIFO and "
			"SCHED_RR (sched(7)): found 100" },
		{ SCHEDULER("SCHED_IDLE", ",\"priority\":1"),
			"/process/scheduler/priority: must be 0 but with SCHED_FIFO and "
			"SCHED_RR (sched(7)): found 1 with SCHED_IDLE" },
		{ SCHEDULER("SCHED_OTHER", ",\"flags\":[\"RESET\"]"),
			"/process/scheduler/flags/0: unknown flag (sched_setattr(2) has them): "
			"\"RESET\"" },
		{ SCHEDULER("SCHED_OTHER", ",\"runtime\":1,\"period\":3"),
			"/process/scheduler/runtime: needs SCHED_DEADLINE (sched(7)): the policy "
			"is SCHED_OTHER\n"
			"/process/scheduler/period: needs SCHED_DEADLINE (sched(7)): the policy "
			"is SCHED_OTHER" },
		{ SCHEDULER("SCHED_DEADLINE", ",\"runtime\":1024,\"deadline\":1024"), "" },
		{ SCHEDULER(
			  "SCHED_DEADLINE", ",\"runtime\":2000,\"deadline\":3000,\"period\":4000"),
			"" },
		{ SCHEDULER(
			  "SCHED_DEADLINE", ",\"runtime\":1000,\"deadline\":3000,\"period\":4000"),
			"/process/scheduler: runtime, deadline and period must be 1024 ns or "
			"more and in this order (sched_setattr(2)): found 1000, 3000, 4000" },
		{ SCHEDULER(
			  "SCHED_DEADLINE", ",\"runtime\":5000,\"deadline\":3000,\"period\":4000"),
			"/process/scheduler: runtime, deadline and period must be 1024 ns or "
			"more and in this order (sched_setattr(2)): found 5000, 3000, 4000" },
		{ SCHEDULER(
			  "SCHED_DEADLINE", ",\"runtime\":2000,\"deadline\":5000,\"period\":4000"),
			"/process/scheduler: runtime, deadline and period must be 1024 ns or "
			"more and in this order (sched_setattr(2)): found 2000, 5000, 4000" },
		{ SCHEDULER("SCHED_DEADLINE", ""),
			"/process/scheduler: runtime, deadline and period must be 1024 ns or "
			"more and in this order (sched_setattr(2)): found 0, 0, 0" },
	};

	(void)state;
	CHECK(rows);
}

static void test_cpu_affinity(void **state)
{
	static const char *const good[] = { "", "0", "0-3,7", " 1 , 2-4 ", "65535", "3-3" };
	static const char *const wrong[] = { ",", "0,", "0-", "-1", "3-1", "a", "0-3,", "0 1",
		"65536", "0--1", "1,,2", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_free char *config =
			mem_printf(PROCESS("\"execCPUAffinity\":{\"initial\":\"%s\"}"), good[i]);

		check(&(struct row){ config, "" }, 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup_free char *config =
			mem_printf(PROCESS("\"execCPUAffinity\":{\"final\":\"%s\"}"), wrong[i]);
		cleanup_free char *violation = mem_printf(
			"/process/execCPUAffinity/final: must be a list of CPUs like 0-3,7: found "
			"\"%s\"",
			wrong[i]);

		check(&(struct row){ config, violation }, 1);
	}
}

static void test_namespaces(void **state)
{
	static const struct row rows[] = {
		{ LINUX(NAMESPACES(TYPE("pid") "," JOIN("ipc") "," TYPE("mount"))), "" },
		{ LINUX(NAMESPACES(TYPE("pid") "," JOIN("ipc") "," TYPE("pid") "," TYPE("ipc"))),
			"/linux/namespaces/2/type: a namespace of each type can be given only "
			"once: pid is there already\n"
			"/linux/namespaces/3/type: a namespace of each type can be given only "
			"once: ipc is there already" },
		{ LINUX(NAMESPACES("{\"type\":\"pid\",\"path\":\"proc/1/ns/pid\"}")),
			"/linux/namespaces/0/path: must be an absolute path: found "
			"\"proc/1/ns/pid\"" },
		{ LINUX(NAMESPACES(TYPE("net"))),
			"/linux/namespaces/0/type: unknown name \"net\" (known: pid, network, "
			"mount, ipc, uts, user, cgroup, time)" },
		{ LINUX(TIME_OFFSETS("\"monotonic\":{\"secs\":1,\"nanosecs\":999999999}")
				  NAMESPACES(TYPE("time"))),
			"" },
		{ LINUX("\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
			"/linux/timeOffsets: needs a time namespace without a path in "
			"/linux/namespaces" },
		{ LINUX(TIME_OFFSETS("\"realtime\":{},\"boottime\":{\"nanosecs\":1000000000}")
				  NAMESPACES(JOIN("time"))),
			"/linux/timeOffsets: needs a time namespace without a path in "
			"/linux/namespaces\n"
			"/linux/timeOffsets/realtime: the clocks with an offset are monotonic and "
			"boottime (time_namespaces(7))\n"
			"/linux/timeOffsets/boottime: nanosecs must be below 1000000000: found "
			"1000000000" },
	};

	(void)state;
	CHECK(rows);
}

static void test_user_maps(void **state)
{
	static const struct row rows[] = {
		{ LINUX(POD_MAPS "," NAMESPACES(TYPE("user"))), "" },
		{ LINUX(POD_MAPS "," NAMESPACES(JOIN("user"))),
			"" }, /* as containerd and CRI-O do */
		{ LINUX(NAMESPACES(JOIN("user"))), "" },
		{ LINUX("\"uidMappings\":null,\"gidMappings\":null"),
			"" }, /* as rootless podman does */
		{ LINUX(NAMESPACES(TYPE("user"))),
			"/linux/uidMappings: required, but missing: /linux/namespaces has a user "
			"namespace without a path\n"
			"/linux/gidMappings: required, but missing: /linux/namespaces has a "
			"user namespace without a path" },
		{ LINUX(UIDS(LINE("0", "1", "1")) "," GIDS("") "," NAMESPACES(TYPE("user"))),
			"/linux/gidMappings: required, but missing: /linux/namespaces has a "
			"user namespace without a path" },
		{ LINUX(POD_MAPS),
			"/linux/uidMappings: needs a user namespace in /linux/namespaces\n"
			"/linux/gidMappings: needs a user namespace in /linux/namespaces" },
		{ LINUX(UIDS(LINE("0", "100000", "0")) "," GIDS(LINE("0", "4294967295",
			  "1") "," LINE("4294967290", "5", "6")) "," NAMESPACES(TYPE("user"))),
			"/linux/uidMappings/0/size: a line must map at least one ID\n"
			"/linux/gidMappings/0/hostID: the last ID is 4294967294: 4294967295 and "
			"size 1 go beyond it\n"
			"/linux/gidMappings/1/containerID: the last ID is 4294967294: "
			"4294967290 and size 6 go beyond it" },
		{ LINUX(UIDS(LINE("0", "0", "4294967295")) "," GIDS(
			  LINE("4294967294", "4294967294", "1")) "," NAMESPACES(TYPE("user"))),
			"" },
		{ LINUX(UIDS(LINE("0", "100000", "10") "," LINE("10", "100010", "10")) "," GIDS(
			  LINE("0", "100000", "10") "," LINE("20", "300000", "10") "," LINE("9",
				  "100010",
				  "5") "," LINE("40", "299999", "2")) "," NAMESPACES(TYPE("user"))),
			"/linux/gidMappings/2/containerID: the lines of a map must not overlap: "
			"9+5 and line 0 with 0+10\n"
			"/linux/gidMappings/3/hostID: the lines of a map must not overlap: "
			"299999+2 and line 1 with 300000+10" },
	};

	(void)state;
	CHECK(rows);
}

static void test_long_map(void **state)
{
	(void)state;
	for (int n = 340; n <= 341; n++) {
		cleanup_buf struct buf lines = { 0 };
		cleanup_free char *config = NULL;

		for (int i = 0; i < n; i++)
			buf_printf(&lines, "%s" LINE("%d", "%d", "1"), i > 0 ? "," : "", i,
				1000 + 2 * i);
		config = mem_printf(LINUX(UIDS("%s") "," GIDS(LINE("0", "1", "1")) "," NAMESPACES(
					    TYPE("user"))),
			lines.data);
		check(&(struct row){ config,
			      n == 340 ? ""
				       : "/linux/uidMappings: a map may have at most 340 lines "
					 "(user_namespaces(7)): this has 341" },
			1);
	}
}

static void test_ids_are_mapped(void **state)
{
	static const struct row rows[] = {
		{ USER("\"uid\":65535,\"gid\":65535,\"additionalGids\":[0,65535]") "," LINUX(
			  POD_MAPS "," NAMESPACES(TYPE("user"))),
			"" },
		{ USER("\"uid\":70000,\"gid\":65536,\"additionalGids\":[0,65537,10]") "," LINUX(
			  POD_MAPS "," NAMESPACES(TYPE("user"))),
			"/process/user/uid: must have a mapping in /linux/uidMappings: 70000 has "
			"none (0-65535 are mapped)\n"
			"/process/user/gid: must have a mapping in /linux/gidMappings: 65536 has "
			"none (0-65535 are mapped)\n"
			"/process/user/additionalGids/1: must have a mapping in "
			"/linux/gidMappings: 65537 has none (0-65535 are mapped)" },
		{ USER("\"uid\":70000") "," LINUX(POD_MAPS "," NAMESPACES(JOIN("user"))),
			"" }, /* the namespace has its own maps */
		{ PROCESS("\"user\":{\"uid\":70000}"), "" },
		{ USER("\"uid\":5") "," LINUX(UIDS(LINE("0", "1", "1") "," LINE("6", "6",
			  "2") "," LINE("10", "10", "1") "," LINE("20", "20", "1") "," LINE("30",
			  "30", "1")) "," GIDS(LINE("0", "1", "1")) "," NAMESPACES(TYPE("user"))),
			"/process/user/uid: must have a mapping in /linux/uidMappings: 5 has "
			"none (0-0, 6-7, 10-10, 20-20, ... are mapped)" },
		{ LINUX("\"devices\":[{\"path\":\"/d\",\"type\":\"c\",\"major\":1,"
			"\"minor\":3,\"uid\":65536,\"gid\":7}]," POD_MAPS
			"," NAMESPACES(TYPE("user"))),
			"/linux/devices/0/uid: must have a mapping in /linux/uidMappings: 65536 "
			"has none (0-65535 are mapped)" },
	};

	(void)state;
	CHECK(rows);
}

#define MOUNT(more) "\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\"" more "}]"

static void test_mount_mappings(void **state)
{
	static const struct row rows[] = {
		{ MOUNT(",\"options\":[\"bind\"]," POD_MAPS), "" },
		{ MOUNT(",\"options\":[\"bind\",\"idmap\"]," POD_MAPS), "" },
		{ MOUNT(",\"options\":[\"rbind\",\"ridmap\"]") "," LINUX(
			  POD_MAPS "," NAMESPACES(TYPE("user"))),
			"" },
		{ MOUNT(",\"options\":[\"rbind\",\"idmap\"]") "," LINUX(NAMESPACES(JOIN("user"))),
			"" },
		{ MOUNT(",\"options\":[\"bind\",\"idmap=uids=0-1-1;gids=0-1-1\"]"), "" },
		{ MOUNT(",\"options\":[\"bind\",\"idmap\"]"),
			"/mounts/1/options/1: needs the mount's uidMappings and gidMappings, or "
			"a user namespace of the container: neither is there" },
		{ MOUNT(",\"options\":[\"ridmap\"]"),
			"/mounts/1/options/0: needs the mount's uidMappings and gidMappings, or "
			"a user namespace of the container: neither is there" },
		{ MOUNT("," UIDS(LINE("0", "1", "1"))),
			"/mounts/1/gidMappings: uidMappings and gidMappings must be given "
			"together: these are missing" },
		{ MOUNT("," GIDS(LINE("0", "1", "1")) "," UIDS("")),
			"/mounts/1/uidMappings: uidMappings and gidMappings must be given "
			"together: these are missing" },
		{ MOUNT("," UIDS(LINE("0", "1", "0")) "," GIDS(
			  LINE("0", "1", "2") "," LINE("1", "7", "1"))),
			"/mounts/1/uidMappings/0/size: a line must map at least one ID\n"
			"/mounts/1/gidMappings/1/containerID: the lines of a map must not "
			"overlap: 1+1 and line 0 with 0+2" },
		{ MOUNT("," UIDS("{\"containerID\":0,\"size\":\"many\"}")),
			"/mounts/1/uidMappings/0/size: expected a number, found \"many\"\n"
			"/mounts/1/uidMappings/0/hostID: required, but missing" },
	};

	(void)state;
	CHECK(rows);
}

#define DEVICE(properties) LINUX("\"devices\":[{" properties "}]")

static void test_devices(void **state)
{
	static const struct row rows[] = {
		{ DEVICE("\"path\":\"/d\",\"type\":\"c\",\"major\":0,\"minor\":0,"
			 "\"fileMode\":8630"),
			"" },
		{ DEVICE("\"path\":\"/d\",\"type\":\"b\",\"major\":4095,\"minor\":1048575,"
			 "\"fileMode\":438"),
			"" },
		{ DEVICE("\"path\":\"/d\",\"type\":\"p\""), "" },
		{ DEVICE("\"path\":\"d\",\"type\":\"x\",\"major\":0"),
			"/linux/devices/0/type: must be c, b, u or p: found \"x\"\n"
			"/linux/devices/0/path: must be an absolute path: found \"d\"\n"
			"/linux/devices/0/minor: must be a device number: missing" },
		{ DEVICE("\"path\":\"/d\",\"type\":\"u\",\"major\":4096,\"minor\":-1,"
			 "\"fileMode\":65536"),
			"/linux/devices/0/major: must be a device number: found 4096 (0-4095 are "
			"possible)\n"
			"/linux/devices/0/minor: must be a device number: found -1 (0-1048575 are "
			"possible)\n"
			"/linux/devices/0/fileMode: must be the mode of a file: found 65536" },
	};

	(void)state;
	CHECK(rows);
}

#define NET(properties) LINUX("\"netDevices\":{" properties "}," NAMESPACES(TYPE("network")))
#define BAD_NAME "an interface's name has 1 to 15 characters without /, : and white space"

static void test_net_devices(void **state)
{
	static const struct row rows[] = {
		{ NET("\"eth0\":{\"name\":\"a\"},\"eth1\":{\"name\":\"net%d\"},"
		      "\"eth2\":{\"name\":\"net%d\"},\"eth3\":{}"),
			"" },
		{ LINUX("\"netDevices\":{\"eth0\":{}}"),
			"/linux/netDevices: needs a network namespace in /linux/namespaces" },
		{ NET("\"a/b\":{},\"\":{},\"x%d\":{},\"1234567890123456\":{},\"..\":{}"),
			"/linux/netDevices/a~1b: " BAD_NAME "\n/linux/netDevices/: " BAD_NAME
			"\n/linux/netDevices/x%d: " BAD_NAME "\n"
			"/linux/netDevices/1234567890123456: " BAD_NAME
			"\n/linux/netDevices/..: " BAD_NAME },
		{ NET("\"a\":{\"name\":\"b c\"},\"b\":{\"name\":\"%s\"},"
		      "\"c\":{\"name\":\"%d%d\"},\"d\":{\"name\":\"x:1\"}"),
			"/linux/netDevices/a: " BAD_NAME
			": found name \"b c\"\n/linux/netDevices/b: " BAD_NAME
			": found name \"%s\"\n"
			"/linux/netDevices/c: " BAD_NAME
			": found name \"%d%d\"\n/linux/netDevices/d: " BAD_NAME
			": found name \"x:1\"" },
		{ NET("\"eth0\":{\"name\":\"eth1\"},\"eth1\":{}"),
			"/linux/netDevices/eth1: interfaces must have different names: eth1 is "
			"also what eth0 will be called" },
	};

	(void)state;
	CHECK(rows);
}

static void check_sysctl(const char *key, const char *namespace, const char *violation)
{
	cleanup_free char *config = mem_printf(
		LINUX("\"sysctl\":{\"%s\":\"1\"},\"namespaces\":[%s]," UIDS("") "," GIDS("")), key,
		namespace);
	cleanup_buf struct buf expected = { 0 };

	buf_puts(&expected, "");
	if (violation != NULL) {
		json_pointer_step(&expected, key, strlen(key));
		buf_printf(&expected, ": %s", violation);
	}
	{
		cleanup_free char *whole =
			mem_printf("%s%s", violation != NULL ? "/linux/sysctl" : "", expected.data);

		check(&(struct row){ config, whole }, 1);
	}
}

static void test_sysctl_namespaces(void **state)
{
	static const struct {
		const char *key, *type;
	} known[] = {
		{ "kernel.msgmax", "ipc" },
		{ "kernel.msgmnb", "ipc" },
		{ "kernel.msgmni", "ipc" },
		{ "kernel.sem", "ipc" },
		{ "kernel.shmall", "ipc" },
		{ "kernel.shmmax", "ipc" },
		{ "kernel.shmmni", "ipc" },
		{ "kernel.shm_rmid_forced", "ipc" },
		{ "fs.mqueue.msg_max", "ipc" },
		{ "kernel/sem", "ipc" },
		{ "fs/mqueue/queues_max", "ipc" },
		{ "net.ipv4.ip_forward", "network" },
		{ "net/ipv4/ip_forward", "network" },
		{ "net.ipv4.conf.eth0/100.forwarding", "network" },
		{ "net/ipv4/conf/eth0.100/forwarding", "network" },
		{ "kernel.domainname", "uts" },
		{ "kernel/domainname", "uts" },
		{ "user.max_user_namespaces", "user" },
	};
	static const char *const hosts[] = {
		"kernel.core_pattern",
		"kernel/core_pattern",
		"vm.swappiness",
		"kernel.semx",
		"kernel.sem.x",
		"kernel",
		"fs.mqueue",
		"net",
		"user",
		"fs.mqueuex.a",
		"netx.a",
		"kernel.panic",
		"abi.x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		cleanup_free char
			*joined = mem_printf(JOIN("%s"), known[i].type),
			*missing = mem_printf(
				"would change the host: this one needs a namespace of type %s in "
				"/linux/namespaces",
				known[i].type);

		check_sysctl(known[i].key, joined, NULL);
		check_sysctl(known[i].key, TYPE("pid"), missing);
	}
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		check_sysctl(hosts[i], TYPE("ipc") "," TYPE("network"),
			"would change the host: this one belongs to no namespace");
	check_sysctl("kernel.hostname", TYPE("uts"), "the property for it is /hostname");
	check_sysctl("kernel/hostname", TYPE("uts"), "the property for it is /hostname");
}

static void test_sysctl_names(void **state)
{
	static const char *const wrong[] = {
		"",
		".",
		"/",
		"net..a",
		"net.ipv4.",
		".net.a",
		"net/../kernel/core_pattern",
		"net/./a",
		"/net/a",
		"net/a/",
		"net.a+kernel.core_pattern",
		"net.a b",
		"net.a=1",
		"net.\xc3\xa9",
		"net.a;b",
		"net./..a",
		"net.a*",
	};
	static const struct {
		const char *key, *path;
	} good[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding" },
		{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding" },
		{ "kernel", "kernel" },
		{ "net.a-b_c:1@2", "net/a-b_c:1@2" },
	};
	static const struct row rows[] = {
		{ LINUX("\"sysctl\":{\"net.a\":\"1\\n2\",\"net.b\":\"a+kernel.core_pattern\","
			"\"net.c\":\"\",\"net.d\":\"1 2\\t3\"}," NAMESPACES(TYPE("network"))),
			"/linux/sysctl/net.a: a value must be one line without a +: found "
			"\"1\\n2\"\n"
			"/linux/sysctl/net.b: a value must be one line without a +: found "
			"\"a+kernel.core_pattern\"" },
		{ LINUX("\"sysctl\":{\"net.a\\nb\":\"1\"}," NAMESPACES(TYPE("network"))),
			"/linux/sysctl/net.a\\u000ab: this is no name of a kernel parameter "
			"(sysctl(8))" },
	};
	char path[SYSCTL_PATH_MAX], key[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_false(sysctl_path(wrong[i], path));
		check_sysctl(wrong[i], TYPE("network"),
			"this is no name of a kernel parameter (sysctl(8))");
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(sysctl_path(good[i].key, path));
		assert_string_equal(path, good[i].path);
	}
	memset(key, 'a', sizeof key);
	key[SYSCTL_PATH_MAX] = '\0';
	assert_false(sysctl_path(key, path));
	key[SYSCTL_PATH_MAX - 1] = '\0';
	assert_true(sysctl_path(key, path));
	CHECK(rows);
}

#define SECCOMP(properties) LINUX("\"seccomp\":{" properties "}")
#define ALLOW "\"defaultAction\":\"SCMP_ACT_ALLOW\""

static void test_seccomp(void **state)
{
	static const struct row rows[] = {
		{ SECCOMP(ALLOW), "" },
		{ SECCOMP(""), "/linux/seccomp/defaultAction: required, but missing" },
		{ SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
			  "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_TRACE\","
			  "\"errnoRet\":65535}]"),
			"" },
		{ SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":38,"
			  "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ALLOW\","
			  "\"errnoRet\":0}]"),
			"/linux/seccomp/defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE "
			"return a number: defaultAction is SCMP_ACT_KILL\n"
			"/linux/seccomp/syscalls/0/errnoRet: only SCMP_ACT_ERRNO and "
			"SCMP_ACT_TRACE return a number: action is SCMP_ACT_ALLOW" },
		{ SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096,"
			  "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_TRACE\","
			  "\"errnoRet\":65536}]"),
			"/linux/seccomp/defaultErrnoRet: the highest number is 4095 (65535 with "
			"SCMP_ACT_TRACE): found 4096\n"
			"/linux/seccomp/syscalls/0/errnoRet: the highest number is 4095 (65535 "
			"with SCMP_ACT_TRACE): found 65536" },
		{ SECCOMP(ALLOW ",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"},"
				"{\"action\":\"SCMP_ACT_LOG\"}]"),
			"/linux/seccomp/syscalls/0/names: must not be empty\n"
			"/linux/seccomp/syscalls/1/names: required, but missing" },
		{ SECCOMP(ALLOW
			  ",\"syscalls\":[{\"names\":[\"a\",\"\"],\"action\":\"SCMP_ACT_LOG\","
			  "\"args\":[{\"index\":5,\"value\":0,\"op\":\"SCMP_CMP_EQ\"},"
			  "{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}]"),
			"/linux/seccomp/syscalls/0/names/1: must not be empty\n"
			"/linux/seccomp/syscalls/0/args/1/index: a system call has the "
			"arguments 0 to 5: found 6" },
		{ SECCOMP(ALLOW
			  ",\"listenerPath\":\"/s\",\"listenerMetadata\":\"m\","
			  "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"),
			"" },
		{ SECCOMP(ALLOW ",\"listenerMetadata\":\"m\",\"syscalls\":[{\"names\":[\"a\"],"
				"\"action\":\"SCMP_ACT_NOTIFY\"}]"),
			"/linux/seccomp/syscalls/0/action: SCMP_ACT_NOTIFY needs "
			"/linux/seccomp/listenerPath\n"
			"/linux/seccomp/listenerMetadata: needs /linux/seccomp/listenerPath" },
		{ SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"s\""),
			"/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY can't be the default: "
			"handing over the listener would wait for the listener\n"
			"/linux/seccomp/listenerPath: must be an absolute path: found \"s\"" },
		{ SECCOMP(ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_NEW\"],"
				"\"architectures\":[\"SCMP_ARCH_Z80\"]"),
			"/linux/seccomp/flags/0: unknown name \"SECCOMP_FILTER_FLAG_NEW\" (known: "
			"SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, "
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)\n"
			"/linux/seccomp/architectures/0: unknown name \"SCMP_ARCH_Z80\" (known: "
			"SCMP_ARCH_X86, SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_ARM, "
			"SCMP_ARCH_AARCH64, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_M68K, SCMP_ARCH_MIPS, "
			"SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, "
			"SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC, "
			"SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE, SCMP_ARCH_S390, SCMP_ARCH_S390X, "
			"SCMP_ARCH_SH, SCMP_ARCH_SHEB, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, "
			"SCMP_ARCH_RISCV64)" },
	};

	(void)state;
	CHECK(rows);
}

static void test_linux(void **state)
{
	static const struct row rows[] = {
		{ LINUX("\"maskedPaths\":[\"/a\"],\"readonlyPaths\":[\"/b\"],"
			"\"cgroupsPath\":\"/a/..b/c..\",\"rootfsPropagation\":\"rslave\""),
			"" },
		{ LINUX("\"maskedPaths\":[\"/a\",\"proc/x\"],\"readonlyPaths\":[\"\"]"),
			"/linux/maskedPaths/1: must be an absolute path: found \"proc/x\"\n"
			"/linux/readonlyPaths/0: must be an absolute path: found \"\"" },
		{ LINUX("\"cgroupsPath\":\"/a/../b\""),
			"/linux/cgroupsPath: must not have .. as a component: found \"/a/../b\"" },
		{ LINUX("\"cgroupsPath\":\"..\""),
			"/linux/cgroupsPath: must not have .. as a component: found \"..\"" },
		{ LINUX("\"cgroupsPath\":\"a/..\""),
			"/linux/cgroupsPath: must not have .. as a component: found \"a/..\"" },
		{ LINUX("\"cgroupsPath\":\"system.slice:docker:abc\""), "" },
		{ LINUX("\"rootfsPropagation\":\"both\""),
			"/linux/rootfsPropagation: must be shared, slave, private or unbindable "
			"(with or without an r in front): found \"both\"" },
		{ LINUX("\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}"), "" },
		{ LINUX("\"personality\":{\"domain\":\"BSD\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}"),
			"/linux/personality/domain: must be LINUX or LINUX32: found \"BSD\"\n"
			"/linux/personality/flags/0: no flags are defined: found "
			"\"ADDR_NO_RANDOMIZE\"" },
		{ LINUX("\"personality\":{}"), "/linux/personality/domain: required, but missing" },
		{ LINUX("\"intelRdt\":{\"closID\":\"a\",\"memBwSchema\":\"MB:0=20\"}"), "" },
		{ LINUX("\"intelRdt\":{\"closID\":\"/\"}"), "" },
		{ LINUX("\"intelRdt\":{\"closID\":\"a/b\",\"memBwSchema\":\"L3:0=f\"}"),
			"/linux/intelRdt/closID: must be the name of a directory in resctrl, or /: "
			"found \"a/b\"\n"
			"/linux/intelRdt/memBwSchema: must be one line that begins with "
			"\"MB:\": found \"L3:0=f\"" },
		{ LINUX("\"intelRdt\":{\"closID\":\"..\",\"memBwSchema\":\"MB:0=20\\nL3:0=f\"}"),
			"/linux/intelRdt/closID: must be the name of a directory in resctrl, or /: "
			"found \"..\"\n"
			"/linux/intelRdt/memBwSchema: must be one line that begins with "
			"\"MB:\": found \"MB:0=20\\nL3:0=f\"" },
	};

	(void)state;
	CHECK(rows);
}

#define POLICY(mode, more) LINUX("\"memoryPolicy\":{\"mode\":\"" mode "\"" more "}")

static void test_memory_policy(void **state)
{
	static const struct row rows[] = {
		{ POLICY("MPOL_DEFAULT", ""), "" },
		{ POLICY("MPOL_LOCAL", ",\"nodes\":\"\""), "" },
		{ POLICY("MPOL_PREFERRED", ""), "" },
		{ POLICY("MPOL_PREFERRED", ",\"nodes\":\"1\""), "" },
		{ POLICY("MPOL_BIND",
			  ",\"nodes\":\"0-1\",\"flags\":[\"MPOL_F_STATIC_NODES\","
			  "\"MPOL_F_NUMA_BALANCING\"]"),
			"" },
		{ POLICY("MPOL_BEST", ""),
			"/linux/memoryPolicy/mode: unknown mode (set_mempolicy(2) has them): "
			"found \"MPOL_BEST\"" },
		{ POLICY("MPOL_DEFAULT", ",\"nodes\":\"0\""),
			"/linux/memoryPolicy/nodes: must suit the mode (set_mempolicy(2)): "
			"MPOL_DEFAULT has none" },
		{ POLICY("MPOL_INTERLEAVE", ""),
			"/linux/memoryPolicy/nodes: must suit the mode (set_mempolicy(2)): "
			"MPOL_INTERLEAVE needs some" },
		{ POLICY("MPOL_BIND", ",\"nodes\":\"x\""),
			"/linux/memoryPolicy/nodes: must be a list of memory nodes like 0-3,7: "
			"found \"x\"" },
		{ POLICY("MPOL_INTERLEAVE",
			  ",\"nodes\":\"0\",\"flags\":[\"MPOL_F_X\",\"MPOL_F_NUMA_BALANCING\"]"),
			"/linux/memoryPolicy/flags/0: unknown flag (set_mempolicy(2) has them): "
			"found \"MPOL_F_X\"\n"
			"/linux/memoryPolicy/flags/1: must suit the mode (set_mempolicy(2)): "
			"MPOL_F_NUMA_BALANCING is for MPOL_BIND" },
		{ POLICY("MPOL_BIND",
			  ",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\","
			  "\"MPOL_F_RELATIVE_NODES\"]"),
			"/linux/memoryPolicy/flags: must suit the mode (set_mempolicy(2)): "
			"MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other" },
		{ POLICY("MPOL_LOCAL", ",\"flags\":[\"MPOL_F_STATIC_NODES\"]"),
			"/linux/memoryPolicy/flags: must suit the mode (set_mempolicy(2)): "
			"MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES need nodes" },
	};

	(void)state;
	CHECK(rows);
}

static void test_resources(void **state)
{
	static const struct row rows[] = {
		{ RESOURCES("\"cpu\":{\"burst\":100,\"quota\":100,\"idle\":1},"
			    "\"memory\":{\"limit\":-1,\"swap\":5,\"swappiness\":100},"
			    "\"pids\":{\"limit\":0}"),
			"" },
		{ RESOURCES("\"cpu\":{\"burst\":100,\"quota\":-1},\"memory\":{\"limit\":5,"
			    "\"swap\":-1}"),
			"" },
		{ RESOURCES("\"cpu\":{\"burst\":101,\"quota\":100,\"idle\":2}"),
			"/linux/resources/cpu/burst: must not be above a positive quota: 101 is "
			"above 100\n/linux/resources/cpu/idle: must be 0 or 1: found 2" },
		{ RESOURCES("\"memory\":{\"limit\":6,\"swap\":5,\"swappiness\":101}"),
			"/linux/resources/memory/swap: is the limit of memory and swap together, "
			"thus can't be below /memory/limit: 5 is below 6\n"
			"/linux/resources/memory/swappiness: must be from 0 to 100: found 101" },
		{ RESOURCES("\"memory\":{\"limit\":-2,\"reservation\":-2,\"swap\":-2,\"kernel\":-2,"
			    "\"kernelTCP\":-2},\"pids\":{\"limit\":-2}"),
			"/linux/resources/memory/limit: must be a number of bytes, or -1 for no "
			"limit: found -2\n"
			"/linux/resources/memory/reservation: must be a number of bytes, or -1 for "
			"no limit: found -2\n"
			"/linux/resources/memory/swap: must be a number of bytes, or -1 for no "
			"limit: found -2\n"
			"/linux/resources/memory/kernel: must be a number of bytes, or -1 for no "
			"limit: found -2\n"
			"/linux/resources/memory/kernelTCP: must be a number of bytes, or -1 for "
			"no limit: found -2\n"
			"/linux/resources/pids/limit: must be a number of tasks, or -1 for no "
			"limit: found -2" },
		{ RESOURCES("\"pids\":{}"), "/linux/resources/pids/limit: required, but missing" },
		{ RESOURCES("\"blockIO\":{\"weight\":0,\"leafWeight\":10,"
			    "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":1000}]}"),
			"" },
		{ RESOURCES("\"blockIO\":{\"weight\":9,\"leafWeight\":1001,"
			    "\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":1,"
			    "\"leafWeight\":2},{\"major\":8,\"minor\":1}]}"),
			"/linux/resources/blockIO/weight: must be from 10 to 1000, or 0 for none: "
			"found 9\n"
			"/linux/resources/blockIO/leafWeight: must be from 10 to 1000, or 0 for "
			"none: found 1001\n"
			"/linux/resources/blockIO/weightDevice/0/weight: must be from 10 to 1000, "
			"or 0 for none: found 1\n"
			"/linux/resources/blockIO/weightDevice/0/leafWeight: must be from 10 to "
			"1000, or 0 for none: found 2\n"
			"/linux/resources/blockIO/weightDevice/1: needs weight or leafWeight" },
		{ RESOURCES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}"),
			"/linux/resources/blockIO/throttleReadBpsDevice/0/rate: required, but "
			"missing" },
		{ RESOURCES(
			  "\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":1},"
			  "{\"pageSize\":\"2MB\",\"limit\":1},{\"pageSize\":\"1GB\",\"limit\":1}]"),
			"" },
		{ RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1},"
			    "{\"pageSize\":\"0MB\",\"limit\":1},{\"pageSize\":\"MB\",\"limit\":1},"
			    "{\"pageSize\":\"2M\",\"limit\":1},{\"pageSize\":\"2\",\"limit\":1}]"),
			"/linux/resources/hugepageLimits/0/pageSize: must be a size like 64KB, 2MB "
			"or 1GB: found \"64kB\"\n"
			"/linux/resources/hugepageLimits/1/pageSize: must be a size like 64KB, 2MB "
			"or 1GB: found \"0MB\"\n"
			"/linux/resources/hugepageLimits/2/pageSize: must be a size like 64KB, 2MB "
			"or 1GB: found \"MB\"\n"
			"/linux/resources/hugepageLimits/3/pageSize: must be a size like 64KB, 2MB "
			"or 1GB: found \"2M\"\n"
			"/linux/resources/hugepageLimits/4/pageSize: must be a size like 64KB, "
			"2MB or 1GB: found \"2\"" },
		{ RESOURCES("\"rdma\":{\"a\":{\"hcaHandles\":0},\"b\":{}}"),
			"/linux/resources/rdma/b: needs hcaHandles or hcaObjects" },
		{ RESOURCES("\"unified\":{\"memory.max\":\"1\",\"../x\":\"1\",\"\":\"1\","
			    "\"..\":\"1\"}"),
			"/linux/resources/unified/..~1x: must be the name of a file in a cgroup\n"
			"/linux/resources/unified/: must be the name of a file in a cgroup\n"
			"/linux/resources/unified/..: must be the name of a file in a cgroup" },
		{ RESOURCES("\"devices\":[{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\","
			    "\"major\":-1,\"minor\":-1},{\"allow\":false}]"),
			"" },
		{ RESOURCES("\"devices\":[{\"allow\":true,\"type\":\"p\",\"access\":\"rx\","
			    "\"major\":-2,\"minor\":4294967296}]"),
			"/linux/resources/devices/0/type: must be a, b or c: found \"p\"\n"
			"/linux/resources/devices/0/major: must be a device number, or -1 for all: "
			"found -2\n"
			"/linux/resources/devices/0/minor: must be a device number, or -1 for all: "
			"found 4294967296\n"
			"/linux/resources/devices/0/access: must be composed of r, w and m: "
			"found \"rx\"" },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_rlimits),
		cmocka_unit_test(test_scheduler),
		cmocka_unit_test(test_cpu_affinity),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_user_maps),
		cmocka_unit_test(test_long_map),
		cmocka_unit_test(test_ids_are_mapped),
		cmocka_unit_test(test_mount_mappings),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_net_devices),
		cmocka_unit_test(test_sysctl_namespaces),
		cmocka_unit_test(test_sysctl_names),
		cmocka_unit_test(test_seccomp),
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_memory_policy),
		cmocka_unit_test(test_resources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
