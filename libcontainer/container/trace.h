/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The timeline of --trace: the steps of both sides as complete events of Chrome's trace format
 * (JSON, opens in Perfetto). Each event is one write to a file that both sides hold open for
 * appending; without a file nothing is done, not even the clock is read.
 */
#pragma once
#include <stdint.h>

#include "container/container.h"

enum trace_side { TRACE_HOST = 1, TRACE_INSIDE };

/* Makes the file and names the sides. Returns a descriptor with a number that no caller's
 * descriptor has, or -1. */
int trace_open(const char *path, struct error *err);

/* The end of the file and of the descriptor; nothing where fd is -1. */
void trace_close(int fd);

/* Now, in nanoseconds; 0 when nothing is traced. */
uint64_t trace_begin(const struct runtime *rt);

/* A step that began at `begin` and has just ended. The name is ours: no quotes or backslashes in
 * it. */
void trace_end(const struct runtime *rt, enum trace_side side, const char *name, uint64_t begin);
