/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The small attributes of a process: limits, scheduling, priorities, affinity, memory policy,
 * personality, time offsets, keyring. */
#include <asm/resource.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text/bitlist.h"
#include "linux/namespaces/time_offsets.h"
#include "linux/process/cpu_affinity.h"
#include "linux/process/io_priority.h"
#include "linux/process/keyring.h"
#include "linux/process/memory_policy.h"
#include "linux/process/oom.h"
#include "linux/process/personality.h"
#include "linux/process/rlimits.h"
#include "linux/process/scheduler.h"
#include "support.h"

static void limits_by_name(void **state)
{
	(void)state;
	assert_int_equal(rlimit_from_name("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(rlimit_from_name("RLIMIT_AS"), RLIMIT_AS);
	assert_int_equal(rlimit_from_name("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	assert_int_equal(rlimit_from_name("RLIMIT_FLY"), -1);
	assert_int_equal(rlimit_from_name("nofile"), -1);
}

static void limits(void **state)
{
	const struct oci_rlimit good[] = { { "RLIMIT_NOFILE", 100, 200 }, { "RLIMIT_CORE", 0, 0 } };
	uint64_t now[2];

	(void)state;
	if (!in_child())
		return;
	CHECK(rlimits_apply(0, good, 2, NULL) == 0);
	CHECK(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, now) == 0 && now[0] == 100 &&
		now[1] == 200);
	CHECK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, now) == 0 && now[0] == 0 && now[1] == 0);
	_exit(0);
}

static void limits_that_are_wrong(void **state)
{
	const struct oci_rlimit twice[] = { { "RLIMIT_CORE", 0, 0 }, { "RLIMIT_CORE", 0, 0 } },
				unknown = { "RLIMIT_FLY", 0, 0 };
	const struct oci_rlimit inverted = { "RLIMIT_NOFILE", 200, 100 };

	(void)state;
	if (!in_child())
		return;
	CHECK(rlimits_apply(0, twice, 2, &err) == -1 &&
		strcmp(err.text, "/process/rlimits/1/type: RLIMIT_CORE occurs twice") == 0);
	CHECK(rlimits_apply(0, &unknown, 1, &err) == -1);
	CHECK(strcmp(err.text, "/process/rlimits/0/type: \"RLIMIT_FLY\" is not a resource limit") ==
		0);
	CHECK(rlimits_apply(0, &inverted, 1, &err) == -1);
	CHECK(strcmp(err.text,
		      "/process/rlimits/0: set RLIMIT_NOFILE to soft 200, hard 100: invalid "
		      "argument; the soft limit is above the hard one") == 0);
	_exit(0);
}

static void a_hard_limit_that_is_too_high(void **state)
{
	const struct oci_rlimit low = { "RLIMIT_NPROC", 100, 100 },
				high = { "RLIMIT_NPROC", 200, 200 };

	(void)state;
	if (!in_child())
		return;
	CHECK(rlimits_apply(0, &low, 1, NULL) == 0);
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	CHECK(rlimits_apply(0, &high, 1, &err) == -1 && err.code == EPERM);
	CHECK(strstr(err.text, "the hard limit is 100 here; raising it needs CAP_SYS_RESOURCE") !=
		NULL);
	_exit(0);
}

static void scheduling(void **state)
{
	const char *flag = "SCHED_FLAG_RESET_ON_FORK", *no_flag = "SCHED_FLAG_FLY";
	const struct oci_scheduler batch = {
		.policy = "SCHED_BATCH", .nice = 5, .flags = { &flag, 1 }
	};
	const struct oci_scheduler no_policy = { .policy = "SCHED_FLY" },
				   bad_flag = { .policy = "SCHED_IDLE", .flags = { &no_flag, 1 } };
	const struct oci_scheduler bad = { .policy = "SCHED_OTHER", .priority = 5 };
	struct { /* sched_attr of sched_setattr(2), its first version */
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t times[3];
	} now = { 0 };

	(void)state;
	if (!in_child())
		return;
	CHECK(scheduler_set(0, &batch, &err) == 0);
	CHECK(syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) == 0);
	CHECK(now.policy == SCHED_BATCH && now.flags == SCHED_FLAG_RESET_ON_FORK && now.nice == 5);
	CHECK(scheduler_set(0, &no_policy, &err) == -1);
	CHECK(strcmp(err.text, "/process/scheduler/policy: \"SCHED_FLY\" is not a policy") == 0);
	CHECK(scheduler_set(0, &bad_flag, &err) == -1);
	CHECK(strcmp(err.text, "/process/scheduler/flags/0: \"SCHED_FLAG_FLY\" is not a flag") ==
		0);
	CHECK(scheduler_set(0, &bad, &err) == -1 && err.code == EINVAL);
	_exit(0);
}

