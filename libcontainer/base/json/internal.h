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

/* Memory layout of every LIST(T). */
typedef struct {
	void *v;
	size_t n, room;
} __attribute__((may_alias)) any_list;

/* The first member of every map element. */
typedef const char *__attribute__((may_alias)) any_key;

/* Returns the size of a field's value in its struct. */
size_t json_value_size(const struct json_field *field);

/* Returns allocation functions for yajl that use the arena; free() does nothing. */
yajl_alloc_funcs json_yajl_memory(struct arena *arena);

/* ---- number.c ---- */

/* Returns true for the types of whole numbers. */
bool json_is_number(enum json_type type);

/*
 * Stores the JSON number text in *where, an integer of that type. Returns NULL; or, if the number
 * isn't whole or is out of range, the expectation, written to `expected`.
 */
enum { JSON_EXPECTED = 96 };
const char *json_number_store(enum json_type type, void *where, const char *text, size_t len,
	char expected[static JSON_EXPECTED]);

/* ---- read.c ---- */

struct json_reader {
	const char *text;
	size_t len;
	yajl_handle yajl;
	size_t token_end;  /* offset after the last token passed to a callback */
	bool escapes;      /* the text has a backslash: only then can a string contain a NUL */
	const char *fault; /* what is wrong with the text; NULL: nothing, even if a callback stopped
			      the parser */
	size_t fault_at;   /* its offset */
	struct json_known *known; /* or NULL */
	bool in_known;            /* the callbacks are for known->instead */
};

/*
 * Parses r->text with yajl, strictly according to RFC 8259: valid UTF-8, no half surrogate pairs,
 * no white space except the four characters. Calls the callbacks in order, up to the first fault.
 * Each callback must first call json_reader_token(). Returns false if r->fault is set.
 */
bool json_read(struct json_reader *r, const yajl_callbacks *callbacks, void *context);

static inline void json_reader_token(struct json_reader *r)
{
	r->token_end = yajl_get_bytes_consumed(r->yajl);
}
