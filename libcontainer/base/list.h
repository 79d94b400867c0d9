/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists in an arena's memory, and the length of arrays.
 *
 *	LIST(const char *) names = { 0 };
 *	*LIST_ADD(arena, &names) = "first";
 *	for (size_t i = 0; i < names.n; i++) ...
 */
#pragma once
#include <stddef.h>

#include "base/mem.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))

/*
 * v[0] ... v[n - 1]. v is NULL if the property is absent or null, non-NULL if it is present but
 * empty. room: capacity of v; 0: the memory may be shared or constant, so the first LIST_ADD()
 * copies it. Code that copies a list by value and adds to the copy must first set its room to 0.
 */
#define LIST(T)                 \
	struct {                \
		T *v;           \
		size_t n, room; \
	}

/*
 * Makes room for `more` elements; unused ones are zero. Grows geometrically: adding n elements one
 * by one costs O(n). Returns list->v.
 */
#define LIST_RESERVE(arena, list, more)                                                         \
	((list)->v = arena_grow(arena, (list)->v, (list)->n, &(list)->room, (list)->n + (more), \
		 sizeof *(list)->v))

/* Appends one zeroed element. Returns a pointer to it, valid until the list grows. */
#define LIST_ADD(arena, list) (LIST_RESERVE(arena, list, 1), &(list)->v[(list)->n++])