static void io_priorities(void **state)
{
	const struct oci_io_priority good = { "IOPRIO_CLASS_BE", 6 },
				     high = { "IOPRIO_CLASS_BE", 8 },
				     negative = { "IOPRIO_CLASS_BE", -1 };
	const struct oci_io_priority unknown = { "IOPRIO_CLASS_FLY", 1 };

	(void)state;
	if (!in_child())
		return;
	CHECK(io_priority_set(0, &good, &err) == 0);
	CHECK(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) ==
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6));
	CHECK(io_priority_set(0, &high, &err) == -1 &&
		strcmp(err.text, "/process/ioPriority/priority: 8 is not from 0 to 7") == 0);
	CHECK(io_priority_set(0, &negative, &err) == -1);
	CHECK(io_priority_set(0, &unknown, &err) == -1);
	CHECK(strcmp(err.text, "/process/ioPriority/class: \"IOPRIO_CLASS_FLY\" is not a class") ==
		0);
	_exit(0);
}

static void affinity(void **state)
{
	unsigned long before[128] = { 0 }, now[128] = { 0 };
	char first[16];
	int cpu;

	(void)state;
	if (!in_child())
		return;
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof before, before) > 0);
	for (cpu = 0; !(before[cpu / 64] >> cpu % 64 & 1); cpu++)
		;
	snprintf(first, sizeof first, "%d", cpu);
	CHECK(cpu_affinity_set(0, first, "/x", &err) == 0);
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof now, now) > 0);
	CHECK(now[cpu / 64] == 1UL << cpu % 64);
	CHECK(cpu_affinity_set(0, NULL, "/x", &err) == 0 &&
		cpu_affinity_set(0, "", "/x", &err) == 0);
	CHECK(cpu_affinity_set(0, "60000", "/x", &err) == -1);
	CHECK(strcmp(err.text,
		      "/x: bind to the CPUs 60000: invalid argument; none of them is online "
		      "and in the cpuset") == 0);
	CHECK(cpu_affinity_set(0, "1-0", "/x", &err) == -1);
	CHECK(strcmp(err.text, "/x: \"1-0\" is not a list of numbers like \"0-3,7\"") == 0);
	CHECK(cpu_affinity_reset(0, &err) == 0);
	memset(now, 0, sizeof now);
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof now, now) > 0);
	for (size_t i = 0; i < 128; i++)
		CHECK((now[i] & before[i]) == before[i]);
	_exit(0);
}

static void memory_policies(void **state)
{
	const char *flag = "MPOL_F_STATIC_NODES", *no_flag = "MPOL_F_FLY";
	const struct oci_memory_policy bind = { "MPOL_BIND", "0", { &flag, 1 } },
				       unknown = { "MPOL_FLY", NULL, { 0 } };
	const struct oci_memory_policy bad_flag = { "MPOL_BIND", "0", { &no_flag, 1 } },
				       bad_nodes = { "MPOL_BIND", "x", { 0 } };
	const struct oci_memory_policy no_nodes = { "MPOL_BIND", NULL, { 0 } },
				       none = { "MPOL_DEFAULT", NULL, { 0 } };
	unsigned long nodes[16] = { 0 };
	int mode = -1;

	(void)state;
	assert_string_equal(memory_policy_modes[MPOL_DEFAULT], "MPOL_DEFAULT");
	assert_string_equal(memory_policy_modes[MPOL_PREFERRED], "MPOL_PREFERRED");
	assert_string_equal(memory_policy_modes[MPOL_BIND], "MPOL_BIND");
	assert_string_equal(memory_policy_modes[MPOL_INTERLEAVE], "MPOL_INTERLEAVE");
	assert_string_equal(memory_policy_modes[MPOL_LOCAL], "MPOL_LOCAL");
	assert_string_equal(memory_policy_modes[MPOL_PREFERRED_MANY], "MPOL_PREFERRED_MANY");
	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) < 0)
		skip(); /* a kernel without NUMA */
	if (!in_child())
		return;
	CHECK(memory_policy_set(&bind, &err) == 0);
	CHECK(syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof nodes, NULL, 0) == 0);
	CHECK(mode == (MPOL_BIND | MPOL_F_STATIC_NODES) && nodes[0] == 1);
	CHECK(memory_policy_set(&none, &err) == 0);
	CHECK(memory_policy_set(&unknown, &err) == -1);
	CHECK(strcmp(err.text, "/linux/memoryPolicy/mode: \"MPOL_FLY\" is not a mode") == 0);
	CHECK(memory_policy_set(&bad_flag, &err) == -1);
	CHECK(strcmp(err.text, "/linux/memoryPolicy/flags/0: \"MPOL_F_FLY\" is not a flag") == 0);
	CHECK(memory_policy_set(&bad_nodes, &err) == -1 &&
		strncmp(err.text, "/linux/memoryPolicy/nodes: ", 27) == 0);
	CHECK(memory_policy_set(&no_nodes, &err) == -1 && err.code == EINVAL);
	_exit(0);
}

