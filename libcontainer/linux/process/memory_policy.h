/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.memoryPolicy (set_mempolicy(2)): of the calling process.
 */
#pragma once
#include "spec/config.h"

struct error;

/* All known names, for `features`; NULL-terminated. */
extern const char *const memory_policy_modes[], *const memory_policy_flags[];

/*
 * Sets the policy. Unknown modes, flags and malformed lists of nodes are errors. Returns 0 or -1.
 */
int memory_policy_set(const struct oci_memory_policy *policy, struct error *err);
