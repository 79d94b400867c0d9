/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work on mounts in a mount namespace of its own, which is gone when it is done; what stays are
 * detached trees.
 */
#pragma once

struct error;

/*
 * In a child of process_apart(): enters a private copy of its mount namespace, in an empty
 * directory that nobody else can see. Returns 0 or -1.
 */
int stage_enter(struct error *err);

/* There, once: mounts with mount(2) and returns the result as a detached tree; or -1 with errno. */
int stage_mount(const char *source, const char *type, unsigned long flags, const char *data);
