/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The init's steps that create the container's filesystem, from trees to the root that the init is
 * in. They are steps in init.c's table, in this order, and return 0 or -1.
 */
#pragma once
#include "container/create/setup.h"

/* Attaches the rootfs; the undo detaches it from a mount namespace that was joined. */
int init_attach_rootfs(struct setup *c, struct error *err);
void init_take_back_rootfs(struct setup *c);

/* Attaches the configuration's mounts, in order. */
int init_attach_mounts(struct setup *c, struct error *err);

/* Makes device nodes and the symlinks in /dev. */
int init_make_devices(struct setup *c, struct error *err);

/* Applies maskedPaths and readonlyPaths. */
int init_mask_paths(struct setup *c, struct error *err);

/* Creates the working directory, then makes read-only what had to stay writable, the root last. */
int init_make_readonly(struct setup *c, struct error *err);

/* Enters the root filesystem, and locks the mounts if the container could change them. */
int init_enter_rootfs(struct setup *c, struct error *err);

/* Sets propagation that locking would have removed, and rootfsPropagation. */
int init_set_propagation(struct setup *c, struct error *err);
