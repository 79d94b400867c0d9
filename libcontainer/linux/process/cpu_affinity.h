/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPU affinity (sched_setaffinity(2)): sets process.execCPUAffinity, and removes the affinity
 * inherited from hull's caller.
 */
#pragma once
#include <sys/types.h>

struct error;

/*
 * Binds pid (0: the caller) to the CPUs of a list such as "0-3,7". NULL or "": does nothing.
 * property: for the error, "/process/execCPUAffinity/initial". Returns 0 or -1.
 */
int cpu_affinity_set(pid_t pid, const char *list, const char *property, struct error *err);

/* Lets pid run on all CPUs of its cpuset. Returns 0 or -1. */
int cpu_affinity_reset(pid_t pid, struct error *err);
