/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/io_priority.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/ioprio.h>

#include "base/error.h"
#include "base/explain.h"

static const struct explanation rows[] = {
	{ EPERM, "IOPRIO_CLASS_RT", NULL, "this class needs CAP_SYS_NICE or CAP_SYS_ADMIN" },
	EXPLANATIONS_END,
};

int io_priority_set(pid_t pid, const struct oci_io_priority *priority, struct error *err)
{
	static const char *const classes[] = { [IOPRIO_CLASS_RT] = "IOPRIO_CLASS_RT",
		[IOPRIO_CLASS_BE] = "IOPRIO_CLASS_BE",
		[IOPRIO_CLASS_IDLE] = "IOPRIO_CLASS_IDLE" };
	int class = IOPRIO_CLASS_RT;

	while (class <= IOPRIO_CLASS_IDLE && strcmp(classes[class], priority->class) != 0)
		class ++;
	if (class > IOPRIO_CLASS_IDLE)
		return error_set(err, 0, "/process/ioPriority/class: \"%s\" is not a class",
			priority->class);
	if (priority->priority < 0 || priority->priority > 7)
		return error_set(err, 0, "/process/ioPriority/priority: %d is not from 0 to 7",
			priority->priority);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid,
		    IOPRIO_PRIO_VALUE(class, priority->priority)) < 0) {
		error_errno(
			err, "/process/ioPriority: set %s %d", priority->class, priority->priority);
		return explain(rows, priority->class, NULL, err);
	}
	return 0;
}
