/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.personality (personality(2)): of the calling process.
 */
#pragma once
#include "spec/config.h"

struct error;

/* Sets the execution domain, LINUX or LINUX32. Returns 0 or -1. */
int personality_set(const struct oci_personality *config, struct error *err);
