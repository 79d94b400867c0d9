/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/json/json.h"
#include "base/list.h"
#include "base/mem.h"

/* ---- a document with everything in it ---- */

struct point {
	int32_t x, y;
};
struct named_point {
	const char *key;
	struct point value;
};
struct pair {
	const char *key, *value;
};

struct document {
	const char *name, *filled, *maybe;
	bool flag, shown;
	int32_t i32;
	int64_t i64;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	struct opt_bool opt_flag;
	struct opt_int32 opt_i32;
	struct opt_int64 opt_i64;
	struct opt_uint16 opt_u16;
	struct opt_uint32 opt_u32;
	struct opt_uint64 opt_u64;
	int colour;
	struct point here;
	struct point *there;
	LIST(const char *) words;
	LIST(uint32_t) numbers;
	LIST(int) colours;
	LIST(struct point) points;
	LIST(struct pair) texts;
	LIST(struct named_point) places;
	const char *raw;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct json_field point_fields[] = {
	FIELD(struct point, x, "x", JSON_INT32, .required = true),
	FIELD(struct point, y, "y", JSON_INT32),
	FIELD_END,
};
static const struct json_table point_table = { "Point", sizeof(struct point), point_fields };

static const struct json_field document_fields[] = {
	FIELD(struct document, name, "name", JSON_STRING),
	FIELD(struct document, filled, "filled", JSON_STRING, .not_empty = true),
	FIELD(struct document, maybe, "maybe", JSON_STRING, .empty_is_absent = true),
	FIELD(struct document, flag, "flag", JSON_BOOL),
	FIELD(struct document, shown, "shown", JSON_BOOL, .always = true),
	FIELD(struct document, i32, "i32", JSON_INT32),
	FIELD(struct document, i64, "i64", JSON_INT64),
	FIELD(struct document, u16, "u16", JSON_UINT16),
	FIELD(struct document, u32, "u32", JSON_UINT32),
	FIELD(struct document, u64, "u64", JSON_UINT64),
	FIELD(struct document, opt_flag, "optFlag", JSON_OPT_BOOL),
	FIELD(struct document, opt_i32, "optI32", JSON_OPT_INT32),
	FIELD(struct document, opt_i64, "optI64", JSON_OPT_INT64),
	FIELD(struct document, opt_u16, "optU16", JSON_OPT_UINT16),
	FIELD(struct document, opt_u32, "optU32", JSON_OPT_UINT32),
	FIELD(struct document, opt_u64, "optU64", JSON_OPT_UINT64),
	FIELD(struct document, colour, "colour", JSON_ENUM, .names = colours),
	FIELD_END,
};

/* Two tables for one struct: scalars, and what contains others. */
static const struct json_field nested_fields[] = {
	FIELD(struct document, here, "here", JSON_OBJECT, .table = &point_table),
	FIELD(struct document, there, "there", JSON_POINTER, .table = &point_table),
	FIELD_LIST(struct document, words, "words", JSON_STRING),
	FIELD_LIST(struct document, numbers, "numbers", JSON_UINT32, .not_empty = true),
	FIELD_LIST(struct document, colours, "colours", JSON_ENUM, .names = colours),
	FIELD_LIST(struct document, points, "points", JSON_OBJECT, .table = &point_table),
	FIELD_MAP(struct document, texts, "texts", JSON_STRING),
	FIELD_MAP(struct document, places, "places", JSON_OBJECT, .table = &point_table),
	FIELD(struct document, raw, "raw", JSON_RAW),
	FIELD_END,
};
static const struct json_table flat = { "Flat", sizeof(struct document), document_fields };
static const struct json_table nested = { "Nested", sizeof(struct document), nested_fields };

struct fixture {
	struct arena arena;
	struct document document;
	struct error err;
};

static int set_up(void **state)
{
	*state = mem_alloc(sizeof(struct fixture));
	return 0;
}

static int tear_down(void **state)
{
	arena_free(&((struct fixture *)*state)->arena);
	mem_free(*state);
	return 0;
}

static struct document *decode(void **state, const struct json_table *table, const char *text)
{
	struct fixture *f = *state;
	size_t len = strlen(text);
	char *bytes = malloc(
		len > 0 ? len : 1); /* without a NUL behind it: ASan sees who reads further */
	int result;

