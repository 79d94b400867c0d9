/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits and priorities of a container's process that only the host side may set. They are set
 * last, so that they restrict hull's own work in the process as little as possible.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* Sets scheduler, I/O priority and resource limits of pid. Returns 0 or -1. */
int priorities_apply(pid_t pid, const struct oci_process *process, struct error *err);
