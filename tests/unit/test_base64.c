/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/text/base64.h"

/* RFC 4648, 10 */
static void test_vectors(void **state)
{
	static const struct {
		const char *text, *bytes;
	} good[] = { { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" },
		{ "Zm8", "fo" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_buf struct buf out = { 0 };

		assert_true(base64_decode(good[i].text, &out));
		assert_int_equal(out.len, strlen(good[i].bytes));
		if (out.len > 0)
			assert_memory_equal(out.data, good[i].bytes, out.len);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = { "Z", "Zm9vY", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
		"Zg==Zg==", "Zm-_", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_buf struct buf out = { 0 };

		assert_false(base64_decode(bad[i], &out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
