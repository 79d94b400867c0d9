/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * State roots: where containers of hull may be on this host.
 */
#pragma once
#include "container/container.h"

/*
 * Lists the state roots to search, each once, in arena: rt->root first; without --root also those
 * of the known engines, if they exist.
 */
void roots_find(const struct runtime *rt, struct arena *arena, string_list *roots);
