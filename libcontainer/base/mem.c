/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"

enum {
	FORMAT_ROOM = 48,
	LEAST_ROOM = 4, /* elements of a list */
};

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

/* Sizes of blocks. The first block of an arena is small, so that small arenas share a page. */
enum {
	FIRST_BLOCK = 512 - sizeof(struct arena_block),
	LARGEST_BLOCK = 8 * 1024,
};

__attribute__((noreturn, cold)) static void out_of_memory(void)
{
	static const char text[] = "hull: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) { /* no other way to report it */
	}
	_exit(1);
}

/* Falls back to malloc() when the pool is full. */
void *mem_realloc(void *old, size_t size)
{
	bool of_pool = old != NULL && pool_gave(old);
	void *p;

	size = size ? size : 1;
	if (of_pool && pool_resize(old, size))
		return old;
	if (old != NULL && !of_pool) {
		p = realloc(old, size);
	} else {
		p = pool_take(size);
		if (p == NULL)
			p = malloc(size);
	}
	if (p == NULL)
		out_of_memory();
	if (of_pool) {
		memcpy(p, old, pool_size(old) < size ? pool_size(old) : size);
		pool_give_back(old);
	}
	return p;
}

/* calloc() doesn't touch pages that the kernel has zeroed: much of a large table is never used. */
void *mem_alloc(size_t size)
{
	void *p;

	size = size ? size : 1;
	p = pool_take(size);
	if (p != NULL)
		return memset(p, 0, size);
	p = calloc(1, size);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_realloc(NULL, size), text, size);
}

void mem_free(void *p)
{
	if (pool_gave(p))
		pool_give_back(p);
	else
		free(p);
}

/* Formats only once if the text fits into the available space, as it usually does. */
__attribute__((format(printf, 2, 0))) static void append_formatted(
	struct buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int len;

	buf_reserve(buf, FORMAT_ROOM);
	room = buf->size - buf->len;
	va_copy(again, ap);
	len = vsnprintf(buf->data + buf->len, room, fmt, ap);
	if (len < 0)
		out_of_memory();
	if ((size_t)len >= room) {
		buf_reserve(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	buf->len += (size_t)len;
}

char *mem_printf(const char *fmt, ...)
{
	struct buf buf = { 0 };
	va_list ap;

	va_start(ap, fmt);
	append_formatted(&buf, fmt, ap);
	va_end(ap);
	return buf.data;
}

/* Returns uninitialised memory. align: a power of two. */
static char *arena_take(struct arena *arena, size_t size, size_t align)
{
	struct arena_block *block = arena->blocks;
	size_t begin = block == NULL ? 0 : (block->used + align - 1) & ~(align - 1);

	if (size > SIZE_MAX - sizeof *block)
		out_of_memory();
	if (block == NULL || begin > block->size || block->size - begin < size) {
		size_t room = block == NULL ? FIRST_BLOCK : block->size * 2;

		room = room > LARGEST_BLOCK ? LARGEST_BLOCK : room;
		room = room < size ? size : room;
		block = mem_realloc(NULL, sizeof *block + room);
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
		begin = 0;
	}
	block->used = begin + size;
	return block->data + begin;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	/* zero only what was requested: the rest of the block may never be touched */
	return memset(arena_take(arena, size, _Alignof(max_align_t)), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *p = arena_take(arena, len + 1, 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	struct buf buf = { 0 };
	va_list ap;
	char *text;

	va_start(ap, fmt);
	append_formatted(&buf, fmt, ap);
	va_end(ap);
	text = arena_strndup(arena, buf.data, buf.len);
	buf_free(&buf);
	return text;
}

void *arena_grow(
	struct arena *arena, void *array, size_t n, size_t *room, size_t wanted, size_t size)
{
	size_t grown = n + n / 2 > wanted ? n + n / 2 : wanted;
	char *copy;

	if (array != NULL && wanted <= *room)
		return array;
	if (grown < LEAST_ROOM)
		grown = LEAST_ROOM;
	if (grown > SIZE_MAX / 2 / size)
		out_of_memory();
	copy = arena_alloc(arena, grown * size);
	if (array != NULL)
		memcpy(copy, array, n * size);
	*room = grown;
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *next = arena->blocks->next;

		mem_free(arena->blocks);
		arena->blocks = next;
	}
}

char *buf_reserve(struct buf *buf, size_t room)
{
	if (room > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
		out_of_memory();
	if (buf->size < buf->len + room + 1) {
		buf->size = (buf->len + room + 1) * 2;
		buf->data = mem_realloc(buf->data, buf->size);
	}
	return buf->data + buf->len;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
	memcpy(buf_reserve(buf, len), data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append_formatted(buf, fmt, ap);
	va_end(ap);
}

void buf_fit(struct buf *buf)
{
	if (pool_gave(buf->data) && pool_resize(buf->data, buf->len + 1))
		buf->size = buf->len + 1;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	mem_free(buf->data);
	*buf = (struct buf){ 0 };
}
