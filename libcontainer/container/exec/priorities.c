/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/exec/priorities.h"

#include "linux/process/io_priority.h"
#include "linux/process/rlimits.h"
#include "linux/process/scheduler.h"

int priorities_apply(pid_t pid, const struct oci_process *process, struct error *err)
{
	if (process->scheduler != NULL && scheduler_set(pid, process->scheduler, err) < 0)
		return -1;
	if (process->io_priority != NULL && io_priority_set(pid, process->io_priority, err) < 0)
		return -1;
	return rlimits_apply(pid, process->rlimits.v, process->rlimits.n, err);
}
