/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/pool.h"

#include <stdint.h>

/* AddressSanitizer checks memory from malloc(), but not pieces of a pool. */
#ifdef __SANITIZE_ADDRESS__
enum { POOL_SIZE = 16 };
#else
enum { POOL_SIZE = 256 * 1024 };
#endif

/* Precedes each piece. */
struct piece {
	uint32_t before; /* offset of the previous piece */
	uint32_t size;
	_Alignas(max_align_t) char data[];
};

BESIDE_POOL struct {
	uint32_t used, last; /* last: offset of the last piece */
	_Alignas(max_align_t) char data[POOL_SIZE];
} pool_memory;

static struct piece *piece_at(uint32_t offset)
{
	return (struct piece *)(void *)(pool_memory.data + offset);
}

static struct piece *piece_of(const void *p)
{
	return piece_at((uint32_t)((const char *)p - pool_memory.data - sizeof(struct piece)));
}

/* Returns the end of a piece with `size` bytes at offset; 0 if the pool is too small for it. */
static uint32_t end_of(uint32_t offset, size_t size)
{
	size_t room = POOL_SIZE - offset;

	if (room < sizeof(struct piece) || size > room - sizeof(struct piece))
		return 0;
	size = (size + sizeof(struct piece) - 1) & ~(sizeof(struct piece) - 1);
	return size > room - sizeof(struct piece)
		? 0
		: offset + (uint32_t)(sizeof(struct piece) + size);
}

void *pool_take(size_t size)
{
	struct piece *piece = piece_at(pool_memory.used);
	uint32_t end = end_of(pool_memory.used, size);

	if (end == 0)
		return NULL;
	*piece = (struct piece){ .before = pool_memory.last, .size = (uint32_t)size };
	pool_memory.last = pool_memory.used;
	pool_memory.used = end;
	return piece->data;
}

bool pool_resize(void *p, size_t size)
{
	struct piece *piece = piece_of(p);
	uint32_t end = end_of(pool_memory.last, size);

	if (piece != piece_at(pool_memory.last) || end == 0)
		return false;
	piece->size = (uint32_t)size;
	pool_memory.used = end;
	return true;
}

size_t pool_size(const void *p)
{
	return piece_of(p)->size;
}

/* Doesn't write to the piece: after a clone that would copy its page. */
void pool_give_back(void *p)
{
	if (piece_of(p) != piece_at(pool_memory.last))
		return;
	pool_memory.used = pool_memory.last;
	pool_memory.last = piece_at(pool_memory.last)->before;
}

bool pool_gave(const void *p)
{
	return (uintptr_t)p - (uintptr_t)pool_memory.data < POOL_SIZE;
}
