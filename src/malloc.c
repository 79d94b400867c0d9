/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a short life. A command of hull lives for a fraction of a millisecond and allocates
 * some hundred kilobytes at the most; what the C library's malloc() takes to get going - system
 * calls, pages of its own, code - is more than all of that. Here blocks are cut from a pool of the
 * program's own, which takes pages only as they are touched; what is freed goes to a list of its
 * size, of which there are four for each power of two. Large ones are mappings.
 *
 * Only of the static program: a library that comes along may want more of malloc() than this. One
 * thread allocates.
 */
#ifdef HULL_STATIC
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	POOL = 512 * 1024,
	SMALLEST = 64,        /* sizes of blocks */
	LARGEST = 128 * 1024, /* what is larger has a mapping of its own */
	CLASSES = 18 * 4,
	SMALL = 1024, /* up to this they stand together: what is written to all the time is in few
			 pages */
	SMALL_POOL = 8 * 1024,
	IN_USE = 0x5ee5,
	FREE = 0xf4ee,
};

struct block {
	size_t size; /* this head included */
	size_t mark; /* IN_USE or FREE: what is freed twice, or written over by its neighbour, is
			noticed */
	union {
		max_align_t content;
		struct block *next; /* of those that are free */
	} at;
};

struct pool {
	char *next;
	size_t left;
};

static _Alignas(4096) char first_pool[POOL];
static struct {
	struct pool all, small;
	struct block *free[CLASSES];
} heap = { .all = { first_pool, POOL } };

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* What is left of a pool when a new one begins is lost. */
static void *cut(struct pool *pool, size_t size)
{
	bool small = pool == &heap.small;

	if (pool->left < size) {
		pool->next = small ? cut(&heap.all, SMALL_POOL) : map(POOL);
		pool->left = pool->next == NULL ? 0 : small ? SMALL_POOL : POOL;
		if (pool->next == NULL)
			return NULL;
	}
	pool->next += size;
	pool->left -= size;
	return pool->next - size;
}

/* What is needed before there is a heap, which is the block of thread-local storage. */
void *_dl_early_allocate(size_t size);
void *_dl_early_allocate(size_t size)
{
	return cut(&heap.all, (size + 63) & ~(size_t)63);
}

static struct block *block_of(void *p)
{
	struct block *block = (struct block *)(void *)((char *)p - offsetof(struct block, at));

	if (block->mark != IN_USE)
		abort();
	return block;
}

/* To the next of the sizes that there are. */
static size_t rounded(size_t size)
{
	size_t step;

	if (size <= SMALLEST)
		return SMALLEST;
	step = (size_t)1 << (61 - __builtin_clzl(size));
	return (size + step - 1) & ~(step - 1);
}

static unsigned class_of(size_t size)
{
	unsigned log = 63 - (unsigned)__builtin_clzl(size);

	return log << 2 | (size >> (log - 2) & 3);
}

/* *used: it has been in use before. */
static void *take(size_t size, bool *used)
{
	struct block *block, **free_block;

	*used = false;
	if (size > PTRDIFF_MAX - sizeof *block) {
		errno = ENOMEM;
		return NULL;
	}
	size = rounded(size + offsetof(struct block, at));
	free_block = size <= LARGEST ? &heap.free[class_of(size)] : NULL;
	*used = free_block != NULL && *free_block != NULL;
	if (*used) {
		block = *free_block;
		if (block->mark != FREE)
			abort();
		*free_block = block->at.next;
	} else {
		block = free_block == NULL ? map(size)
					   : cut(size <= SMALL ? &heap.small : &heap.all, size);
	}
	if (block == NULL)
		return NULL;
	block->size = size;
	block->mark = IN_USE;
	return &block->at;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the library's declarations have
 * reserved names */
void *malloc(size_t size)
{
	bool used;

	return take(size, &used);
}

void free(void *p)
{
	struct block *block, **list;
	int errnum = errno;

	if (p == NULL)
		return;
	block = block_of(p);
	if (block->size > LARGEST) {
		munmap(block, block->size);
		errno = errnum;
		return;
	}
	list = &heap.free[class_of(block->size)];
	block->mark = FREE;
	block->at.next = *list;
	*list = block;
}

void *calloc(size_t n, size_t size)
{
	size_t whole;
	bool used;
	void *p;

	if (__builtin_mul_overflow(n, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	p = take(whole, &used);
	return p != NULL && used ? memset(p, 0, whole) : p;
}

void *realloc(void *old, size_t size)
{
	size_t room;
	void *p;

	if (old == NULL)
		return malloc(size);
	room = block_of(old)->size - offsetof(struct block, at);
	if (size <= room)
		return old;
	p = malloc(size);
	if (p == NULL)
		return NULL;
	memcpy(p, old, room);
	free(old);
	return p;
}

/* Nobody asks for more than the usual here; the C library wants them to be replaced together. */
void *memalign(size_t alignment, size_t size)
{
	if (alignment <= _Alignof(max_align_t))
		return malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	*p = memalign(alignment, size);
	return *p == NULL ? ENOMEM : 0;
}

size_t malloc_usable_size(void *p)
{
	return p == NULL ? 0 : block_of(p)->size - offsetof(struct block, at);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
#endif