	memcpy(bytes, text, len);
	memset(&f->document, 0, sizeof f->document);
	result = json_decode(&f->arena, &(struct json_source){ "doc", bytes, len }, table,
		&f->document, &f->err);
	mem_free(bytes);
	return result == 0 ? &f->document : NULL;
}

static struct document *good(void **state, const struct json_table *table, const char *text)
{
	struct document *document = decode(state, table, text);

	if (document == NULL)
		fail_msg("%s: %s", text, ((struct fixture *)*state)->err.text);
	return document;
}

static void bad(void **state, const struct json_table *table, const char *text, const char *message)
{
	if (decode(state, table, text) != NULL)
		fail_msg("accepted: %s", text);
	assert_string_equal(((struct fixture *)*state)->err.text, message);
}

/* ---- values ---- */

static void test_scalars(void **state)
{
	struct document *d = good(state, &flat,
		" { \"name\" : \"a\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\", \"flag\":true,"
		"\t\"i32\":-7,\r\n"
		"\"optFlag\":false, \"optU16\":0, \"colour\":\"green\" } \n");

	assert_string_equal(d->name, "a\xc3\xa9\xf0\x9f\x98\x80\n\"\\/");
	assert_true(d->flag);
	assert_int_equal(d->i32, -7);
	assert_true(d->opt_flag.set);
	assert_false(d->opt_flag.value);
	assert_true(d->opt_u16.set);
	assert_false(d->opt_u32.set);
	assert_int_equal(d->colour, 2);
	assert_null(d->filled);
}

static void test_integers(void **state)
{
	struct document *d = good(state, &flat,
		"{\"i32\":-2147483648,\"i64\":-9223372036854775808,\"u16\":65535,"
		"\"u32\":4294967295,\"u64\":18446744073709551615,\"optI32\":2147483647,"
		"\"optI64\":9223372036854775807,\"optU64\":18446744073709551615}");

	assert_true(d->i32 == INT32_MIN && d->i64 == INT64_MIN && d->u16 == UINT16_MAX &&
		d->u32 == UINT32_MAX);
	assert_true(d->u64 == UINT64_MAX && d->opt_u64.value == UINT64_MAX);
	assert_true(d->opt_i32.value == INT32_MAX && d->opt_i64.value == INT64_MAX);

	bad(state, &flat, "{\"i32\":-2147483649}",
		"doc: /i32: expected a number from -2147483648 to 2147483647, found -2147483649");
	bad(state, &flat, "{\"optI32\":2147483648}",
		"doc: /optI32: expected a number from -2147483648 to 2147483647, found 2147483648");
	bad(state, &flat, "{\"i64\":-9223372036854775809}",
		"doc: /i64: expected a number from -9223372036854775808 to 9223372036854775807, "
		"found -9223372036854775809");
	bad(state, &flat, "{\"optI64\":9223372036854775808}",
		"doc: /optI64: expected a number from -9223372036854775808 to "
		"9223372036854775807, found 9223372036854775808");
	bad(state, &flat, "{\"u16\":65536}",
		"doc: /u16: expected a number from 0 to 65535, found 65536");
	bad(state, &flat, "{\"u32\":-1}",
		"doc: /u32: expected a number from 0 to 4294967295, found -1");
	bad(state, &flat, "{\"u64\":18446744073709551616}",
		"doc: /u64: expected a number from 0 to 18446744073709551615, found "
		"18446744073709551616");
	bad(state, &flat, "{\"u64\":100000000000000000000000000000000000000000000000000}",
		"doc: /u64: expected a number from 0 to 18446744073709551615, found "
		"1000000000000000000000000000000000000000...");
}

static void test_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} whole[] = {
		{ "1e3", 1000 },
		{ "1E+3", 1000 },
		{ "10.0", 10 },
		{ "1.50e1", 15 },
		{ "1000e-3", 1 },
		{ "0.0", 0 },
		{ "-0", 0 },
		{ "0e99999999999999999999", 0 },
		{ "1844674407370955161.5e1", UINT64_MAX },
		{ "120", 120 },
		{ "1002003", 1002003 },
	};
	static const char *const fractions[] = { "1.5", "1e-1", "0.1", "15e-1",
		"1.00000000000000000000000001", "123e-99999999999999999999" };
	char text[128], message[256];

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		snprintf(text, sizeof text, "{\"u64\":%s}", whole[i].text);
		assert_true(good(state, &flat, text)->u64 == whole[i].value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fractions); i++) {
		snprintf(text, sizeof text, "{\"u64\":%s}", fractions[i]);
		snprintf(message, sizeof message, "doc: /u64: expected a whole number, found %s",
			fractions[i]);
		bad(state, &flat, text, message);
	}
	bad(state, &flat, "{\"u64\":1e20}",
		"doc: /u64: expected a number from 0 to 18446744073709551615, found 1e20");
	bad(state, &flat, "{\"u64\":1e99999999999999999999}",
		"doc: /u64: expected a number from 0 to 18446744073709551615, found "
		"1e99999999999999999999");
}

