/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/rlimits.h"

#include <asm/resource.h> /* for the numbers, because prlimit64() is called directly below */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"

static const char *const names[] = {
	[RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_CORE] = "RLIMIT_CORE",
	[RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK] = "RLIMIT_STACK",
};

enum { RLIMITS = ARRAY_SIZE(names) };

int rlimit_from_name(const char *name)
{
	for (int i = 0; i < RLIMITS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* ---- refusals ---- */

struct setting {
	pid_t pid;
	int type;
	const struct oci_rlimit *limit;
};

static bool soft_above_hard(const void *operation, struct buf *why)
{
	const struct setting *setting = operation;

	(void)why;
	return setting->limit->soft > setting->limit->hard;
}

/* The kernel checks this first, for every caller. */
static bool above_nr_open(const void *operation, struct buf *why)
{
	const struct setting *setting = operation;
	cleanup_buf struct buf text = { 0 };
	unsigned long most;

	if (file_read(AT_FDCWD, "/proc/sys/fs/nr_open", &text, NULL) < 0)
		return false;
	most = strtoul(text.data, NULL, 10);
	if (setting->limit->hard <= most)
		return false;
	buf_printf(why, "the sysctl fs.nr_open allows at most %lu", most);
	return true;
}

static bool raises_hard_limit(const void *operation, struct buf *why)
{
	const struct setting *setting = operation;
	uint64_t now[2];

	if (syscall(SYS_prlimit64, setting->pid, setting->type, NULL, now) < 0 ||
		setting->limit->hard <= now[1])
		return false;
	buf_printf(why,
		"the hard limit is %" PRIu64
		" here; raising it needs CAP_SYS_RESOURCE in the initial user namespace",
		now[1]);
	return true;
}

static const struct explanation rows[] = {
	{ EINVAL, NULL, soft_above_hard, "the soft limit is above the hard one" },
	{ EPERM, "RLIMIT_NOFILE", above_nr_open, NULL },
	{ EPERM, NULL, raises_hard_limit, NULL },
	EXPLANATIONS_END,
};

static int refused(const struct setting *setting, size_t i, struct error *err)
{
	error_errno(err, "/process/rlimits/%zu: set %s to soft %" PRIu64 ", hard %" PRIu64, i,
		names[setting->type], setting->limit->soft, setting->limit->hard);
	return explain(rows, names[setting->type], setting, err);
}

int rlimits_apply(pid_t pid, const struct oci_rlimit *limits, size_t n, struct error *err)
{
	unsigned seen = 0;

	for (size_t i = 0; i < n; i++) {
		const uint64_t values[2] = { limits[i].soft, limits[i].hard };
		int type = rlimit_from_name(limits[i].type);

		if (type < 0)
			return error_set(err, 0,
				"/process/rlimits/%zu/type: \"%s\" is not a resource limit", i,
				limits[i].type);
		if (seen & 1U << type)
			return error_set(err, 0, "/process/rlimits/%zu/type: %s occurs twice", i,
				limits[i].type);
		seen |= 1U << type;
		if (syscall(SYS_prlimit64, pid, type, values, NULL) < 0)
			return refused(&(struct setting){ pid, type, &limits[i] }, i, err);
	}
	return 0;
}
