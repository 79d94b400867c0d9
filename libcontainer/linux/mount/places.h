/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A set of paths, each with a value. With it, planning N mounts costs time proportional to N.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* A set of absolute, clean paths. The strings stay the caller's. Free with places_free(). */
struct places {
	struct place *v;
	size_t n, size;
};

/* Returns true if the path is in the set. */
bool places_has(const struct places *places, const char *path, size_t len);

/* Returns the value of the path, which is NULL if the path isn't in the set. */
void *places_value(const struct places *places, const char *path, size_t len);

/*
 * Adds the path. If the path is in the set already, returns false, and replaces its value unless
 * value is NULL.
 */
bool places_add(struct places *places, const char *path, size_t len, void *value);
void places_free(struct places *places);
#define cleanup_places __attribute__((cleanup(places_free)))

/*
 * Returns the length of the parent directory's path, a prefix of path; 0 for "/", which has none.
 */
size_t place_parent(const char *path, size_t len);
