/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * yajl is the lexer and the parser. It accepts three things that RFC 8259 forbids: UTF-8 that isn't
 * the shortest form, half surrogate pairs, and form feeds between tokens. So the text is checked
 * for them first, and yajl gets only the text before the first of them.
 */
#include <string.h>

#include "base/json/internal.h"
#include "base/list.h"
#include "base/text/utf8.h"

/* yajl doubles its buffers, in some versions without checking for overflow (CVE-2022-24795). */
enum { TEXT_MAX = 256 * 1024 * 1024 };

static const char ends_early[] = "the document ends too early";

/* ---- memory ---- */

/* Precedes each allocation: yajl's realloc() doesn't pass the old size. */
struct head {
	_Alignas(max_align_t) size_t size;
};

static void *take(void *arena, size_t size)
{
	struct head *head = arena_alloc(arena, sizeof *head + size);

	head->size = size;
	return head + 1;
}

static void *take_more(void *arena, void *old, size_t size)
{
	void *new = take(arena, size);
	size_t kept = old == NULL ? 0 : ((struct head *)old)[-1].size;

	return old == NULL ? new : memcpy(new, old, kept < size ? kept : size);
}

static void give_back(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

yajl_alloc_funcs json_yajl_memory(struct arena *arena)
{
	return (yajl_alloc_funcs){ take, take_more, give_back, arena };
}

/* ---- what yajl accepts but RFC 8259 doesn't ---- */

/* Returns the code unit of the escape \uNNNN at p, or -1. */
static long code_unit(const char *p, const char *end)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	long unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digit = memchr(digits, p[i], sizeof digits - 1);

		if (digit == NULL)
			return -1;
		unit = unit << 4 | ((digit - digits) & 15);
	}
	return unit;
}

/*
 * Returns the length of the escape at p, including whole surrogate pairs; 0 for half a pair. yajl
 * checks whether the escape exists.
 */
static size_t escape_length(const char *p, const char *end)
{
	long unit = code_unit(p, end), low;

	if (unit < 0xd800 || unit > 0xdfff)
		return end - p < 2 ? 1 : 2;
	low = code_unit(p + 6, end);
	return unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

/*
 * Returns the offset of the first byte of r->text, between two offsets, that yajl must not see; the
 * second offset if there is none. *sentence: why. Sets r->escapes.
 */
static size_t strict_prefix(struct json_reader *r, size_t from, size_t to, const char **sentence)
{
	const char *end = r->text + to, *p = r->text + from;

	while ((p += utf8_plain(p, (size_t)(end - p))) < end) {
		size_t n = 1;

		if (*p == '\\') {
			r->escapes = true;
			*sentence = "half of a surrogate pair is no character";
			n = escape_length(p, end);
		} else if ((unsigned char)*p >= 0x80) {
			*sentence = "this is not UTF-8";
			n = utf8_length(p, (size_t)(end - p));
		} else if (*p < ' ' && *p != '\n' && *p != '\t' && *p != '\r') {
			*sentence = "control characters must be escaped";
			n = 0;
		}
		if (n == 0)
			break;
		p += n;
	}
	return (size_t)(p - r->text);
}

/* ---- faults ---- */

static size_t skip_space(const struct json_reader *r, size_t at)
{
	while (at < r->len && strchr(" \t\n\r", r->text[at]) != NULL && r->text[at] != '\0')
		at++;
	return at;
}

/*
 * Returns the offset of the token at which yajl stopped; stop: how far it read. The last callback
 * was for the token before it, or for the one before a comma or colon.
 */
static size_t faulty_token(const struct json_reader *r, size_t stop)
{
	size_t at = skip_space(r, r->token_end);

	if (at + 1 < stop && (r->text[at] == ',' || r->text[at] == ':'))
		at = skip_space(r, at + 1);
	return at;
}

/* Replaces yajl's message with ours. */
__attribute__((cold)) static void translate(struct json_reader *r)
{
	static const struct {
		const char *yajl; /* part of yajl's message */
		bool inside;      /* the fault is inside a token, where yajl stopped */
		const char *sentence;
	} faults[] = {
		{ "occurs before a character", true, "there is no such escape" },
		{ "invalid character inside string", true,
			"a control character in a string must be escaped" },
		{ "(non-hex)", true, "\\u needs four hexadecimal digits" },
		{ "malformed number", true, "expected a digit" },
		{ "invalid object key", false, "expected a name in quotes" },
		{ "separated by a colon", false, "expected :" },
		{ "after key and value", false, "expected , or }" },
		{ "after array element", false, "expected , or ]" },
		{ "trailing garbage", false, "the document has ended before this" },
		{ "", false, "this is no value" },
	};
	size_t stop = yajl_get_bytes_consumed(r->yajl), i = 0;
	unsigned char *text = yajl_get_error(r->yajl, 0, (const unsigned char *)r->text, r->len);

	while (strstr((const char *)text, faults[i].yajl) == NULL)
		i++;
	yajl_free_error(r->yajl, text);
	r->fault = faults[i].sentence;
	r->fault_at = faults[i].inside ? stop : faulty_token(r, stop);
	if (r->fault_at >= r->len)
		r->fault = ends_early;
}

static void parse(struct json_reader *r)
{
	const char *sentence = NULL;
	size_t strict = strict_prefix(r, 0, r->len, &sentence);
	yajl_status status = yajl_parse(r->yajl, (const unsigned char *)r->text, strict);

	if (status == yajl_status_error) {
		translate(r);
	} else if (status == yajl_status_ok && strict < r->len) {
		r->fault = sentence;
		r->fault_at = strict;
	} else if (status == yajl_status_ok && yajl_complete_parse(r->yajl) != yajl_status_ok &&
		r->fault == NULL) {
		r->fault = ends_early;
		r->fault_at = r->len;
	}
}

static bool parse_piece(struct json_reader *r, const char *text, size_t len)
{
	return yajl_parse(r->yajl, (const unsigned char *)text, len) == yajl_status_ok;
}

static void parse_around(struct json_reader *r)
{
	struct json_known *known = r->known;
	size_t end = known->begin + known->len;
	const char *why;
	bool ok = strict_prefix(r, 0, known->begin, &why) == known->begin &&
		strict_prefix(r, end, r->len, &why) == r->len &&
		parse_piece(r, r->text, known->begin);

	r->in_known = true;
	ok = ok && parse_piece(r, known->instead, strlen(known->instead));
	r->in_known = false;
	if (!ok || !parse_piece(r, r->text + end, r->len - end) ||
		yajl_complete_parse(r->yajl) != yajl_status_ok)
		r->fault = "this is no document";
}

bool json_read(struct json_reader *r, const yajl_callbacks *callbacks, void *context)
{
	cleanup_arena struct arena arena = { 0 };
	yajl_alloc_funcs memory = json_yajl_memory(&arena);

	if (r->len > TEXT_MAX) {
		r->fault = "the document is longer than 256 MiB";
		return false;
	}
	r->yajl = yajl_alloc(callbacks, &memory, context);
	yajl_config(r->yajl, yajl_dont_validate_strings, 1);
	if (r->known != NULL)
		parse_around(r);
	else
		parse(r);
	yajl_free(r->yajl);
	return r->fault == NULL;
}
