/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work on mounts in a mount namespace of its own, which is gone when it is done; what stays are
 * detached trees.
 */
#pragma once

struct error;

/* For a child of process_apart(): a private copy of its mount namespace, with an empty directory
 * that nobody else sees as the working directory. Returns 0, or -1 with err set. */
int stage_enter(struct error *err);

/* There, once: what mount(2) makes, as a detached tree. Returns it, or -1 with errno. */
int stage_mount(const char *source, const char *type, unsigned long flags, const char *data);
