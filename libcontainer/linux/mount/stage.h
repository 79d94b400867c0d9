/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounting in a temporary mount namespace. Only detached trees remain after it.
 */
#pragma once

struct error;

/*
 * In a child of process_apart(): enters a private copy of its mount namespace, in an empty
 * directory that nobody else can see. Returns 0 or -1.
 */
int stage_enter(struct error *err);

/*
 * In that child, once: mounts with mount(2) and returns the result as a detached tree; or -1 with
 * errno.
 */
int stage_mount(const char *source, const char *type, unsigned long flags, const char *data);
