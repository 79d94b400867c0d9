/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clones the init, and kills it if the creation fails.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Clones the init as a child of this process, into its cgroup and the namespaces to join first; the
 * child runs init_main(). Sets c->pid, c->pidfd, c->sync and the state's pid. Returns 0 or -1.
 */
int setup_clone_init(struct setup *c, struct error *err);

/*
 * Kills and reaps an init that never became ready, if there is one. Its children are in the cgroup,
 * which is killed next.
 */
void setup_kill_init(struct setup *c);
