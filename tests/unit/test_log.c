/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

static char path[] = "/tmp/hull-test-log.XXXXXX";
static struct buf text;

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(path) == NULL;
}

static int tear_down(void **state)
{
	cleanup_free char *file = mem_printf("%s/log", path);

	(void)state;
	buf_free(&text);
	unlink(file);
	return rmdir(path);
}

/* Begins a new log file. */
static void begin(enum log_format format, enum log_level level)
{
	cleanup_free char *file = mem_printf("%s/log", path);
	struct error err = { 0 };

	unlink(file);
	assert_int_equal(log_open(file, format, level, &err), 0);
}

static const char *logged(void)
{
	cleanup_free char *file = mem_printf("%s/log", path);

	buf_clear(&text);
	assert_int_equal(file_read(AT_FDCWD, file, &text, NULL), 0);
	return text.data;
}

/* The line without its time, which must be now, in UTC. */
static const char *without_time(const char *line, const char *before)
{
	static char rest[8192];
	const char *at = strstr(line, before);
	struct tm tm = { 0 };
	const char *end;
	time_t then;

	assert_non_null(at);
	end = strptime(at + strlen(before), "%Y-%m-%dT%H:%M:%SZ\"", &tm);
	assert_non_null(end);
	then = timegm(&tm);
	assert_true(time(NULL) >= then && time(NULL) - then <= 5);
	snprintf(rest, sizeof rest, "%.*s%s", (int)(at - line), line, end);
	return rest;
}

static void text_format(void **state)
{
	(void)state;
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_error("exec: \"%s\": not found", "/nope");
	assert_string_equal(without_time(logged(), "time=\""),
		" level=error msg=\"exec: \\\"/nope\\\": not found\"\n");
}

static void json_format(void **state)
{
	(void)state;
	begin(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_warning("exec: \"%s\": not found", "/nope");
	assert_string_equal(without_time(logged(), "\"time\":\""),
		"{\"level\":\"warning\",\"msg\":\"exec: \\\"/nope\\\": not found\",}\n");
}

static void hostile_bytes_stay_on_their_line(void **state)
{
	(void)state;
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_error("%s",
		"a\nb\tc\\ \x1b[31m \a \xff \xc3\xa4 \xc2\x9b \xe2\x80\xa8 \xed\xa0\x80 \xc0\x80 "
		"\xf0\x9f\x9a\xa2 \x7f");
	assert_string_equal(without_time(logged(), "time=\""),
		" level=error msg=\"a\\nb\\tc\\\\ \\x1b[31m \\a \\xff \xc3\xa4 \\u009b \\u2028 "
		"\\xed\\xa0\\x80 \\xc0\\x80 \xf0\x9f\x9a\xa2 \\x7f\"\n");
	begin(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_error("%s",
		"a\nb\tc\\ \x1b[31m \a \xff \xc3\xa4 \xc2\x9b \xf0\x9f\x9a\xa2 \x7f \xf0\x9f");
	assert_string_equal(without_time(logged(), "\"time\":\""),
		"{\"level\":\"error\",\"msg\":\"a\\nb\\tc\\\\ \\u001b[31m \\u0007 \xef\xbf\xbd "
		"\xc3\xa4 \\u009b \xf0\x9f\x9a\xa2 \\u007f \xef\xbf\xbd\xef\xbf\xbd\",}\n");
}

static void levels(void **state)
{
	(void)state;
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_info("no");
	log_debug("no");
	assert_string_equal(logged(), "");
	assert_false(log_enabled(LOG_LEVEL_INFO));
	assert_true(log_enabled(LOG_LEVEL_ERROR));
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
	log_debug("yes");
	assert_string_equal(without_time(logged(), "time=\""), " level=debug msg=\"yes\"\n");
}

static void appends_and_keeps_errno(void **state)
{
	cleanup_free char *file = mem_printf("file:%s/log", path);
	struct stat st;

	(void)state;
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_error("one");
	assert_int_equal(log_open(file, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	errno = EXDEV;
	log_error("two");
	assert_int_equal(errno, EXDEV);
	assert_non_null(strstr(logged(), "msg=\"one\"\n"));
	assert_non_null(strstr(logged(), "msg=\"two\"\n"));
	assert_int_equal(stat(file + strlen("file:"), &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0644U, 0);
	assert_true(log_is_elsewhere());
}

static void what_cannot_be_opened(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(log_open("/nonexistent/log", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, &err), -1);
	assert_string_equal(err.text, "--log: open /nonexistent/log: it doesn't exist");
}

static void standard_error(void **state)
{
	(void)state;
	assert_int_equal(log_open(NULL, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	assert_false(log_is_elsewhere());
}

static void sink(void *context, enum log_level level, const char *line)
{
	buf_printf(context, "%d:%s;", (int)level, line);
}

static void to_a_sink(void **state)
{
	cleanup_buf struct buf lines = { 0 };

	(void)state;
	log_to_sink(sink, &lines);
	log_warning("a %d", 1);
	log_debug("no");
	log_line(LOG_LEVEL_ERROR, "b");
	assert_string_equal(lines.data, "1:a 1;0:b;");
	assert_true(log_is_elsewhere());
	assert_int_equal(log_open(NULL, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
}

static void long_lines_are_cut(void **state)
{
	static char long_text[20000];

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	begin(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
	log_error("%s", long_text);
	assert_true(strlen(logged()) >= ERROR_TEXT_MAX && strlen(logged()) <= 8192);
	assert_string_equal(logged() + strlen(logged()) - 3, "x\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_format),
		cmocka_unit_test(json_format),
		cmocka_unit_test(hostile_bytes_stay_on_their_line),
		cmocka_unit_test(levels),
		cmocka_unit_test(appends_and_keeps_errno),
		cmocka_unit_test(what_cannot_be_opened),
		cmocka_unit_test(standard_error),
		cmocka_unit_test(to_a_sink),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
