/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that runs CRIU, hull's request to it, and the explanation if it fails.
 */
#pragma once
#include "container/criu/criu_job.h"

/*
 * Starts CRIU. First runs prepare(c) in the child. in_cgroup: puts the child into the container's
 * cgroup. Returns 0 or -1.
 */
int criu_job_start(struct criu_job *job, struct setup *c, bool in_cgroup,
	int (*prepare)(struct setup *c, struct error *err), struct error *err);

/*
 * Checks what this CRIU and this kernel support, and sends the request. An error includes the end
 * of CRIU's log. Returns 0 or -1.
 */
int criu_job_run(struct criu_job *job, criu_notify *notify, struct setup *c,
	struct criu_answer *answer, struct error *err);