static void test_null_is_absent(void **state)
{
	struct document *d =
		good(state, &flat, "{\"name\":null,\"i32\":null,\"optU32\":null,\"colour\":null}");

	assert_null(d->name);
	assert_false(d->opt_u32.set);
	assert_int_equal(d->colour, 0);
	d = good(state, &nested,
		"{\"there\":null,\"words\":null,\"texts\":{\"a\":null,\"b\":\"c\"},\"raw\":null}");
	assert_null(d->there);
	assert_null(d->words.v);
	assert_null(d->raw);
	assert_int_equal(d->texts.n, 1);
	assert_string_equal(d->texts.v[0].key, "b");
	bad(state, &nested, "{\"there\":{\"x\":null}}", "doc: /there/x: required, but missing");
	bad(state, &nested, "{\"words\":[null]}", "doc: /words/0: expected a string, found null");
	bad(state, &nested, "null", "doc: expected an object, found null");
}

static void test_last_one_wins(void **state)
{
	struct document *d = good(state, &flat,
		"{\"name\":\"a\",\"optU32\":1,\"i32\":3,\"name\":\"b\",\"optU32\":null,"
		"\"i32\":null}");

	assert_string_equal(d->name, "b");
	assert_false(d->opt_u32.set);
	assert_int_equal(d->i32, 0);
	d = good(state, &nested,
		"{\"words\":[\"a\",\"b\"],\"there\":{\"x\":1,\"y\":2},\"here\":{\"x\":1,\"y\":2},"
		"\"words\":[\"c\"],\"there\":{\"x\":3},\"here\":{\"x\":4},"
		"\"texts\":{\"k\":\"1\",\"l\":\"2\",\"k\":\"3\",\"m\":\"4\",\"l\":null}}");
	assert_int_equal(d->words.n, 1);
	assert_string_equal(d->words.v[0], "c");
	assert_true(d->there->x == 3 && d->there->y == 0 && d->here.x == 4 && d->here.y == 0);
	assert_int_equal(d->texts.n, 3);
	assert_string_equal(d->texts.v[0].value, "3");
	assert_string_equal(d->texts.v[1].value, "2");
	assert_string_equal(d->texts.v[2].value, "4");
}

