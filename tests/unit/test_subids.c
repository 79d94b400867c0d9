/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * passwd(5) lines, and ranges of IDs that nobody has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/passwd.h"
#include "linux/ids/subids.h"

static void accounts(void **state)
{
	char users[] = "root:x:0:0:root:/root:/bin/sh\n"
		       "no-number:x:a:0::/:\n"
		       "negative:x:-1:0::/:\n"
		       "too-big:x:4294967296:0::/:\n"
		       ":x:5:5::/:\n"
		       "short:x\n"
		       "\n"
		       "no-home:x:7:7\n"
		       "last:x:8:8::/home/last";
	char groups[] = "root:x:0:\nwheel:x:10:root,last\n+nis\n";
	char *text = users;
	struct account a;

	(void)state;
	assert_true(passwd_next(&text, ACCOUNT_USER, &a));
	assert_string_equal(a.name, "root");
	assert_string_equal(a.home, "/root");
	assert_true(passwd_next(&text, ACCOUNT_USER, &a));
	assert_string_equal(a.name, "no-home");
	assert_null(a.home);
	assert_true(passwd_next(&text, ACCOUNT_USER, &a));
	assert_int_equal(a.id, 8);
	assert_string_equal(a.home, "/home/last");
	assert_false(passwd_next(&text, ACCOUNT_USER, &a));
	text = groups;
	assert_true(passwd_next(&text, ACCOUNT_GROUP, &a));
	assert_true(passwd_next(&text, ACCOUNT_GROUP, &a));
	assert_string_equal(a.name, "wheel");
	assert_int_equal(a.id, 10);
	assert_null(a.home);
	assert_false(passwd_next(&text, ACCOUNT_GROUP, &a));
}

static void free_ranges(void **state)
{
	struct subid_range v[] = { { "a", 100000, 65536 }, { "b", 262144, 65536 },
		{ "user", 400000, 1 } };
	subid_list none = { 0 }, taken = { v, 3 };

	(void)state;
	assert_int_equal(subids_free(&none, ID_UNIT), ID_UNIT);
	/* 65536 meets a, 131072 meets a, 196608 is free up to b */
	assert_int_equal(subids_free(&taken, ID_UNIT), 196608);
	assert_int_equal(subids_free(&taken, 2 * ID_UNIT), 458752);
	v[2] = (struct subid_range){ "rest", 327680, UINT32_MAX - 327680 };
	assert_int_equal(subids_free(&taken, 2 * ID_UNIT), 0);
	assert_int_equal(subids_free(&taken, ID_UNIT), 196608);
}

static struct subid_range reserve(struct arena *arena, struct subid_range *v, size_t n, size_t *now)
{
	subid_list taken = { v, n };
	struct subid_range range = subids_reserve_kubelet(arena, &taken);

	*now = taken.n;
	return range;
}

static void the_kubelet(void **state)
{
	const uint32_t pods = KUBELET_PODS * ID_UNIT;
	struct subid_range good[] = { { "a", 65536, 65536 }, { "kubelet", 131072, pods } },
			   small[] = { { "kubelet", 131072, ID_UNIT } },
			   odd[] = { { "kubelet", 100000, pods } },
			   shared[] = { { "kubelet", 65536, pods }, { "a", 100000, 65536 } };
	cleanup_arena struct arena arena = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(reserve(&arena, good, 2, &n).first, 131072);
	assert_int_equal(n, 2);
	assert_int_equal(reserve(&arena, NULL, 0, &n).first, 65536);
	assert_int_equal(n, 1);
	assert_int_equal(reserve(&arena, small, 1, &n).count, pods);
	assert_int_equal(n, 2);
	assert_int_equal(reserve(&arena, odd, 1, &n).first, 65536);
	assert_int_equal(reserve(&arena, shared, 2, &n).first, 196608);
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts),
		cmocka_unit_test(free_ranges),
		cmocka_unit_test(the_kubelet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
