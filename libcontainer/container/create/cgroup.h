/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates the container's cgroup, recorded in the state before it exists, and removes it.
 */
#pragma once
#include "container/create/creation.h"

/*
 * Makes the cgroup and sets its limits. With systemd it only begins: creation_await_cgroup() waits
 * for the unit. The undo kills what is in it.
 */
int creation_make_cgroup(struct creation *c, struct error *err);
void creation_remove_cgroup(struct creation *c);
int creation_await_cgroup(struct creation *c, struct error *err);

/*
 * Creates the cgroup of run.oci.delegate-cgroup below the container's, and moves the init there.
 * Must follow the init's unshare(), so that the root of its cgroup namespace is the container's
 * cgroup.
 */
int creation_delegate_cgroup(struct creation *c, struct error *err);
