/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two sides of `exec` share. The host side (exec.c) fills it in. The joiner
 * (exec_inside.c), a process that joins the container and clones the container's new process as its
 * sibling, inherits it through the clone. Only the sync socket connects the sides.
 */
#pragma once
#include "container/container.h"
#include "container/exec/enter.h"
#include "container/init/payload.h"
#include "container/state/state.h"
#include "container/steps.h"

struct execution {
	const struct runtime *rt;
	const struct exec_options *options;
	struct trace trace;
	struct arena arena; /* for everything except the configuration */
	int state_fd;
	struct state state;
	struct oci_config config; /* of the container */
	struct oci_process process;
	struct entrance entrance;
	struct cgroup_exec cgroup;
	bool outside;       /* the cgroup has room for only one process: keep the joiner outside */
	struct buf seccomp; /* struct sock_filter[] */
	unsigned seccomp_flags;
	struct payload payload;
	int sync[2];       /* [0] the host side's, [1] for joiner and process */
	pid_t joiner, pid; /* 0: none */
	int pidfd;
	int console; /* of the pty: host side, the master; inside, the slave */
};

DEFINE_STEPS(execution)

/* Runs in the joiner. Exits when the container's process was executed, or can't be. */
void execution_join(struct execution *x) __attribute__((noreturn));
