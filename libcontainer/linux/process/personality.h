/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.personality (personality(2)): of the calling process.
 */
#pragma once
#include "spec/config.h"

struct error;

int personality_set(const struct oci_personality *config, struct error *err);
