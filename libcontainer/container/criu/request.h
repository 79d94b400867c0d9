/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that runs CRIU, the request to it, and what to say when it fails.
 */
#pragma once
#include "container/criu/criu_job.h"

/*
 * Starts CRIU. Runs prepare(c) in the child first. in_cgroup: put it in the container's cgroup.
 * Returns 0 or -1.
 */
int criu_job_start(struct criu_job *job, struct creation *c, bool in_cgroup,
	int (*prepare)(struct creation *c, struct error *err), struct error *err);

/*
 * Checks what this CRIU and this kernel support, and sends the request. An error includes the end
 * of CRIU's log. Returns 0 or -1.
 */
int criu_job_run(struct criu_job *job, criu_notify *notify, struct creation *c,
	struct criu_answer *answer, struct error *err);
