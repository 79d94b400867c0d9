/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/scheduler.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sched.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/mem.h"

/* sched_setattr(2)'s struct sched_attr, which older C libraries lack. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max; /* the specification has flags for these, but no values */
};

struct name {
	const char *name;
	unsigned value;
};

static const struct name policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL },
	{ "SCHED_FIFO", SCHED_FIFO },
	{ "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_ISO", 4 },
	{ "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
	{ NULL },
};

static const struct name flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
	{ NULL },
};

static const struct name *find(const struct name *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	return table->name != NULL ? table : NULL;
}

/* ---- refusals ---- */

/* SCHED_DEADLINE requires that the process may run on every CPU of its root domain. */
static bool few_cpus(const void *operation, struct buf *why)
{
	cpu_set_t allowed;
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (sched_getaffinity(*(const pid_t *)operation, sizeof allowed, &allowed) < 0 ||
		CPU_COUNT(&allowed) >= online)
		return false;
	buf_printf(why,
		"SCHED_DEADLINE needs every CPU, and the cpuset (/linux/resources/cpu/cpus, or "
		"that of a cgroup above) or the affinity of the process leaves it %d of %ld",
		CPU_COUNT(&allowed), online);
	return true;
}

static bool is_nice(const void *operation, struct buf *why)
{
	int nice = getpriority(PRIO_PROCESS, *(const id_t *)operation);

	buf_printf(why,
		"its nice value is %d now: a lower one needs CAP_SYS_NICE, or a higher RLIMIT_NICE "
		"of the caller",
		nice);
	return true;
}

static const struct explanation rows[] = {
	{ EPERM, "SCHED_OTHER", is_nice, NULL },
	{ EPERM, "SCHED_BATCH", is_nice, NULL },
	{ EPERM, "SCHED_DEADLINE", few_cpus, NULL },
	{ EPERM, "SCHED_DEADLINE", NULL,
		"it needs CAP_SYS_NICE, and a cpuset with all CPUs of an exclusive partition" },
	{ EPERM, "SCHED_FIFO", NULL,
		"real-time policies need CAP_SYS_NICE, and a cgroup with real-time budget "
		"(cpu.rt_runtime_us) on v1" },
	{ EPERM, "SCHED_RR", NULL,
		"real-time policies need CAP_SYS_NICE, and a cgroup with real-time budget "
		"(cpu.rt_runtime_us) on v1" },
	{ EBUSY, "SCHED_DEADLINE", NULL,
		"the CPUs of its cpuset haven't that much time left for deadlines" },
	{ EINVAL, "SCHED_DEADLINE", NULL,
		"runtime <= deadline <= period must hold, from 1024 ns on" },
	{ EINVAL, "SCHED_ISO", NULL, "Linux doesn't have SCHED_ISO" },
	EXPLANATIONS_END,
};

int scheduler_set(pid_t pid, const struct oci_scheduler *scheduler, struct error *err)
{
	const struct name *policy = find(policies, scheduler->policy);
	struct attributes attributes = { .size = sizeof attributes,
		.nice = scheduler->nice,
		.priority = (uint32_t)scheduler->priority,
		.runtime = scheduler->runtime,
		.deadline = scheduler->deadline,
		.period = scheduler->period };

	if (policy == NULL)
		return error_set(err, 0, "/process/scheduler/policy: \"%s\" is not a policy",
			scheduler->policy);
	attributes.policy = policy->value;
	for (size_t i = 0; i < scheduler->flags.n; i++) {
		const struct name *flag = find(flags, scheduler->flags.v[i]);

		if (flag == NULL)
			return error_set(err, 0,
				"/process/scheduler/flags/%zu: \"%s\" is not a flag", i,
				scheduler->flags.v[i]);
		attributes.flags |= flag->value;
	}
	if (syscall(SYS_sched_setattr, pid, &attributes, 0) == 0)
		return 0;
	error_errno(err, "/process/scheduler: set %s", scheduler->policy);
	return explain(rows, scheduler->policy, &pid, err);
}
