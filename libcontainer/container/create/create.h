/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `create` as a table of steps, the function that runs such a table, and short steps that restore
 * and checkpoint share. A step returns 0 or -1. Its undo must work after a failure halfway through
 * the step.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Runs the n steps on c, which is SETUP() with criu, detached and runs set. After an error
 * everything is undone. Free with setup_free(), also after an error.
 */
int setup_run(struct setup *c, const struct setup_step *steps, size_t n, const struct runtime *rt,
	const struct create_options *options, struct error *err);

/* setup_run() with the table of `create`: everything until the init waits for start. */
int setup_create(struct setup *c, const struct runtime *rt, const struct create_options *options,
	struct error *err);
void setup_free(struct setup *c);

/* Plans mounts and devices (trees.h), and raises the limit of descriptors if they need many. */
int setup_plan_trees(struct setup *c, struct error *err);
void setup_close_trees(struct setup *c);

/*
 * Opens and prepares the trees, unless the init does. If the rootfs is mounted on the host, first
 * records its mount in the state.
 */
int setup_make_trees(struct setup *c, struct error *err);

/* Compiles the seccomp filter into c->seccomp and the state directory's seccomp.bpf, for exec. */
int setup_compile_seccomp(struct setup *c, struct error *err);

/* Puts c->pid into the Intel RDT group that the configuration names. */
int setup_set_intel_rdt(struct setup *c, struct error *err);
void setup_unset_intel_rdt(struct setup *c);

/* Gives standard streams that are pipes to the process's user. Never fails. */
int setup_own_pipes(struct setup *c, struct error *err);

/*
 * Hand over to the receivers that the options name: the terminal's master to --console-socket, the
 * pidfd to --pidfd-socket, the PID to --pid-file.
 */
int setup_send_console(struct setup *c, struct error *err);
int setup_send_pidfd(struct setup *c, struct error *err);
int setup_write_pid_file(struct setup *c, struct error *err);
void setup_remove_pid_file(struct setup *c);