static void personalities(void **state)
{
	const char *flag = "ADDR_NO_RANDOMIZE";
	const struct oci_personality narrow = { "LINUX32", { 0 } }, wide = { "LINUX", { 0 } },
				     unknown = { "BSD", { 0 } };
	const struct oci_personality flags = { "LINUX", { &flag, 1 } };
	struct utsname name;

	(void)state;
	if (!in_child())
		return;
	CHECK(personality_set(&narrow, &err) == 0 && uname(&name) == 0);
#if defined(__x86_64__)
	CHECK(strcmp(name.machine, "i686") == 0);
#endif
	CHECK(personality_set(&wide, &err) == 0);
	CHECK(personality_set(&unknown, &err) == -1);
	CHECK(strcmp(err.text, "/linux/personality/domain: \"BSD\" is neither LINUX nor LINUX32") ==
		0);
	CHECK(personality_set(&flags, &err) == -1 &&
		strncmp(err.text, "/linux/personality/flags: ", 26) == 0);
	_exit(0);
}

static void offsets_of_time(void **state)
{
	const struct oci_time_offset_entry good[] = { { "monotonic", { 86400, 5 } },
		{ "boottime", { -7, 999999999 } } };
	const struct oci_time_offset_entry bad = { "realtime", { 1, 0 } };
	cleanup_buf struct buf text = { 0 };

	(void)state;
	assert_int_equal(time_offsets_text(good, 2, &text, &err), 0);
	assert_string_equal(text.data, "monotonic 86400 5\nboottime -7 999999999\n");
	assert_int_equal(time_offsets_text(&bad, 1, &text, &err), -1);
	assert_string_equal(err.text,
		"/linux/timeOffsets/realtime: not a clock of a time namespace: monotonic and "
		"boottime are");
	/* There is no new namespace to write to. */
	assert_int_equal(time_offsets_write(good, 2, &err), -1);
	assert_memory_equal(err.text, "/linux/timeOffsets: write ", 26);
	assert_int_equal(time_offsets_write(NULL, 0, &err), 0);
}

static void oom_score(void **state)
{
	cleanup_buf struct buf text = { 0 };

	(void)state;
	if (!in_child())
		return;
	CHECK(oom_score_adj_set(getpid(), 900, false, &err) == 0);
	CHECK(file_read(AT_FDCWD, "/proc/self/oom_score_adj", &text, NULL) == 0 &&
		strcmp(text.data, "900\n") == 0);
	CHECK(oom_score_adj_set(getpid(), 1001, false, &err) == -1 && err.code == EINVAL);
	CHECK(strncmp(err.text, "/process/oomScoreAdj: write \"1001\" to /proc/", 40) == 0);
	_exit(0);
}

static void ignore(void *context, enum log_level level, const char *text)
{
	(void)context;
	(void)level;
	(void)text;
}

static void session_keyring(void **state)
{
	char description[256] = "";

	(void)state;
	if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0)
		skip();
	if (!in_child())
		return;
	log_to_sink(ignore, NULL);
	CHECK(keyring_join("hull-test", &err) == 0);
	CHECK(syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, description,
		      sizeof description) > 0);
	CHECK(strstr(description, ";3f1b0000;_ses.hull-test") != NULL);
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_by_name),
		cmocka_unit_test(limits),
		cmocka_unit_test(limits_that_are_wrong),
		cmocka_unit_test(a_hard_limit_that_is_too_high),
		cmocka_unit_test(scheduling),
		cmocka_unit_test(io_priorities),
		cmocka_unit_test(affinity),
		cmocka_unit_test(memory_policies),
		cmocka_unit_test(personalities),
		cmocka_unit_test(offsets_of_time),
		cmocka_unit_test(oom_score),
		cmocka_unit_test(session_keyring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
