/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hull says to systemd: names of units, and annotations, whose values are in GVariant's text
 * format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../libexec/hull-systemd/annotations.h"
#include "../../libexec/hull-systemd/gvariant.h"
#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "cgroup/internal.h"

static void unit_names(void **state)
{
	static const struct {
		const char *path;
		bool user;
		const char *expected; /* "slice unit" or "!part of the error" */
	} names[] = {
		{ NULL, false, "system.slice hull-ct.scope" },
		{ "", true, "user.slice hull-ct.scope" },
		{ "machine.slice:libpod:abc", false, "machine.slice libpod-abc.scope" },
		{ "kubepods-besteffort-podx.slice:crio:1", false,
			"kubepods-besteffort-podx.slice crio-1.scope" },
		{ ":docker:1", false, "system.slice docker-1.scope" },
		{ "-:docker:1", false, "-.slice docker-1.scope" },
		{ "a.slice::name", false, "a.slice name.scope" },
		{ "a.slice:prefix:b.slice", false, "a.slice b.slice" },
		{ "a.slice:p+q:a+b_c.d-e@1 f", false,
			"a.slice p\\x2bq-a\\x2bb_c.d-e\\x401\\x20f.scope" },
		{ "/absolute/path", false, "!isn't of the form slice:prefix:name" },
		{ "a.slice:b", false, "!isn't of the form slice:prefix:name" },
		{ "a.slice:b:c:d", false, "!isn't of the form slice:prefix:name" },
		{ "a.slice:b:", false, "!isn't the name of a unit" },
		{ "a:b:c", false, "!isn't the name of a slice" },
		{ "user.slice/a.slice:b:c", false, "!isn't the name of a slice" },
		{ "a.slice:b/../c:d", false, "!isn't the name of a unit" },
		{ "a.slice:b:../../d", false, "!isn't the name of a unit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_arena struct arena arena = { 0 };
		const char *slice, *expected = names[i].expected;
		struct error err = { 0 };
		const char *unit =
			systemd_unit_name(&arena, names[i].path, "ct", names[i].user, &slice, &err);

		if (*expected == '!') {
			assert_null(unit);
			assert_non_null(strstr(err.text, expected + 1));
			continue;
		}
		assert_non_null(unit);
		assert_string_equal(arena_printf(&arena, "%s %s", slice, unit), expected);
	}
}

/* NULs as "|". */
static void readable(struct buf *request)
{
	for (size_t i = 0; i < request->len; i++)
		if (request->data[i] == 0)
			request->data[i] = '|';
	buf_puts(request, "");
}

static const struct {
	const char *text, *expected; /* "!": an error */
} texts[] = {
	{ "true", "b|true|" },
	{ " false ", "b|false|" },
	{ "5", "i|5|" },
	{ "-5", "i|-5|" },
	{ "0x10", "i|16|" },
	{ "1.5", "d|1.5|" },
	{ "1e3", "d|1e3|" },
	{ "uint64 123456789", "t|123456789|" },
	{ "uint64 0xffffffffffffffff", "t|18446744073709551615|" },
	{ "int64 -9223372036854775808", "x|-9223372036854775808|" },
	{ "byte 255", "y|255|" },
	{ "@t 7", "t|7|" },
	{ "double 3", "d|3|" },
	{ "'inactive-or-failed'", "s|inactive-or-failed|" },
	{ "\"two words\"", "s|two words|" },
	{ "'it\\'s \\u00e4 \\U0001f40b\\n'", "s|it's ä 🐋\n|" },
	{ "''", "s||" },
	{ "objectpath '/a'", "o|/a|" },
	{ "['crio.service']", "as|1|crio.service|" },
	{ "['a', \"b\" , 'c']", "as|3|a|b|c|" },
	{ "@as []", "as|0|" },
	{ "[uint64 1, 2]", "at|2|1|2|" },
	{ "[[1],[2,3]]", "aai|2|1|1|2|2|3|" },
	{ "[('/dev/sda', uint64 5)]", "a(st)|1|/dev/sda|5|" },
	{ "@a(st) [('/dev/sda', 5), ('b', 6)]", "a(st)|2|/dev/sda|5|b|6|" },
	{ "('a', 1, true)", "(sib)|a|1|true|" },
	{ "", "!" },
	{ "tru", "!" },
	{ "truee", "!" },
	{ "'open", "!" },
	{ "'a' b", "!" },
	{ "5 6", "!" },
	{ "5x", "!" },
	{ "2147483648", "!" },
	{ "uint64 -1", "!" },
	{ "uint64 18446744073709551616", "!" },
	{ "byte 256", "!" },
	{ "int16 40000", "!" },
	{ "uint64 'a'", "!" },
	{ "boolean 1", "!" },
	{ "string 5", "!" },
	{ "uint64 1.5", "!" },
	{ "[]", "!" },
	{ "[1, 'a']", "!" },
	{ "[1", "!" },
	{ "[1,", "!" },
	{ "[1 2]", "!" },
	{ "()", "!" },
	{ "(1", "!" },
	{ "@a{sv} {}", "!" },
	{ "@v <1>", "!" },
	{ "<1>", "!" },
	{ "{'a': 1}", "!" },
	{ "just 5", "!" },
	{ "@", "!" },
	{ "@as", "!" },
	{ "@as 5", "!" },
	{ "'\\ud800'", "!" },
	{ "'\\u0000'", "!" },
	{ "'\\u12'", "!" },
	{ "nan", "!" },
	{ "inf", "!" },
	{ "[[[[[[[[[[[[1]]]]]]]]]]]]", "!" },
	{ "@t uint64 5", "!" },
	{ "-", "!" },
	{ "+.", "!" },
	{ "@(s ('a',)", "!" },
};

static void values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_buf struct buf signature = { 0 }, out = { 0 };
		struct error err = { 0 };
		int result = gvariant_read(texts[i].text, &signature, &out, &err);

		if (*texts[i].expected == '!') {
			if (result == 0 || !*err.text)
				fail_msg("%s: accepted", texts[i].text);
			continue;
		}
		if (result < 0)
			fail_msg("%s: %s", texts[i].text, err.text);
		buf_append(&signature, out.data, out.len);
		readable(&signature);
		assert_string_equal(signature.data, texts[i].expected);
	}
}

