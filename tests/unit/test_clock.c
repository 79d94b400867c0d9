/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

/* Compares with libc: every day of 400 years, and some seconds of each. */
static void as_libc_says(void **state)
{
	cleanup_buf struct buf text = { 0 };
	char want[32];
	struct tm tm;

	(void)state;
	for (int64_t day = 0; day < 146097 + 2; day++) {
		struct timespec when = { day * 86400 + day * 7919 % 86400, 0 };

		buf_clear(&text);
		clock_format(&text, &when, false);
		gmtime_r(&when.tv_sec, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(text.data, want);
	}
}

static void with_nanoseconds(void **state)
{
	const struct timespec when = { 951782400 + 86399, 1234 };
	cleanup_buf struct buf text = { 0 };

	(void)state;
	clock_format(&text, &when, true);
	assert_string_equal(text.data, "2000-02-29T23:59:59.000001234Z");
}

static void now(void **state)
{
	cleanup_buf struct buf text = { 0 };
	struct tm tm = { 0 };
	time_t then;

	(void)state;
	clock_append(&text, false);
	assert_non_null(strptime(text.data, "%Y-%m-%dT%H:%M:%SZ", &tm));
	then = timegm(&tm);
	assert_true(time(NULL) >= then && time(NULL) - then <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_libc_says),
		cmocka_unit_test(with_nanoseconds),
		cmocka_unit_test(now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
