/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates the container's cgroup, recorded in the state before it exists, and removes it.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Makes the cgroup and sets its limits. With systemd it only begins: setup_await_cgroup() waits
 * for the unit. The undo kills what is in it.
 */
int setup_make_cgroup(struct setup *c, struct error *err);
void setup_remove_cgroup(struct setup *c);
int setup_await_cgroup(struct setup *c, struct error *err);

/*
 * Creates the cgroup of run.oci.delegate-cgroup below the container's, and moves the init there.
 * Must follow the init's unshare(), so that the root of its cgroup namespace is the container's
 * cgroup.
 */
int setup_delegate_cgroup(struct setup *c, struct error *err);
