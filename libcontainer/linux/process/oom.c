/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/oom.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"

static bool is_rootless(const void *operation, struct buf *why)
{
	(void)why;
	return *(const bool *)operation;
}

static const struct explanation rows[] = {
	{ EACCES, NULL, is_rootless, "an unprivileged runtime can only raise it above its own" },
	{ EACCES, NULL, NULL, "lowering it needs CAP_SYS_RESOURCE, which the runtime hasn't" },
	EXPLANATIONS_END,
};

int oom_score_adj_set(pid_t pid, int value, bool rootless, struct error *err)
{
	char path[48], text[16];

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	snprintf(text, sizeof text, "%d", value);
	if (file_write(AT_FDCWD, path, text, err) == 0)
		return 0;
	explain(rows, NULL, &rootless, err);
	return error_prefix(err, "/process/oomScoreAdj");
}
