/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.scheduler (sched_setattr(2)).
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

/*
 * Sets policy and parameters of pid (0: the caller). From the host side, because this needs
 * privileges in the initial user namespace. Returns 0 or -1.
 */
int scheduler_set(pid_t pid, const struct oci_scheduler *scheduler, struct error *err);
