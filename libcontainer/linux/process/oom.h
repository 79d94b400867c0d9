/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.oomScoreAdj (proc_pid_oom_score_adj(5)).
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct error;

/*
 * Sets oom_score_adj (-1000 to 1000) of pid through the host's procfs; a process in a user
 * namespace may not lower its own. rootless: only selects the hint of an error. Returns 0 or -1.
 */
int oom_score_adj_set(pid_t pid, int value, bool rootless, struct error *err);
