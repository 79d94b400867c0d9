/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"

static void arena_keeps_everything_until_the_end(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	char *text[500];

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		unsigned char *block = arena_alloc(&arena, i * 37);

		assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < i * 37; j++)
			assert_int_equal(block[j], 0);
		memset(block, 0xff, i * 37);
		text[i] = arena_printf(&arena, "%zu", i);
	}
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(strtoul(text[i], NULL, 10), i);
	assert_string_equal(arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(arena_strndup(&arena, "abc", 2), "ab");
	assert_string_equal(arena_strdup(&arena, ""), "");
}

static void arena_can_be_used_again(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	arena_alloc(&arena, 100000);
	arena_free(&arena);
	assert_null(arena.blocks);
	assert_string_equal(arena_strdup(&arena, "again"), "again");
	arena_free(&arena);
}

static void buf_grows(void **state)
{
	cleanup_buf struct buf buf = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_append(&buf, "ab\0", 3);
	assert_int_equal(buf.len, 9000);
	assert_memory_equal(buf.data + 8997, "ab\0", 4); /* the NUL behind it too */
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_puts(&buf, "x=");
	buf_printf(&buf, "%05d", 42);
	assert_string_equal(buf.data, "x=00042");
	assert_int_equal(buf.len, 7);
	memset(buf_reserve(&buf, 10000), 'y', 10000);
	buf.len += 10000;
	assert_true(buf.size > buf.len);
}

static void buf_of_nothing(void **state)
{
	cleanup_buf struct buf buf = { 0 };

	(void)state;
	buf_clear(&buf);
	assert_null(buf.data);
	buf_puts(&buf, "");
	assert_string_equal(buf.data, "");
}

static void strings(void **state)
{
	cleanup_free char *copy = mem_strdup("copy"), *text = mem_printf("%s-%d", "a", 7);
	cleanup_free char *zeroed = mem_alloc(64);

	(void)state;
	assert_string_equal(copy, "copy");
	assert_string_equal(text, "a-7");
	for (int i = 0; i < 64; i++)
		assert_int_equal(zeroed[i], 0);
	copy = mem_realloc(copy, 1000);
	assert_string_equal(copy, "copy");
}

/* Elements added one by one, with other allocations in between, cost memory in proportion. */
static void lists_grow_geometrically(void **state)
{
	enum { N = 100000, MOST_COPIES = 40 };
	cleanup_arena struct arena arena = { 0 };
	LIST(size_t) list = { 0 };
	size_t copies = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		const size_t *before = list.v;

		*LIST_ADD(&arena, &list) = i;
		copies += list.v != before;
		arena_strdup(&arena, "between");
	}
	assert_int_equal(list.n, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(list.v[i], i);
	assert_true(copies <= MOST_COPIES);
}

/* A list without room of its own is copied before something is added to it. */
static void shared_lists_are_copied(void **state)
{
	static int constant[] = { 1, 2 };
	cleanup_arena struct arena arena = { 0 };
	LIST(int) list = { constant, 2, 0 };

	(void)state;
	*LIST_ADD(&arena, &list) = 3;
	assert_ptr_not_equal(list.v, constant);
	assert_int_equal(list.v[1], 2);
	assert_int_equal(list.v[2], 3);
	assert_int_equal(LIST_RESERVE(&arena, &list, 100)[102], 0);
	assert_true(list.room >= 103);
	assert_int_equal(list.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_everything_until_the_end),
		cmocka_unit_test(arena_can_be_used_again),
		cmocka_unit_test(lists_grow_geometrically),
		cmocka_unit_test(shared_lists_are_copied),
		cmocka_unit_test(buf_grows),
		cmocka_unit_test(buf_of_nothing),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
