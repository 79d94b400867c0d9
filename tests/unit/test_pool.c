/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pool behind mem_alloc() and its kin, and malloc(), which serves what it has no place for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pool.h"

static void what_was_taken_last_grows_in_place(void **state)
{
	char *first = pool_take(10), *second = pool_take(10);

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	assert_null(first); /* then malloc() serves all */
	assert_null(second);
#else
	assert_false(pool_resize(first, 100));
	memset(second, 'x', 10);
	assert_true(pool_resize(second, 1000));
	assert_int_equal(pool_size(second), 1000);
	assert_int_equal(second[9], 'x');
	pool_give_back(second);
	assert_ptr_equal(pool_take(1), second);
	pool_give_back(second);
	pool_give_back(first);
	assert_ptr_equal(pool_take(1), first);
	pool_give_back(first);
#endif
}

static void pieces_do_not_overlap(void **state)
{
	unsigned char *pieces[64];

	(void)state;
	for (size_t i = 0; i < 64; i++)
		pieces[i] = memset(mem_alloc(i), (int)i, i);
	for (size_t i = 0; i < 64; i++) {
		pieces[i] = mem_realloc(pieces[i], i + 200);
		memset(pieces[i] + i, (int)i, 200);
	}
	for (size_t i = 0; i < 64; i++) {
		for (size_t j = 0; j < i + 200; j++)
			assert_int_equal(pieces[i][j], i);
		mem_free(pieces[i]);
	}
}

static void malloc_serves_what_is_too_large(void **state)
{
	size_t size = 1024 * 1024;
	char *small = mem_alloc(8), *large;

	(void)state;
	memcpy(small, "content", 8);
	large = mem_realloc(small, size);
	assert_false(pool_gave(large));
	assert_string_equal(large, "content");
	memset(large + 8, 1, size - 8);
	large = mem_realloc(large, 2 * size);
	assert_string_equal(large, "content");
	assert_int_equal(large[size - 1], 1);
	mem_free(large);
	assert_null(pool_take(SIZE_MAX));
	assert_null(pool_take(SIZE_MAX - 8));
	mem_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_taken_last_grows_in_place),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(malloc_serves_what_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