static void annotations(void **state)
{
	static const struct {
		const char *key, *value, *expected;
	} known[] = {
		{ "org.systemd.property.CollectMode", "'inactive-or-failed'",
			"CollectMode|s|inactive-or-failed|" },
		{ "org.systemd.property.TimeoutStopUSec", "uint64 123456789",
			"TimeoutStopUSec|t|123456789|" },
		{ "org.systemd.property.TimeoutStopSec", "1.5", "TimeoutStopUSec|t|1500000|" },
		{ "org.systemd.property.TimeoutStopSec", "3", "TimeoutStopUSec|t|3000000|" },
		{ "org.systemd.property.After", "['crio.service']", "After|as|1|crio.service|" },
		{ "org.systemd.property.DefaultDependencies", "true",
			"DefaultDependencies|b|true|" },
		{ "org.systemd.other", "1", "!isn't the name of a property" },
		{ "org.systemd.property.TimeoutStopSec", "-1", "!number of seconds" },
		{ "org.systemd.property.TimeoutStopSec", "'1'", "!number of seconds" },
		{ "org.systemd.property.CollectMode", "inactive", "!expected" },
		{ "org.systemd.property.CollectMode", "'x'; 'y'", "!expected the end" },
		{ "org.systemd.property.", "1", "!isn't the name of a property" },
		{ "org.systemd.property.Collect Mode", "1", "!isn't the name of a property" },
		{ "org.systemd.property.collectMode", "1", "!isn't the name of a property" },
		{ "org.systemd.property.PIDs", "[uint32 1]", "!can't be set by an annotation" },
		{ "org.systemd.property.Slice", "'a.slice'", "!can't be set by an annotation" },
		{ "org.systemd.property.Delegate", "false", "!can't be set by an annotation" },
		{ "org.systemd.property.Conflicts", "['sshd.service']",
			"!can't be set by an annotation" },
		{ "org.systemd.property.OnFailure", "['evil.service']",
			"!can't be set by an annotation" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		cleanup_buf struct buf name = { 0 }, signature = { 0 }, values = { 0 },
				       request = { 0 };
		struct error err = { 0 };
		int result = annotation_read(
			known[i].key, known[i].value, &name, &signature, &values, &err);

		if (*known[i].expected == '!') {
			assert_int_equal(result, -1);
			if (!strstr(err.text, known[i].expected + 1) ||
				!strstr(err.text, known[i].key))
				fail_msg("%s = %s: %s", known[i].key, known[i].value, err.text);
			continue;
		}
		if (result < 0)
			fail_msg("%s: %s", known[i].value, err.text);
		buf_printf(&request, "%s%c", name.data, 0);
		buf_append(&request, signature.data, signature.len);
		buf_append(&request, values.data, values.len);
		readable(&request);
		assert_string_equal(request.data, known[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unit_names),
		cmocka_unit_test(values),
		cmocka_unit_test(annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
