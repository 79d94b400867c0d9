/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What only the host may raise or lower for a process of the container, done when nothing of ours
 * has to run in it any more.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* Sets scheduler, I/O priority and resource limits of pid. Returns 0 or -1. */
int priorities_apply(pid_t pid, const struct oci_process *process, struct error *err);
