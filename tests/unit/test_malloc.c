/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * src/malloc.c under other names: blocks of every size that hold what is written to them, whatever
 * is freed around them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* The declarations of the library's, before the names mean something else. */
#include <malloc.h>

#undef HULL_STATIC
#define HULL_STATIC
#define malloc our_malloc
#define free our_free
#define calloc our_calloc
#define realloc our_realloc
#define memalign our_memalign
#define aligned_alloc our_aligned_alloc
#define posix_memalign our_posix_memalign
#define malloc_usable_size our_malloc_usable_size
#define _dl_early_allocate our_early_allocate
void *our_malloc(size_t size);
void our_free(void *p);
void *our_calloc(size_t n, size_t size);
void *our_realloc(void *old, size_t size);
void *our_memalign(size_t alignment, size_t size);
void *our_aligned_alloc(size_t alignment, size_t size);
int our_posix_memalign(void **p, size_t alignment, size_t size);
size_t our_malloc_usable_size(void *p);
#include "../../src/malloc.c"

enum { SLOTS = 200, STEPS = 40000 };

static bool holds(const unsigned char *p, size_t len, unsigned char value)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != value)
			return false;
	return true;
}

static void blocks_hold_what_is_written(void **state)
{
	static struct {
		unsigned char *p, value;
		size_t len;
	} slots[SLOTS];
	uint32_t random = 1;

	(void)state;
	for (unsigned step = 0; step < STEPS; step++) {
		size_t slot = (random = random * 1664525 + 1013904223) >> 8;
		size_t len = (random = random * 1664525 + 1013904223) >> 8;
		unsigned char *p;

		slot %= SLOTS;
		len %= step % 100 == 0 ? 300000 : 3000;
		assert_true(holds(slots[slot].p, slots[slot].len, slots[slot].value));
		if (step % 3 == 0) {
			free(slots[slot].p);
			slots[slot].p = p = calloc(1, len);
			assert_true(holds(p, len, 0));
		} else {
			p = realloc(slots[slot].p, len);
			assert_true(holds(p, len < slots[slot].len ? len : slots[slot].len,
				slots[slot].value));
			slots[slot].p = p;
		}
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_true(malloc_usable_size(p) >= len);
		slots[slot].len = len;
		slots[slot].value = (unsigned char)step;
		memset(p, slots[slot].value, len);
	}
	for (unsigned slot = 0; slot < SLOTS; slot++)
		free(slots[slot].p);
}

static void what_cannot_be(void **state)
{
	void *p = NULL;

	(void)state;
	assert_null(malloc(SIZE_MAX));
	assert_null(malloc(PTRDIFF_MAX));
	assert_null(calloc(SIZE_MAX / 2, 4));
	assert_null(aligned_alloc(4096, 1));
	assert_int_equal(posix_memalign(&p, 64, 1), ENOMEM);
	assert_int_equal(posix_memalign(&p, 16, 1), 0);
	free(p);
	free(NULL);
	p = realloc(NULL, 0);
	assert_non_null(p);
	free(p);
}

static int status_of(void (*does)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		does();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void free_twice(void)
{
	void *p = malloc(100);

	free(p);
	free(p);
}

static void free_what_the_neighbour_wrote_over(void)
{
	unsigned char *p = malloc(100);

	memset(p - offsetof(struct block, at), 'x', offsetof(struct block, at));
	free(p);
}

static void mistakes_end_the_process(void **state)
{
	(void)state;
	assert_int_equal(WTERMSIG(status_of(free_twice)), SIGABRT);
	assert_int_equal(WTERMSIG(status_of(free_what_the_neighbour_wrote_over)), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_hold_what_is_written),
		cmocka_unit_test(what_cannot_be),
		cmocka_unit_test(mistakes_end_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
