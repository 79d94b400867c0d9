/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory. There are two kinds: an arena, which owns everything that was decoded from one document
 * and is freed as a whole; and a growing buffer of bytes. If memory runs out, the process prints a
 * message and exits; `delete --force` removes what it leaves behind.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

struct arena {
	struct arena_block *blocks;
};

/* Returns zeroed memory that lives as long as the arena. */
void *arena_alloc(struct arena *arena, size_t size)
	__attribute__((malloc, alloc_size(2), returns_nonnull));
char *arena_strndup(struct arena *arena, const char *text, size_t len)
	__attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
/*
 * Ensures space for `wanted` elements of `size` bytes in an array with n elements and capacity
 * *room (0: its memory isn't writable). Returns array, or a copy with more capacity; elements from
 * n are zero. Called by LIST_ADD() and LIST_RESERVE().
 */
void *arena_grow(struct arena *arena, void *array, size_t n, size_t *room, size_t wanted,
	size_t size) __attribute__((returns_nonnull));
void arena_free(struct arena *arena);

/* A growing byte string; data is always followed by a NUL that len doesn't count. */
struct buf {
	char *data;
	size_t len, size;
};

/* Append bytes, a string, or formatted text. buf_printf() returns no length: see buf->len. */
void buf_append(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Returns at least `room` writable bytes after len; the caller adds what it used to len. */
char *buf_reserve(struct buf *buf, size_t room);
/* Frees the unused capacity after len. */
void buf_fit(struct buf *buf);
void buf_clear(struct buf *buf);
void buf_free(struct buf *buf);

void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull)); /* zeroed */
void *mem_realloc(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((returns_nonnull));
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Frees memory from these functions or from malloc(). */
void mem_free(void *p);

static inline void free_pointer(void *p)
{
	mem_free(*(void **)p);
}

#define cleanup_free __attribute__((cleanup(free_pointer)))
#define cleanup_buf __attribute__((cleanup(buf_free)))
#define cleanup_arena __attribute__((cleanup(arena_free)))
