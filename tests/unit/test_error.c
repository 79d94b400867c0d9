/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "base/error.h"

static void says_what_failed(void **state)
{
	struct error err = { 0 };

	(void)state;
	errno = EPERM;
	assert_int_equal(error_set(&err, ENOENT, "open %s", "/x"), -1);
	assert_string_equal(err.text, "open /x: it doesn't exist");
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(error_set(&err, 0, "/process/args: empty"), -1);
	assert_string_equal(err.text, "/process/args: empty");
	assert_int_equal(err.code, 0);
}

static void takes_errno(void **state)
{
	struct error err = { 0 };

	(void)state;
	errno = EPERM;
	assert_int_equal(error_errno(&err, "mount"), -1);
	assert_string_equal(err.text, "mount: not permitted");
	assert_int_equal(errno, EPERM);
}

static void adds_context_and_hint(void **state)
{
	struct error err = { 0 };

	(void)state;
	error_set(&err, EINVAL, "set flags");
	assert_int_equal(error_prefix(&err, "mount %d", 3), -1);
	assert_int_equal(error_hint(&err, "needs Linux %s", "6.3"), -1);
	assert_string_equal(err.text, "mount 3: set flags: invalid argument; needs Linux 6.3");
	assert_int_equal(err.code, EINVAL);
}

static void cuts_what_is_too_long(void **state)
{
	static char text[2 * ERROR_TEXT_MAX];
	struct error err = { 0 };

	(void)state;
	memset(text, 'x', sizeof text - 1);
	error_set(&err, EINVAL, "%s", text);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_prefix(&err, "before");
	error_hint(&err, "behind");
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_memory_equal(err.text, "before: xxx", 11);
}

static void nobody_asked(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, EINVAL, "x"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(error_errno(NULL, "x"), -1);
	assert_int_equal(error_prefix(NULL, "x"), -1);
	assert_int_equal(error_hint(NULL, "x"), -1);
}

/* podman and Docker search messages for these words. */
static void only_the_program_gets_the_words_that_engines_match(void **state)
{
	static const struct {
		int errnum;
		const char *words;
	} matched[] = {
		{ ENOENT, "no such file or directory" },
		{ EACCES, "permission denied" },
		{ EPERM, "operation not permitted" },
		{ EISDIR, "is a directory" },
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof matched / sizeof *matched; i++) {
		int errnum = matched[i].errnum;

		assert_int_equal(error_of_program(&err, errnum, "exec: \"x\""), -1);
		assert_int_equal(err.code, errnum);
		assert_int_equal(errno, errnum);
		assert_string_equal(err.text + strlen("exec: \"x\": "), matched[i].words);
		for (int other = 1; other < 4096; other++)
			assert_null(strstr(error_words(other), matched[i].words));
		error_set(&err, errnum, "open");
		assert_null(strstr(err.text, matched[i].words));
		assert_null(strstr(err.text, "not found"));
	}
}

static void limits_by_name(void **state)
{
	struct rlimit kept, none;
	struct error err = { 0 };

	(void)state;
	error_set(&err, ENFILE, "open /x");
	assert_non_null(strstr(err.text, "fs.file-max: "));
	error_set(&err, EMFILE, "inotify_init1");
	assert_string_equal(err.text, "inotify_init1: too many open files");
	getrlimit(RLIMIT_NOFILE, &kept);
	none = (struct rlimit){ 0, kept.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	error_set(&err, EMFILE, "open /x");
	setrlimit(RLIMIT_NOFILE, &kept);
	assert_string_equal(err.text,
		"open /x: too many open files (this process may have 0: RLIMIT_NOFILE, ulimit -n)");
}

static void words_in_lower_case(void **state)
{
	(void)state;
	assert_string_equal(error_words(EACCES), "access denied");
	assert_string_equal(error_words(EIO), "input/output error");
	assert_string_equal(error_words(ENOTDIR), "not a directory");
	assert_string_equal(error_words(4000), "errno 4000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_failed),
		cmocka_unit_test(takes_errno),
		cmocka_unit_test(adds_context_and_hint),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(nobody_asked),
		cmocka_unit_test(words_in_lower_case),
		cmocka_unit_test(limits_by_name),
		cmocka_unit_test(only_the_program_gets_the_words_that_engines_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
