/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resource limits (getrlimit(2)): process.rlimits.
 */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* Returns the number of a limit ("RLIMIT_NOFILE"), or -1 if it isn't known. */
int rlimit_from_name(const char *name);

/*
 * Sets the limits of pid (0: the caller). From the host side, because raising a hard limit needs
 * CAP_SYS_RESOURCE in the initial user namespace. An unknown or repeated type is an error. Returns
 * 0 or -1.
 */
int rlimits_apply(pid_t pid, const struct oci_rlimit *limits, size_t n, struct error *err);
