/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/cpu_affinity.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/text/bitlist.h"

static const struct explanation rows[] = {
	{ EINVAL, NULL, NULL, "none of them is online and in the cpuset" },
	EXPLANATIONS_END,
};

int cpu_affinity_set(pid_t pid, const char *list, const char *property, struct error *err)
{
	cleanup_bitlist struct bitlist cpus = { 0 };

	if (list == NULL || *list == '\0')
		return 0;
	if (bitlist_parse(list, &cpus, err) < 0)
		return error_prefix(err, "%s", property);
	if (syscall(SYS_sched_setaffinity, pid, cpus.n * sizeof *cpus.words, cpus.words) < 0) {
		error_errno(err, "%s: bind to the CPUs %s", property, list);
		return explain(rows, NULL, NULL, err);
	}
	return 0;
}

int cpu_affinity_reset(pid_t pid, struct error *err)
{
	unsigned char all[(BITLIST_MAX + 1) / 8 / 8]; /* 8192 CPUs, the kernel's maximum */

	memset(all, 0xff, sizeof all);
	if (syscall(SYS_sched_setaffinity, pid, sizeof all, all) < 0)
		return error_errno(err, "reset the CPU affinity");
	return 0;
}
