/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A set of paths, with which the cost of planning N mounts is proportional to N.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* A set of absolute, clean paths. The strings stay the caller's. Free with places_free(). */
struct places {
	struct place *v;
	size_t n, size;
};

bool places_has(const struct places *places, const char *path, size_t len);

/* Returns false if the path is in the set already. */
bool places_add(struct places *places, const char *path, size_t len);
void places_free(struct places *places);
#define cleanup_places __attribute__((cleanup(places_free)))

/*
 * Returns the length of the parent directory's path, a prefix of path; 0 for "/", which has none.
 */
size_t place_parent(const char *path, size_t len);