static void test_lists_and_maps(void **state)
{
	struct document *d = good(state, &nested,
		"{\"words\":[],\"numbers\":[1,2,3,4,5,6,7,8,9],\"colours\":[\"green\",\"red\"],"
		"\"points\":[{\"x\":1,\"y\":2},{\"x\":3}],\"texts\":{},"
		"\"places\":{\"a/b~c\":{\"x\":5},\"\":{\"x\":6}}}");

	assert_non_null(d->words.v);
	assert_int_equal(d->words.n, 0);
	assert_non_null(d->texts.v);
	assert_int_equal(d->numbers.n, 9);
	assert_int_equal(d->numbers.v[8], 9);
	assert_int_equal(d->colours.v[0], 2);
	assert_int_equal(d->colours.v[1], 1);
	assert_int_equal(d->points.v[1].x, 3);
	assert_int_equal(d->places.n, 2);
	assert_string_equal(d->places.v[0].key, "a/b~c");
	assert_int_equal(d->places.v[1].value.x, 6);
}

static void test_large_map(void **state)
{
	cleanup_buf struct buf text = { 0 };
	struct document *d;

	buf_puts(&text, "{\"texts\":{");
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "%s\"key%d\":\"%d\"", i > 0 ? "," : "", i % 15000, i);
	buf_puts(&text, "}}");
	d = good(state, &nested, text.data);
	assert_int_equal(d->texts.n, 15000);
	assert_string_equal(d->texts.v[0].value, "15000");
	assert_string_equal(d->texts.v[14999].value, "14999");
}

static void test_empty_strings(void **state)
{
	assert_string_equal(good(state, &flat, "{\"name\":\"\"}")->name, "");
	assert_null(good(state, &flat, "{\"maybe\":\"x\",\"maybe\":\"\"}")->maybe);
	bad(state, &flat, "{\"filled\":\"\"}", "doc: /filled: must not be empty");
	bad(state, &nested, "{\"numbers\":[]}", "doc: /numbers: must not be empty");
}

/* ---- violations ---- */

static void test_wrong_types(void **state)
{
	bad(state, &flat, "{\"u32\":\"many\"}", "doc: /u32: expected a number, found \"many\"");
	bad(state, &flat, "{\"name\":12}", "doc: /name: expected a string, found 12");
	bad(state, &flat, "{\"name\":{\"a\":[1,{}]}}",
		"doc: /name: expected a string, found an object");
	bad(state, &flat, "{\"name\":[[],{}]}", "doc: /name: expected a string, found a list");
	bad(state, &flat, "{\"name\":true}", "doc: /name: expected a string, found true");
	bad(state, &flat, "{\"flag\":\"true\"}",
		"doc: /flag: expected true or false, found \"true\"");
	bad(state, &flat, "{\"optFlag\":1}", "doc: /optFlag: expected true or false, found 1");
	bad(state, &flat, "{\"colour\":\"blue\"}",
		"doc: /colour: unknown name \"blue\" (known: red, green)");
	bad(state, &flat, "{\"colour\":\"re\"}",
		"doc: /colour: unknown name \"re\" (known: red, green)");
	bad(state, &flat, "{\"colour\":1}", "doc: /colour: expected a string, found 1");
	bad(state, &flat,
		"{\"name\":false,\"u32\":\"0123456789012345678901234567890123456789\xc3\xa9\"}",
		"doc: /name: expected a string, found false\n"
		"doc: /u32: expected a number, found "
		"\"0123456789012345678901234567890123456789...\"");
	bad(state, &flat, "{\"u32\":\"a\\nb\"}", "doc: /u32: expected a number, found \"a\\nb\"");
	bad(state, &nested,
		"{\"words\":{},\"texts\":[],\"there\":\"x\",\"here\":[],\"points\":[1,{\"x\":[]}],"
		"\"places\":{\"p\":7}}",
		"doc: /words: expected a list, found an object\n"
		"doc: /texts: expected an object, found a list\n"
		"doc: /there: expected an object, found \"x\"\n"
		"doc: /here: expected an object, found a list\n"
		"doc: /points/0: expected an object, found 1\n"
		"doc: /points/1/x: expected a number, found a list\n"
		"doc: /places/p: expected an object, found 7");
	bad(state, &nested, "[]", "doc: expected an object, found a list");
	bad(state, &nested, "7", "doc: expected an object, found 7");
}

