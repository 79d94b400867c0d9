/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/places.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_SIZE = 64 }; /* a power of two */

struct place {
	const char *path; /* NULL: free */
	size_t len;
	void *value;
};

/* FNV-1a */
static size_t hash(const char *path, size_t len)
{
	uint64_t value = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		value = (value ^ (unsigned char)path[i]) * 0x100000001b3;
	return (size_t)(value ^ value >> 32);
}

/* Returns the slot that holds the path, or the free one for it. */
static struct place *find(const struct places *places, const char *path, size_t len)
{
	size_t i = hash(path, len);

	for (;; i++) {
		struct place *place = &places->v[i & (places->size - 1)];

		if (place->path == NULL ||
			(place->len == len && memcmp(place->path, path, len) == 0))
			return place;
	}
}

static void grow(struct places *places)
{
	struct places bigger = { .size = places->size > 0 ? 2 * places->size : FIRST_SIZE };

	bigger.v = mem_alloc(bigger.size * sizeof *bigger.v);
	for (size_t i = 0; i < places->size; i++)
		if (places->v[i].path != NULL)
			*find(&bigger, places->v[i].path, places->v[i].len) = places->v[i];
	bigger.n = places->n;
	places_free(places);
	*places = bigger;
}

bool places_has(const struct places *places, const char *path, size_t len)
{
	return places->n > 0 && find(places, path, len)->path != NULL;
}

void *places_value(const struct places *places, const char *path, size_t len)
{
	return places->n > 0 ? find(places, path, len)->value : NULL;
}

bool places_add(struct places *places, const char *path, size_t len, void *value)
{
	struct place *place;

	if (2 * places->n >= places->size)
		grow(places);
	place = find(places, path, len);
	if (place->path != NULL) {
		if (value != NULL)
			place->value = value;
		return false;
	}
	*place = (struct place){ path, len, value };
	places->n++;
	return true;
}

size_t place_parent(const char *path, size_t len)
{
	if (len <= 1)
		return 0;
	while (path[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : 1;
}

void places_free(struct places *places)
{
	mem_free(places->v);
	*places = (struct places){ 0 };
}
