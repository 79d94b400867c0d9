/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options before the command, and their effects.
 */
#pragma once
#include <stdbool.h>

struct arena;
struct error;
struct runtime;

struct globals {
	bool debug, systemd_cgroup, version;
	const char *log, *root, *trace;
	/* 1 + index into the choices; 0: not given */
	int log_format, log_level, cgroup_manager, rootless;
};

/* Opens the log and the trace, and fills in rt. Returns 0 or -1. */
int globals_apply(
	const struct globals *globals, struct runtime *rt, struct arena *arena, struct error *err);
