/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * State roots: where containers of hull may be on this host.
 */
#pragma once
#include "container/container.h"

/* The state roots to look at, each once, in arena: rt's own first; then, if the caller didn't
 * choose one with --root, those that engines use and that exist. */
void roots_find(const struct runtime *rt, struct arena *arena, string_list *roots);
