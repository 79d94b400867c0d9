/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "spec/annotations.h"

static bool is_name_character(char c)
{
	return c != '\0' &&
		strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", c) !=
		NULL;
}

/* The length of the annotation's name at text; 0: there is none. */
static size_t name_length(const char *text)
{
	static const char *const prefixes[] = { "io.hull.", "org.criu.", "org.systemd.",
		"run.oci." };
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			len = strlen(prefixes[i]);
	while (len > 0 && is_name_character(text[len]))
		len++;
	return len;
}

static bool is_known(const char *name, size_t len)
{
	for (size_t i = 0; annotation_name(i) != NULL; i++) {
		const char *known = annotation_name(i);
		size_t n = strlen(known);

		if (n == len ? strncmp(known, name, n) == 0
			     : known[n - 1] == '.' && len >= n - 1 &&
					strncmp(known, name, n - 1) == 0)
			return true;
	}
	return false;
}

static char *read_page(const char *path, struct buf *text)
{
	struct error err;

	if (file_read(AT_FDCWD, path, text, &err) < 0)
		fail_msg("%s", err.text);
	return text->data;
}

/* hull.8 explains each annotation, and names none that hull doesn't know. */
static void test_manual(void **state)
{
	cleanup_buf struct buf text = { 0 };
	char *section = strstr(read_page("man/hull.8", &text), "\n.Sh ANNOTATIONS"), *end;

	(void)state;
	assert_non_null(section);
	end = strstr(section + 1, "\n.Sh ");
	assert_non_null(end);
	*end = '\0';
	for (char *p = section; *p != '\0'; p++) {
		size_t len = p[-1] == ' ' ? name_length(p) : 0;

		if (len > 0 && !is_known(p, len))
			fail_msg("man/hull.8: hull doesn't know %.*s", (int)len, p);
	}
	for (size_t i = 0; annotation_name(i) != NULL; i++) {
		const char *name = annotation_name(i);
		size_t len = strlen(name) - (name[strlen(name) - 1] == '.');
		cleanup_free char *wanted = mem_printf(" %.*s", (int)len, name);

		if (strstr(section, wanted) == NULL)
			fail_msg("man/hull.8: ANNOTATIONS lacks %s", name);
	}
}

/* Other documents name only known ones. */
static void test_documents(void **state)
{
	static const char *const pages[] = { "man/hull-userns.7", "man/hull-run.8",
		"man/hull-checkpoint.8", "docs/idmap.md", "docs/migration.md",
		"docs/differences.md", "docs/troubleshooting.in" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		cleanup_buf struct buf text = { 0 };
		const char *begin = read_page(pages[i], &text);

		for (const char *p = begin + 1; *p != '\0'; p++) {
			size_t len = is_name_character(p[-1]) ? 0 : name_length(p);

			/* "io.hull.*", or the end of a sentence */
			while (len > 0 && p[len - 1] == '.')
				len--;
			if (len > strlen("org.systemd") && !is_known(p, len))
				fail_msg("%s: hull doesn't know %.*s", pages[i], (int)len, p);
		}
	}
}

/* Each annotation is covered by its entry in potentiallyUnsafeConfigAnnotations, and rows of one
 * entry are adjacent. */
static void test_unsafe(void **state)
{
	(void)state;
	for (size_t i = 0; annotation_name(i) != NULL; i++) {
		const char *unsafe = annotation_unsafe(i);

		assert_int_equal(strncmp(annotation_name(i), unsafe, strlen(unsafe)), 0);
		for (size_t k = 0; k + 1 < i; k++)
			if (strcmp(annotation_unsafe(k), unsafe) == 0)
				assert_string_equal(annotation_unsafe(i - 1), unsafe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_unsafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
