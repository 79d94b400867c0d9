/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's namespaces: which are created, which are joined and in which order, and what this
 * means for its mounts.
 */
#pragma once
#include "container/create/setup.h"

/*
 * If the container uses the caller's mount namespace, its mounts are made below its rootfs and stay
 * until it is deleted, as in runc; nothing can be hidden there. Returns 0, or -1 if the
 * configuration asks for more than that.
 */
int setup_check_mount_namespace(const struct setup *c, struct error *err);

/*
 * Opens the namespaces to join, and derives new_namespaces, new_userns, joins, the ID mappings and
 * the mount_context from the configuration. Returns 0 or -1.
 */
int setup_open_namespaces(struct setup *c, struct error *err);
void setup_close_namespaces(struct setup *c);

/*
 * Returns true if the container's user namespace owns its namespace of this type. Call it after
 * setup_open_namespaces().
 */
bool setup_owns(const struct setup *c, enum oci_namespace_type type);