static void test_pointers(void **state)
{
	bad(state, &nested, "{\"places\":{\"a/b~c\\n\":{\"x\":\"\"}}}",
		"doc: /places/a~1b~0c\\u000a/x: expected a number, found \"\"");
	bad(state, &nested, "{\"points\":[{\"x\":1},{\"x\":2},{\"y\":3}]}",
		"doc: /points/2/x: required, but missing");
	bad(state, &nested, "{\"words\":[\"a\",\"b\",[]]}",
		"doc: /words/2: expected a string, found a list");
	bad(state, &nested, "{\"places\":{\"\":1}}", "doc: /places/: expected an object, found 1");
}

static void test_nul(void **state)
{
	bad(state, &flat, "{\"name\":\"a\\u0000b\"}",
		"doc: /name: must not contain a NUL character");
	bad(state, &nested, "{\"words\":[\"\\u0000\"]}",
		"doc: /words/0: must not contain a NUL character");
	bad(state, &nested, "{\"texts\":{\"a\\u0000\":\"x\"}}",
		"doc: /texts/a\\u0000: a name must not contain a NUL character");
	good(state, &flat, "{\"name\\u0000\":7}"); /* an unknown one, not `name` */
	good(state, &flat, "{\"other\":\"\\u0000\"}");
}

static void test_too_many_to_list(void **state)
{
	cleanup_buf struct buf text = { 0 };
	struct fixture *f = *state;
	const char *last;
	size_t lines = 1;
	unsigned more = 0;

	buf_puts(&text, "{\"words\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s%d", i > 0 ? "," : "", i);
	buf_puts(&text, "]}");
	assert_null(decode(state, &nested, text.data));
	for (const char *p = f->err.text; *p != '\0'; p++)
		lines += *p == '\n';
	last = strrchr(f->err.text, '\n');
	assert_non_null(last);
	assert_int_equal(sscanf(last, "\nand %u violations more", &more), 1);
	assert_int_equal(lines - 1 + more, 1000);
	assert_true(strlen(f->err.text) < sizeof f->err.text);
	text.data[text.len - 1] = '?';
	bad(state, &nested, text.data, "doc: line 1, column 3901: this is no value");
	assert_int_equal(json_decode(&f->arena, &(struct json_source){ "doc", "{\"name\":1}", 10 },
				 &flat, &f->document, NULL),
		-1); /* without an error to fill in */
}

static char reported[256];

static void report_unknown(const char *pointer)
{
	strcat(strcat(reported, pointer), " ");
}

static void test_unknown_properties(void **state)
{
	static const char text[] =
		"{\"new\":{\"deep\":[1]},\"there\":{\"z\":1,\"x\":1},\"points\":[{\"x\":1},"
		"{\"a/b\":[],\"x\":2}],\"\":1,\"namex\":2}";
	struct fixture *f = *state;

	reported[0] = '\0';
	assert_int_equal(json_decode(&f->arena,
				 &(struct json_source){
					 "doc", text, sizeof text - 1, .unknown = report_unknown },
				 &nested, &f->document, &f->err),
		0);
	assert_string_equal(reported, "/new /there/z /points/1/a~1b / /namex ");
	assert_int_equal(f->document.there->x, 1);
}

