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

/* Sets the clocks of the time namespace that pid has made for its children and that nobody has
 * entered yet. */
int time_offsets_write(
	pid_t pid, const struct oci_time_offset_entry *offsets, size_t n, struct error *err);
