/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container gets from the host (root filesystem, mounts, devices, cgroups) as detached
 * trees. They are planned before the clone, so that both sides have the plan. One process, the
 * opener, opens and prepares them after the container's user namespace was created. Normally it is
 * the host side, which can also traverse directories that only host root may enter; it sends all
 * trees to the init (parcel.h). An unprivileged caller may not clone mounts of the host's mount
 * namespace. Then the opener is the init, in its own copy of that namespace, before it becomes
 * container root, so that it can traverse directories that only the caller may enter.
 */
#pragma once
#include "container/create/setup.h"

/* Returns true if this process may clone mounts of its mount namespace. */
bool trees_may_be_opened_here(void);

/*
 * Plans mounts and devices, and decides who the opener is: with c->trees_inside the init. Close
 * with trees_close(), after an error too. Returns 0 or -1.
 */
int trees_plan(struct setup *c, struct error *err);

/* Plans the mounts of type cgroup. Call it after the cgroup was created. */
int trees_plan_cgroups(struct setup *c, struct error *err);

/*
 * The opener, after the container's user namespace was created: trees_open() and
 * trees_open_cgroups() open the trees; trees_make() also sets their propagation and ID mappings.
 * Return 0 or -1.
 */
int trees_open(struct setup *c, struct error *err);
int trees_open_cgroups(struct setup *c, struct error *err);
int trees_make(struct setup *c, struct error *err);
void trees_close(struct setup *c);

/* Returns the propagation (MS_...) that a tree gets before its own options. */
unsigned long trees_propagation(const struct oci_config *config, bool user_namespace);

/*
 * For the init: opens the source of a bind inside another mount, and ID-maps its clone; see
 * mount_open_source(), mount_map_inner(). Returns the fd or 0, or -1.
 */
int trees_open_source(const struct setup *c, uint32_t mount, struct error *err);
int trees_map_inner(struct setup *c, uint32_t mount, int tree, struct error *err);

/* Init, before it becomes container root: creates the mount namespace and makes all trees in it. */
int trees_make_inside(struct setup *c, struct error *err);

/*
 * Returns true if the container's mounts have to be locked (linux/mount/lock.h). This is so if it
 * has a user namespace in which its own processes can have CAP_SYS_ADMIN, or those of another
 * container that shares the namespace and sees them. Without CAP_SYS_ADMIN, a process can mount
 * only in a further user namespace, whose copy of the mounts the kernel locks anyway.
 */
bool trees_need_locks(const struct oci_config *config);
