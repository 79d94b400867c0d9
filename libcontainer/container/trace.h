/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The timeline of --trace: the steps of both sides as complete events of Chrome's trace format
 * (JSON, opens in Perfetto). Each event is one write to a file that both sides hold open for
 * appending. Without a file nothing is done; not even the clock is read.
 */
#pragma once
#include <stdint.h>

struct error;

enum trace_side { TRACE_HOST = 1, TRACE_INSIDE };

/*
 * Creates the file and names the sides in it. Returns a descriptor above those that callers pass on
 * to a container, or -1 with err set.
 */
int trace_open(const char *path, struct error *err);

/* Ends the file and closes fd; does nothing if fd is -1. */
void trace_close(int fd);

/* How a table of steps is reported: where its events are written, and its name in the debug log. */
struct trace {
	int fd; /* -1: no --trace */
	enum trace_side side;
	const char *log; /* "step", "step inside"; NULL: not logged */
};

/* Logs that a step begins. Returns the current time in nanoseconds; 0 if nothing is traced. */
uint64_t trace_begin(const struct trace *trace, const char *name);

/*
 * Writes the event of a step that began at `begin` and has just ended. The name has no quotes and
 * no backslashes.
 */
void trace_end(const struct trace *trace, const char *name, uint64_t begin);
