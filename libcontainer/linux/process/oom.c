/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/oom.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"

int oom_score_adj_set(pid_t pid, int value, bool rootless, struct error *err)
{
	char path[48], text[16];

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	snprintf(text, sizeof text, "%d", value);
	if (file_write(AT_FDCWD, path, text, err) == 0)
		return 0;
	if (errno == EACCES)
		error_hint(err,
			rootless ? "an unprivileged runtime can only raise it above its own"
				 : "lowering it needs CAP_SYS_RESOURCE, which the runtime hasn't");
	return error_prefix(err, "/process/oomScoreAdj");
}
