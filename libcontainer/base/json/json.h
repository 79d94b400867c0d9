/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON, driven by tables. An object is a C struct and a table of its fields; one decoder (on yajl's
 * parser) and one encoder (on yajl's generator) walk the tables. Nothing here knows what the
 * objects mean.
 *
 *	struct point { int32_t x, y; };
 *	static const struct json_field point_fields[] = {
 *		FIELD(struct point, x, "x", JSON_INT32, .required = true),
 *		FIELD(struct point, y, "y", JSON_INT32),
 *		FIELD_END,
 *	};
 *	const struct json_table point_table = { "Point", sizeof(struct point), point_fields };
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct arena;
struct buf;
struct error;

/* Numbers and booleans that can be absent. */
struct opt_bool {
	bool set, value;
};
struct opt_int32 {
	bool set;
	int32_t value;
};
struct opt_int64 {
	bool set;
	int64_t value;
};
struct opt_uint16 {
	bool set;
	uint16_t value;
};
struct opt_uint32 {
	bool set;
	uint32_t value;
};
struct opt_uint64 {
	bool set;
	uint64_t value;
};

/* How a field's value is stored. Zero means that the property is absent. */
enum json_type {
	JSON_STRING = 1, /* const char *, in the arena */
	JSON_BOOL,       /* bool */
	JSON_INT32,      /* intNN_t, uintNN_t */
	JSON_INT64,
	JSON_UINT16,
	JSON_UINT32,
	JSON_UINT64,
	JSON_OPT_BOOL, /* struct opt_... */
	JSON_OPT_INT32,
	JSON_OPT_INT64,
	JSON_OPT_UINT16,
	JSON_OPT_UINT32,
	JSON_OPT_UINT64,
	JSON_ENUM,    /* int: 1 + index into names; any other name is a violation */
	JSON_OBJECT,  /* struct of `table`, embedded */
	JSON_POINTER, /* pointer to a struct of `table`, in the arena */
	JSON_LIST,    /* LIST(T); T: see `element` */
	JSON_MAP, /* an object with arbitrary names: LIST(struct { const char *key; T value; }) */
	JSON_RAW, /* const char *: a value as JSON text; encoder only */
};

struct json_table;

struct json_field {
	const char *name;
	size_t offset;
	enum json_type type;
	unsigned char len;      /* of the name */
	bool required;          /* missing or null is a violation */
	bool not_empty;         /* an empty list or string is a violation */
	bool always;            /* encode 0 and false too, as for required ones */
	bool tail;              /* json_source.head: the end */
	bool empty_is_absent;   /* decode the string "" as if absent, like Go's omitempty */
	enum json_type element; /* LIST, MAP: type of the elements */
	size_t element_size;    /* LIST, MAP: size of T, or of the struct with key and value */
	size_t value_offset;    /* MAP: offset of the value */
	const struct json_table *table; /* OBJECT, POINTER, or elements that are OBJECTs */
	const char *const *names;       /* ENUM, or elements that are; NULL-terminated */
};

struct json_table {
	const char *name;                /* name of the type, for documentation */
	size_t size;                     /* size of the struct */
	const struct json_field *fields; /* at most 64; ends with FIELD_END */
};

#define FIELD(T, member, json_name, json_type, ...)                                            \
	{                                                                                      \
		.name = json_name, .len = sizeof json_name - 1, .offset = offsetof(T, member), \
		.type = json_type, __VA_ARGS__                                                 \
	}
#define FIELD_LIST(T, member, json_name, element_type, ...)                                    \
	{                                                                                      \
		.name = json_name, .len = sizeof json_name - 1, .offset = offsetof(T, member), \
		.type = JSON_LIST, .element = element_type,                                    \
		.element_size = sizeof(*((T *)0)->member.v), __VA_ARGS__                       \
	}
#define FIELD_MAP(T, member, json_name, element_type, ...)                                     \
	{                                                                                      \
		.name = json_name, .len = sizeof json_name - 1, .offset = offsetof(T, member), \
		.type = JSON_MAP, .element = element_type,                                     \
		.element_size = sizeof(*((T *)0)->member.v),                                   \
		.value_offset = offsetof(__typeof__(*((T *)0)->member.v), value), __VA_ARGS__  \
	}
#define FIELD_END            \
	{                    \
		.name = NULL \
	}

/*
 * An object of the text that the caller knows: another one is decoded in its place, as
 * the value of a JSON_POINTER. The caller must check that `object` is where it belongs.
 */
struct json_known {
	size_t begin, len;   /* where it is in the text */
	const char *instead; /* a whole object, as JSON */
	const void *object;  /* result: what that was decoded to; NULL if it never took a place */
};

struct json_source {
	const char *label; /* what errors call the document: "config.json" */
	const char *text;
	size_t len;
	bool head; /* decode only the members before the first `tail` field, and ignore the rest of
		      the text. For hull's own documents, whose order is the table's */
	void (*unknown)(const char *pointer); /* called for each unknown property; or NULL */
	struct json_known *known; /* NULL: none. With it, lines and columns in errors are wrong */
};

/*
 * Decodes a document into *object, which the caller has zeroed. Strings and lists are allocated
 * from arena, and stay valid when the text is freed. null counts as absent. If a name occurs twice,
 * the last one wins. Unknown properties are ignored. Returns 0; or -1 with all violations in err,
 * one a line: "LABEL: /json/pointer: sentence". Text that isn't JSON (RFC 8259) ends the decoding
 * with "LABEL: line L, column C: sentence". After an error *object is filled in as far as the text
 * was read.
 */
int json_decode(struct arena *arena, const struct json_source *source,
	const struct json_table *table, void *object, struct error *err);

/*
 * Appends *object as JSON to out, without a final newline. indent: spaces per level, 0 for one
 * line, or JSON_TABS. Omits absent properties, and numbers of 0 and booleans of false that are
 * neither required nor `always`. Writes lists that are present but empty.
 */
enum { JSON_TABS = 255 };
void json_encode(
	struct buf *out, const struct json_table *table, const void *object, unsigned indent);

/*
 * Collects the violations of a document in one error, one per line: "LABEL: POINTER: sentence", or
 * "LABEL: sentence" if pointer is "". Counts those that don't fit. Initialise with { .err = err,
 * .label = label }.
 */
struct json_violations {
	struct error *err; /* NULL: the caller needs no text */
	const char *label;
	size_t used, count, omitted;
};
/* Adds a violation at pointer. If v->err is NULL, only counts it. */
void json_violation(struct json_violations *v, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Returns 0 if there were no violations; else completes v->err and returns -1. */
int json_violations_end(struct json_violations *v);

/*
 * Appends "/key" to a JSON pointer, with key escaped (RFC 6901) and control characters as \u00XX.
 */
void json_pointer_step(struct buf *pointer, const char *key, size_t len);

/*
 * Writes JSON piece by piece, for output without a struct. In an object, call json_key() before
 * each value. indent: see json_encode().
 */
struct json_writer;
struct json_writer *json_writer_new(unsigned indent);

/* Appends the text to out and frees w. */
void json_writer_finish(struct json_writer *w, struct buf *out);

/*
 * Begin and end an object or an array; json_key() writes the name of the next member. Keys and
 * strings needn't be UTF-8: see json_string().
 */
void json_map_open(struct json_writer *w);
void json_map_close(struct json_writer *w);
void json_array_open(struct json_writer *w);
void json_array_close(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);

/* Writes text as a string, or null if it is NULL. Bytes that aren't UTF-8 become U+FFFD. */
void json_string(struct json_writer *w, const char *text);
void json_int(struct json_writer *w, int64_t value);
void json_uint(struct json_writer *w, uint64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, const char *text); /* text: a whole JSON value */
void json_object(struct json_writer *w, const struct json_table *table, const void *object);

/* Write a member: json_key(), then the value. */
void json_member_string(struct json_writer *w, const char *key, const char *text);
void json_member_int(struct json_writer *w, const char *key, int64_t value);
void json_member_uint(struct json_writer *w, const char *key, uint64_t value);