/* The head of a document ends before the first member that is its tail; what follows isn't read. */
static void test_head(void **state)
{
	static const struct json_field fields[] = {
		FIELD(struct document, name, "name", JSON_STRING, .required = true),
		FIELD(struct document, there, "there", JSON_POINTER, .table = &point_table,
			.tail = true),
		FIELD_END,
	};
	static const struct json_table table = { "Headed", sizeof(struct document), fields };
	static const char text[] = "{\"name\":\"a\",\"there\":{\"x\":?";
	struct fixture *f = *state;

	assert_int_equal(
		json_decode(&f->arena,
			&(struct json_source){ "doc", text, sizeof text - 1, .head = true }, &table,
			&f->document, &f->err),
		0);
	assert_string_equal(f->document.name, "a");
	assert_null(f->document.there);
	assert_int_equal(json_decode(&f->arena,
				 &(struct json_source){ "doc", "{\"there\":1", 10, .head = true },
				 &table, &f->document, &f->err),
		-1);
	assert_string_equal(f->err.text, "doc: /name: required, but missing");
	bad(state, &table, text, "doc: line 1, column 26: this is no value");
}

/* ---- what isn't JSON ---- */

static void test_syntax_errors(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "doc: the document is empty" },
		{ " \n\t ", "doc: the document is empty" },
		{ "{", "doc: line 1, column 2: the document ends too early" },
		{ "{]", "doc: line 1, column 2: expected a name in quotes" },
		{ "{\"a\"", "doc: line 1, column 5: the document ends too early" },
		{ "{\"a\" 1}", "doc: line 1, column 6: expected :" },
		{ "{\"a\":}", "doc: line 1, column 6: this is no value" },
		{ "{\"a\":1,}", "doc: line 1, column 8: expected a name in quotes" },
		{ "{\"a\":1 \"b\":2}", "doc: line 1, column 8: expected , or }" },
		{ "{\"a\":[1,]}", "doc: line 1, column 9: this is no value" },
		{ "{\"a\":[1 2]}", "doc: line 1, column 9: expected , or ]" },
		{ "{\"a\":[1", "doc: line 1, column 8: the document ends too early" },
		{ "{\"a\":[1}", "doc: line 1, column 8: expected , or ]" },
		{ "{\"a\":tru}", "doc: line 1, column 6: this is no value" },
		{ "{\"a\":nul", "doc: line 1, column 9: the document ends too early" },
		{ "{\"a\":nan}", "doc: line 1, column 6: this is no value" },
		{ "{\"a\":'x'}", "doc: line 1, column 6: this is no value" },
		{ "{'a':1}", "doc: line 1, column 2: this is no value" },
		{ "{a:1}", "doc: line 1, column 2: this is no value" },
		{ "{\"a\":01}", "doc: line 1, column 7: expected , or }" },
		{ "{\"a\":-}", "doc: line 1, column 7: expected a digit" },
		{ "{\"a\":+1}", "doc: line 1, column 6: this is no value" },
		{ "{\"a\":1.}", "doc: line 1, column 8: expected a digit" },
		{ "{\"a\":.5}", "doc: line 1, column 6: this is no value" },
		{ "{\"a\":1e}", "doc: line 1, column 8: expected a digit" },
		{ "{\"a\":1e+}", "doc: line 1, column 9: expected a digit" },
		{ "{\"a\":1e", "doc: line 1, column 8: the document ends too early" },
		{ "{\"a\":0x10}", "doc: line 1, column 7: this is no value" },
		{ "{\"a\":\"x", "doc: line 1, column 8: the document ends too early" },
		{ "{\"a\":\"x\\", "doc: line 1, column 9: the document ends too early" },
		{ "{\"a\":\"\\x\"}", "doc: line 1, column 8: there is no such escape" },
		{ "{\"a\":\"\\u12g4\"}",
			"doc: line 1, column 11: \\u needs four hexadecimal digits" },
		{ "{\"a\":\"\\u12", "doc: line 1, column 11: the document ends too early" },
		{ "{\"a\":\"\\ud800\"}",
			"doc: line 1, column 7: half of a surrogate pair is no character" },
		{ "{\"a\":\"\\udc00\"}",
			"doc: line 1, column 7: half of a surrogate pair is no character" },
		{ "{\"a\":\"\\ud800\\u0041\"}",
			"doc: line 1, column 7: half of a surrogate pair is no character" },
		{ "{\"a\":\"\\ud800\\ud800\"}",
			"doc: line 1, column 7: half of a surrogate pair is no character" },
		{ "{\"a\":\"x\ny\"}",
			"doc: line 1, column 8: a control character in a string must be escaped" },
		{ "{\n \"a\": 1,\n\"b\": ?\n}", "doc: line 3, column 6: this is no value" },
		{ "{}\f", "doc: line 1, column 3: control characters must be escaped" },
		{ "{\v}", "doc: line 1, column 2: control characters must be escaped" },
		{ "{\"a\":1\\u0020}", "doc: line 1, column 7: this is no value" },
		{ "{} x", "doc: line 1, column 4: the document has ended before this" },
		{ "{}{}", "doc: line 1, column 3: the document has ended before this" },
		{ "// c\n{}", "doc: line 1, column 1: this is no value" },
		{ "\xef\xbb\xbf{}", "doc: line 1, column 1: this is no value" },
		{ "{\"name\":1,\n\"b\":?}",
			"doc: /name: expected a string, found 1\n"
			"doc: line 2, column 5: this is no value" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad(state, &flat, cases[i].text, cases[i].message);
}

