/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container gets of the host - root filesystem, mounts, devices - as detached trees.
 * Opened on the host's side, where directories that only host root can traverse serve as well. An
 * unprivileged caller may clone no mount of the host's mount namespace; then the init does it, in
 * its copy of that one, and still as the caller: what only the caller can traverse serves as well.
 */
#pragma once
#include "container/create/creation.h"
#include "container/wire/sync.h"

/* Whether this process may clone mounts of its mount namespace. */
bool trees_may_be_opened_here(void);

/* Opens all trees. Close with trees_close() also after an error. */
int trees_open(struct creation *c, struct error *err);
void trees_close(struct creation *c);

/* The plans of mounts of the type cgroup, when the cgroup is ready. */
int trees_plan_cgroups(struct creation *c, struct error *err);

/* What a tree's propagation is before its own options: mount flags. */
unsigned long trees_propagation(const struct oci_config *config, bool user_namespace);

/* Propagation and ID mappings, when the container's user namespace is there. */
int trees_prepare(struct creation *c, struct error *err);

/* Sends the trees that had to be made anew since the clone to the init; there, takes one. */
int trees_send_new(const struct creation *c, struct error *err);
int trees_receive(struct creation *c, const struct sync_message *message, struct error *err);

/* In the init, before it becomes the container's root: makes its mount namespace, and all of the
 * above. */
int trees_open_inside(struct creation *c, struct error *err);

/* Whether the container's mounts have to be locked (linux/mount/lock.h), if it has a user
 * namespace: its processes can have CAP_SYS_ADMIN there, or those of another container that share
 * its user namespace and see them. Without it only a further user namespace can mount, and the
 * kernel locks its copy of the mounts by itself. */
bool trees_need_locks(const struct oci_config *config);
