/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPU affinity (sched_setaffinity(2)): process.execCPUAffinity, and getting rid of the caller's.
 */
#pragma once
#include <sys/types.h>

struct error;

/* Binds pid (0: the caller) to the CPUs of a list like "0-3,7". NULL or "": nothing happens.
 * property: for the error, as "/process/execCPUAffinity/initial". */
int cpu_affinity_set(pid_t pid, const char *list, const char *property, struct error *err);

/* Lets pid run wherever its cpuset allows. */
int cpu_affinity_reset(pid_t pid, struct error *err);