static void test_utf8(void **state)
{
	static const char *const wrong[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xed\xa0\x80",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x98",
		"\xc3(",
		"12345678\xe2\x82",
	};
	static const char *const right[] = { "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	char text[64], message[128];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(text, sizeof text, "{\"name\":\"%s\"}", wrong[i]);
		snprintf(message, sizeof message, "doc: line 1, column %d: this is not UTF-8",
			strstr(wrong[i], "1234") ? 18 : 10);
		bad(state, &flat, text, message);
		snprintf(text, sizeof text, "{\"%s\":1}", wrong[i]);
		assert_null(decode(state, &flat, text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		snprintf(text, sizeof text, "{\"name\":\"%s\"}", right[i]);
		assert_string_equal(good(state, &flat, text)->name, right[i]);
	}
}

/* Every way in which eight bytes in a row can end a string or be refused. */
static void test_string_ends(void **state)
{
	char text[64], value[33];

	for (size_t len = 0; len < 32; len++) {
		memset(value, '~', len);
		value[len] = '\0';
		snprintf(text, sizeof text, "{\"name\":\"%s\"}", value);
		assert_string_equal(good(state, &flat, text)->name, value);
		for (size_t at = 0; at < len; at++) {
			text[9 + at] = '\x1f';
			assert_null(decode(state, &flat, text));
			text[9 + at] = '\x80';
			assert_null(decode(state, &flat, text));
			text[9 + at] = '"';
			assert_null(decode(state, &flat, text));
			text[9 + at] = '~';
		}
	}
}

static void test_depth(void **state)
{
	char text[256] = "{\"new\":";

	memset(text + 7, '[', 63);
	memset(text + 7 + 63, ']', 63);
	strcpy(text + 7 + 126, "}");
	good(state, &nested, text);
	memset(text + 7, '[', 64);
	memset(text + 7 + 64, ']', 64);
	strcpy(text + 7 + 128, "}");
	bad(state, &nested, text,
		"doc: line 1, column 71: too many objects and lists inside each other (64 are "
		"allowed)");
	memcpy(text + 2, "raw", 3); /* a known property */
	bad(state, &nested, text,
		"doc: /raw: expected an object, found a list\n"
		"doc: line 1, column 71: too many objects and lists inside each other (64 are "
		"allowed)");
}

/* ---- writing ---- */

static void encodes(const struct json_table *table, const struct document *document,
	unsigned indent, const char *expected)
{
	cleanup_buf struct buf out = { 0 };

	json_encode(&out, table, document, indent);
	assert_string_equal(out.data, expected);
}

static void test_encode(void **state)
{
	static const char all[] =
		"{\"here\":{\"x\":0},\"there\":{\"x\":1,\"y\":-2},\"words\":[\"a/b\",\"\"],"
		"\"numbers\":[4294967295],\"colours\":[\"red\"],\"points\":[],"
		"\"texts\":{\"k\":\"v\"},\"places\":{\"p\":{\"x\":3}}}";
	struct document raw = { .raw = "1.50" };

	encodes(&nested, good(state, &nested, all), 0, all);
	encodes(&nested, &raw, 0, "{\"here\":{\"x\":0},\"raw\":1.50}");
	encodes(&flat,
		good(state, &flat,
			"{\"i32\":0,\"name\":\"\",\"optU32\":0,\"optFlag\":false,"
			"\"u64\":18446744073709551615,\"i64\":-1}"),
		0,
		"{\"name\":\"\",\"shown\":false,\"i64\":-1,\"u64\":18446744073709551615,"
		"\"optFlag\":false,\"optU32\":0}");
	encodes(&flat,
		good(state, &flat,
			"{\"flag\":true,\"shown\":true,\"u16\":1,\"u32\":2,\"optI32\":-1,"
			"\"optI64\":-2,\"optU16\":3,\"optU64\":4,\"colour\":\"red\"}"),
		0,
		"{\"flag\":true,\"shown\":true,\"u16\":1,\"u32\":2,\"optI32\":-1,\"optI64\":-2,"
		"\"optU16\":3,\"optU64\":4,\"colour\":\"red\"}");
}

static void test_indentation(void **state)
{
	struct document *d = good(state, &nested,
		"{\"here\":{\"x\":1},\"words\":[],\"points\":[{\"x\":2}],\"texts\":{}}");

	encodes(&nested, d, 2,
		"{\n  \"here\": {\n    \"x\": 1\n  },\n  \"words\": [],\n  \"points\": [\n    {\n"
		"      \"x\": 2\n    }\n  ],\n"
		"  \"texts\": {}\n}");
	encodes(&nested, d, JSON_TABS,
		"{\n\t\"here\": {\n\t\t\"x\": 1\n\t},\n\t\"words\": [],\n\t\"points\": [\n\t\t{\n"
		"\t\t\t\"x\": 2\n\t\t}\n\t],\n"
		"\t\"texts\": {}\n}");
}

static void test_writer(void **state)
{
	cleanup_buf struct buf out = { 0 };
	struct json_writer *w = json_writer_new(0);

	(void)state;
	json_map_open(w);
	json_key(w, "s");
	json_string(w, "\"\\/\b\f\n\r\t\x01\x7f\xc3\xa9\xff\xed\xa0\x80z");
	json_key(w, "n");
	json_string(w, NULL);
	json_key(w, "l");
	json_array_open(w);
	json_int(w, INT64_MIN);
	json_uint(w, UINT64_MAX);
	json_bool(w, true);
	json_null(w);
	json_object(w, &point_table, &(struct point){ 1, 2 });
	json_array_close(w);
	json_map_close(w);
	json_writer_finish(w, &out);
	assert_string_equal(out.data,
		"{\"s\":\"\\\""
		"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"\xef\xbf\xbdz\",\"n\":null,"
		"\"l\":[-9223372036854775808,18446744073709551615,"
		"true,null,{\"x\":1,\"y\":2}]}");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_scalars),
		TEST(test_integers),
		TEST(test_whole_numbers),
		TEST(test_null_is_absent),
		TEST(test_last_one_wins),
		TEST(test_lists_and_maps),
		TEST(test_large_map),
		TEST(test_empty_strings),
		TEST(test_wrong_types),
		TEST(test_pointers),
		TEST(test_nul),
		TEST(test_too_many_to_list),
		TEST(test_unknown_properties),
		TEST(test_head),
		TEST(test_syntax_errors),
		TEST(test_utf8),
		TEST(test_string_ends),
		TEST(test_depth),
		TEST(test_encode),
		TEST(test_indentation),
		TEST(test_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
