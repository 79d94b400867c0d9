/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.ioPriority (ioprio_set(2)).
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* Sets I/O class and priority (0 to 7) of pid (0: the caller). Returns 0 or -1. */
int io_priority_set(pid_t pid, const struct oci_io_priority *priority, struct error *err);
