/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/list.h"
#include "base/text/bitlist.h"

static void lists(void **state)
{
	static const struct {
		const char *text;
		unsigned long word;
		size_t words;
	} cases[] = {
		{ "", 0, 0 },
		{ "  ", 0, 0 },
		{ "0", 1, 1 },
		{ "0-3,7", 0x8f, 1 },
		{ "3,1,2", 0xe, 1 },
		{ " 1 - 2 , 4 \n", 0x16, 1 },
		{ "0,0,0", 1, 1 },
		{ "5-5", 0x20, 1 },
		{ "31", 1UL << 31, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_bitlist struct bitlist list = { 0 };

		assert_int_equal(bitlist_parse(cases[i].text, &list, NULL), 0);
		assert_int_equal(list.n, cases[i].words);
		if (list.n > 0)
			assert_true(list.words[0] == cases[i].word);
	}
}

enum { WORD_BITS = 8 * sizeof(unsigned long) };

static bool has(const struct bitlist *list, size_t bit)
{
	return bit / WORD_BITS < list->n && (list->words[bit / WORD_BITS] >> bit % WORD_BITS & 1);
}

static void beyond_one_word(void **state)
{
	cleanup_bitlist struct bitlist list = { 0 };

	(void)state;
	assert_int_equal(bitlist_parse("1,62-66,65535", &list, NULL), 0);
	assert_int_equal(list.n, 65536 / WORD_BITS);
	for (size_t i = 0; i < 70000; i++)
		assert_int_equal(has(&list, i), i == 1 || (i >= 62 && i <= 66) || i == 65535);
}

static void nonsense(void **state)
{
	static const char *const bad[] = { ",", "0,", "0-3, ", "-", "1-", "-1", "3-1", "a", "1 2",
		"1;2", "0x1", "65536", "99999999999999999999", "1-2-3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = { 0 };
		struct bitlist list;

		assert_int_equal(bitlist_parse(bad[i], &list, &err), -1);
		assert_non_null(strstr(err.text, bad[i]));
		assert_null(list.words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(beyond_one_word),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
