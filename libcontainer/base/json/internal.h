/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of base/json/:
 *	read.c		drives yajl's parser, and refuses what yajl lets pass
 *	decode.c	yajl's events, walked along the tables
 *	number.c	numbers, exactly
 *	violations.c	what is wrong with a document
 *	write.c		yajl's generator, with indentation
 *	encode.c	structs, walked along the tables
 */
#pragma once
#include <stdbool.h>
#include <yajl/yajl_common.h>
#include <yajl/yajl_parse.h>

#include "base/json/json.h"

/* What every LIST(T) looks like in memory. */
typedef struct {
	void *v;
	size_t n, room;
} __attribute__((may_alias)) any_list;

/* The first member of every element of a map. */
typedef const char *__attribute__((may_alias)) any_key;

/* The size of a field's value inside its struct. */
size_t json_value_size(const struct json_field *field);

/* Allocation functions for yajl whose memory is the arena's; free() does nothing. */
yajl_alloc_funcs json_yajl_memory(struct arena *arena);

/* ---- number.c ---- */

bool json_is_number(enum json_type type);

/* Stores the JSON number text in *where, an integer of that type. Returns NULL; or, if the number
 * isn't whole or is out of range, what was expected, written to `expected`. */
enum { JSON_EXPECTED = 96 };
const char *json_number_store(enum json_type type, void *where, const char *text, size_t len,
	char expected[static JSON_EXPECTED]);

/* ---- read.c ---- */

struct json_reader {
	const char *text;
	size_t len;
	yajl_handle yajl;
	size_t token_end;  /* offset behind the last token that a callback was called for */
	const char *fault; /* what is wrong with the text; NULL: nothing, also after a callback
			      ended the parsing by returning 0 */
	size_t fault_at;   /* its offset */
};

/* Parses r->text with yajl, strictly as RFC 8259 has it: valid UTF-8, no half surrogate pairs, no
 * white space but the four characters. Calls the callbacks in the order of the text, up to the
 * first fault. Each callback calls json_reader_token() first. Returns false if r->fault is set. */
bool json_read(struct json_reader *r, const yajl_callbacks *callbacks, void *context);

static inline void json_reader_token(struct json_reader *r)
{
	r->token_end = yajl_get_bytes_consumed(r->yajl);
}
