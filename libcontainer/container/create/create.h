/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `create` as a table of steps, the function that runs such a table, and short steps that restore
 * and checkpoint share. A step returns 0 or -1. Its undo must work after a failure halfway through
 * the step.
 */
#pragma once
#include "container/create/creation.h"

/*
 * Runs the n steps on c, which is CREATION() with criu, detached and runs set. After an error
 * everything is undone. Free with creation_free(), also after an error.
 */
int creation_run(struct creation *c, const struct creation_step *steps, size_t n,
	const struct runtime *rt, const struct create_options *options, struct error *err);

/* creation_run() with the table of `create`: everything until the init waits for start. */
int creation_create(struct creation *c, const struct runtime *rt,
	const struct create_options *options, struct error *err);
void creation_free(struct creation *c);

/* Plans mounts and devices (trees.h), and raises the limit of descriptors if they need many. */
int creation_plan_trees(struct creation *c, struct error *err);
void creation_close_trees(struct creation *c);

/*
 * Opens and prepares the trees, unless the init does. If the rootfs is mounted on the host, first
 * records its mount in the state.
 */
int creation_make_trees(struct creation *c, struct error *err);

/* Compiles the seccomp filter into c->seccomp and the state directory's seccomp.bpf, for exec. */
int creation_compile_seccomp(struct creation *c, struct error *err);

/* Puts c->pid into the Intel RDT group that the configuration names. */
int creation_set_intel_rdt(struct creation *c, struct error *err);
void creation_unset_intel_rdt(struct creation *c);

/* Gives standard streams that are pipes to the process's user. Never fails. */
int creation_own_pipes(struct creation *c, struct error *err);

/*
 * Hand over to the receivers that the options name: the terminal's master to --console-socket, the
 * pidfd to --pidfd-socket, the PID to --pid-file.
 */
int creation_send_console(struct creation *c, struct error *err);
int creation_send_pidfd(struct creation *c, struct error *err);
int creation_write_pid_file(struct creation *c, struct error *err);
void creation_remove_pid_file(struct creation *c);
