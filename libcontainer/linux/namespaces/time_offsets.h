/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.timeOffsets (time_namespaces(7)).
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct buf;
struct error;

/* Appends the text of /proc/PID/timens_offsets. An unknown clock is an error. */
int time_offsets_text(
	const struct oci_time_offset_entry *offsets, size_t n, struct buf *text, struct error *err);

/* Sets the clocks of the time namespace that this process has made for its children and that nobody
 * has entered yet. Through the host's /proc, before an ID of this process has changed: an
 * unprivileged caller's may not open the file afterwards. */
int time_offsets_write(const struct oci_time_offset_entry *offsets, size_t n, struct error *err);
