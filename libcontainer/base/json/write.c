/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * yajl's generator writes the tokens and escapes strings. Its indentation differs from Go's, which
 * callers of runc know: it breaks the line inside empty objects and ends the text with a newline.
 * So it writes compact text, and the print callback inserts white space between the tokens.
 */
#include <ctype.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/json/internal.h"
#include "base/mem.h"
#include "base/text/utf8.h"

struct json_writer {
	struct buf out;
	struct arena arena; /* for yajl */
	yajl_gen yajl;
	unsigned indent, depth;
	bool empty;  /* the innermost object or list is empty so far */
	bool begins; /* the next piece from yajl is the first of a key or value */
};

static void new_line(struct json_writer *w)
{
	size_t n = 1 + (size_t)w->depth * (w->indent == JSON_TABS ? 1 : w->indent);
	char *line;

	if (w->indent == 0)
		return;
	line = buf_reserve(&w->out, n);
	memset(line, w->indent == JSON_TABS ? '\t' : ' ', n);
	line[0] = '\n';
	line[n] = '\0';
	w->out.len += n;
}

/*
 * yajl escapes only ASCII control characters, with upper-case digits; Go uses lower case. This also
 * escapes other characters that a terminal may interpret. A backslash always starts an escape.
 */
static void append_piece(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len, *plain = text;

	if (len == 6 && text[0] == '\\') {
		for (; text < end; text++)
			buf_append(out, &(char){ (char)tolower(*text) }, 1);
		return;
	}
	while ((text += utf8_plain(text, (size_t)(end - text))) < end) {
		size_t n = utf8_length(text, (size_t)(end - text));
		uint32_t point = utf8_point(text, n);

		text += n;
		if (utf8_is_printable(point))
			continue;
		buf_append(out, plain, (size_t)(text - n - plain));
		buf_printf(out, "\\u%04x", point);
		plain = text;
	}
	buf_append(out, plain, (size_t)(end - plain));
}

/* yajl prints a key or value in pieces: first "," or ":", if needed. */
static void print_piece(void *context, const char *text, size_t len)
{
	struct json_writer *w = context;
	bool first = w->begins && w->depth > 0 && w->empty;

	if (first)
		new_line(w);
	if (len == 1 && text[0] >= ' ' && text[0] < 0x7f) /* a quote, a brace, a comma, a colon */
		buf_append(&w->out, text, len);
	else
		append_piece(&w->out, text, len);
	if (w->begins && len == 1 && text[0] == ',')
		new_line(w);
	else if (w->begins && len == 1 && text[0] == ':' && w->indent > 0)
		buf_append(&w->out, " ", 1);
	w->begins = w->empty = false;
}

struct json_writer *json_writer_new(unsigned indent)
{
	struct json_writer *w = mem_alloc(sizeof *w);
	yajl_alloc_funcs memory = json_yajl_memory(&w->arena);

	w->yajl = yajl_gen_alloc(&memory);
	w->indent = indent;
	yajl_gen_config(w->yajl, yajl_gen_print_callback, print_piece, w);
	return w;
}

void json_writer_finish(struct json_writer *w, struct buf *out)
{
	buf_append(out, w->out.data ? w->out.data : "", w->out.len);
	buf_free(&w->out);
	yajl_gen_free(w->yajl);
	arena_free(&w->arena);
	mem_free(w);
}

static yajl_gen begin(struct json_writer *w)
{
	w->begins = true;
	return w->yajl;
}

static void opened(struct json_writer *w)
{
	w->depth++;
	w->empty = true;
}

static void closing(struct json_writer *w)
{
	w->depth--;
	if (!w->empty)
		new_line(w);
}

void json_map_open(struct json_writer *w)
{
	yajl_gen_map_open(begin(w));
	opened(w);
}

void json_map_close(struct json_writer *w)
{
	closing(w);
	yajl_gen_map_close(w->yajl);
}

void json_array_open(struct json_writer *w)
{
	yajl_gen_array_open(begin(w));
	opened(w);
}

void json_array_close(struct json_writer *w)
{
	closing(w);
	yajl_gen_array_close(w->yajl);
}

static void write_text(struct json_writer *w, const char *text, size_t len)
{
	yajl_gen_string(begin(w), (const unsigned char *)text, len);
}

/* Writes text with U+FFFD for each byte that isn't UTF-8. */
__attribute__((cold)) static void write_replaced(
	struct json_writer *w, const char *text, size_t len)
{
	cleanup_buf struct buf valid = { 0 };

	for (size_t at = 0; at < len;) {
		size_t n = utf8_prefix(text + at, len - at);

		buf_append(&valid, text + at, n);
		at += n;
		if (at++ < len)
			buf_puts(&valid, "\xef\xbf\xbd");
	}
	write_text(w, valid.data, valid.len);
}

void json_string(struct json_writer *w, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (text == NULL)
		json_null(w);
	else if (utf8_prefix(text, len) == len)
		write_text(w, text, len);
	else
		write_replaced(w, text, len);
}

void json_key(struct json_writer *w, const char *key)
{
	json_string(w, key);
}

void json_raw(struct json_writer *w, const char *text)
{
	yajl_gen_number(begin(w), text, strlen(text));
}

/* printf(3) would take a thousand instructions for each number. */
static void write_number(struct json_writer *w, uint64_t value, bool negative)
{
	char text[24], *begins = text + sizeof text;

	do
		*--begins = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	if (negative)
		*--begins = '-';
	yajl_gen_number(begin(w), begins, (size_t)(text + sizeof text - begins));
}

void json_int(struct json_writer *w, int64_t value)
{
	write_number(w, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

void json_uint(struct json_writer *w, uint64_t value)
{
	write_number(w, value, false);
}

void json_bool(struct json_writer *w, bool value)
{
	yajl_gen_bool(begin(w), value);
}

void json_null(struct json_writer *w)
{
	yajl_gen_null(begin(w));
}

void json_member_string(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_string(w, text);
}

void json_member_int(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, key);
	json_int(w, value);
}

void json_member_uint(struct json_writer *w, const char *key, uint64_t value)
{
	json_key(w, key);
	json_uint(w, value);
}
