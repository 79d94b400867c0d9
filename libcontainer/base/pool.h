/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory that most commands get by with: one piece of the program's own, handed out from its
 * beginning. A page of it is touched when it is used and not before, and pages that are in use lie
 * side by side: each costs a page fault, and one more in each process that is cloned.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Returns memory for `size` bytes, with anything in it, aligned for every type; NULL where the pool
 * has not so much left. */
void *pool_take(size_t size);

/* Makes p, which the pool gave, larger or smaller without moving it. Returns false where it can't:
 * something was taken after it, or the pool has not so much left. */
bool pool_resize(void *p, size_t size);

/* How many bytes p has, which the pool gave. */
size_t pool_size(const void *p);

/* Gives back what the pool gave. Only what was taken last can be taken again: whoever frees in
 * another order makes the pool smaller, and malloc() serves when it is used up. */
void pool_give_back(void *p);

/* Whether the pool gave p. */
bool pool_gave(const void *p);
