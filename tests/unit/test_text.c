/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/text/quote.h"
#include "base/text/utf8.h"

static void characters(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t point;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xe2\x80\xa8", 3, 0x2028 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xf0\x9f\x9a\xa2", 4, 0x1f6a2 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};
	static const char *const wrong[] = { "\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xff", "\xc3(" };

	char bytes[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(utf8_length(cases[i].text, cases[i].len), cases[i].len);
		assert_int_equal(utf8_point(cases[i].text, cases[i].len), cases[i].point);
		assert_int_equal(utf8_encode(cases[i].point, bytes), cases[i].len);
		assert_memory_equal(bytes, cases[i].text, cases[i].len);
		for (size_t left = 1; left < cases[i].len; left++)
			assert_int_equal(utf8_length(cases[i].text, left), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(utf8_length(wrong[i], strlen(wrong[i])), 0);
}

/* A byte that is no character, at every place of texts of every length around the word's. */
static void prefixes(void **state)
{
	(void)state;
	for (size_t len = 0; len < 40; len++) {
		char text[40];

		memset(text, 'x', len);
		assert_int_equal(utf8_prefix(text, len), len);
		for (size_t at = 0; at < len; at++) {
			text[at] = '\xff';
			assert_int_equal(utf8_prefix(text, len), at);
			text[at] = 'x';
		}
	}
	assert_int_equal(utf8_prefix("12345678\xc3\xa4 12345678\xc3", 20), 19);
}

static void quotes(void **state)
{
	static const char text[] = "a\"\\\n\x1b\x7f\0\xff\xc3\xa4\xe2\x80\xa9\xc2\x85";
	cleanup_buf struct buf out = { 0 };

	(void)state;
	quote_append(&out, text, sizeof text - 1);
	assert_string_equal(out.data, "\"a\\\"\\\\\\n\\x1b\\x7f\\x00\\xff\xc3\xa4\\u2029\\u0085\"");
}

static void citations(void **state)
{
	char out[QUOTE_CITED], text[64];

	(void)state;
	assert_string_equal(quote_cite(out, "many", 4), "\"many\"");
	assert_string_equal(quote_cite(out, "", 0), "\"\"");
	memset(text, '\x01', sizeof text);
	assert_int_equal(strlen(quote_cite(out, text, sizeof text)), 40 * 4 + 5);
	memset(text, 'x', sizeof text);
	memcpy(text + 39, "\xc3\xa4", 2); /* isn't cut */
	assert_string_equal(quote_cite(out, text, sizeof text),
		"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(quotes),
		cmocka_unit_test(citations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
