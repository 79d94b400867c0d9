/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.timeOffsets (time_namespaces(7)).
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct buf;
struct error;

/* Appends the text for /proc/PID/timens_offsets. An unknown clock is an error. Returns 0 or -1. */
int time_offsets_text(
	const struct oci_time_offset_entry *offsets, size_t n, struct buf *text, struct error *err);

/*
 * Sets the clocks of the time namespace that this process has created for its children, before any
 * process enters it. Uses the host's /proc; call it before this process changes IDs, after which an
 * unprivileged caller's may not open the file. Returns 0 or -1.
 */
int time_offsets_write(const struct oci_time_offset_entry *offsets, size_t n, struct error *err);
