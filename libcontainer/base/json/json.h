/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON, driven by tables. An object is a C struct and a table of its fields; one decoder and one
 *encoder walk the tables. Nothing here knows what the objects mean.
 *
 *	struct oci_id_mapping { uint32_t container_id, host_id, size; };
 *	static const struct json_field id_mapping_fields[] = {
 *		FIELD(struct oci_id_mapping, container_id, "containerID", JSON_UINT32, .required =
 *true),
 *		...
 *		FIELD_END,
 *	};
 *	const struct json_table id_mapping_table = { "IDMapping", sizeof(struct oci_id_mapping),
 *id_mapping_fields };
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct arena;
struct buf;
struct error;

/* Numbers and booleans whose absence means something. */
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

enum json_type {
	JSON_STRING = 1, /* const char *, NULL when absent */
	JSON_BOOL,       /* bool */
	JSON_INT32,
	JSON_INT64,
	JSON_UINT16,
	JSON_UINT32,
	JSON_UINT64,
	JSON_OPT_BOOL,
	JSON_OPT_INT32,
	JSON_OPT_INT64,
	JSON_OPT_UINT16,
	JSON_OPT_UINT32,
	JSON_OPT_UINT64, /* struct opt_... */
	JSON_ENUM,    /* int: 1 + index into names[]; 0 when absent. An unknown name is a violation
			 that lists the known ones */
	JSON_OBJECT,  /* struct embedded in this one, described by table */
	JSON_POINTER, /* struct T *, NULL when absent, described by table */
	JSON_LIST,    /* LIST(T) of `element` */
	JSON_MAP,     /* LIST(struct { const char *key; T value; }): an object with arbitrary keys.
		       * element_size is that     struct's, value_offset where its value stands */
	JSON_RAW,     /* const char *: any JSON value, as its source text (compact) */
};

struct json_table;

struct json_field {
	const char *name;
	size_t offset;
	enum json_type type;
	bool required;  /* must be present and not null */
	bool not_empty; /* a list or string that is present must have something in it */
	bool always; /* a number or boolean is written even when it is 0 or false, as a required one
			is */
	bool empty_is_absent;   /* of a STRING: "" is read as if it weren't there, as Go's omitempty
				   has it */
	bool bulky;             /* json_decode_brief() passes over it */
	enum json_type element; /* of a LIST or MAP */
	size_t element_size;
	size_t value_offset; /* of a MAP */
	const struct json_table
		*table; /* of OBJECT, POINTER and of LISTs and MAPs of them (element JSON_OBJECT) */
	const char *const *names; /* of ENUM and of LISTs of them; NULL-terminated */
};

struct json_table {
	const char *name; /* of the type, for documentation */
	size_t size;
	const struct json_field *fields; /* up to 64; ends with FIELD_END */
};

#define FIELD(T, member, json_name, json_type, ...)                                              \
	{                                                                                        \
		.name = json_name, .offset = offsetof(T, member), .type = json_type, __VA_ARGS__ \
	}
#define FIELD_LIST(T, member, json_name, element_type, ...)                                       \
	{                                                                                         \
		.name = json_name, .offset = offsetof(T, member), .type = JSON_LIST,              \
		.element = element_type, .element_size = sizeof(*((T *)0)->member.v), __VA_ARGS__ \
	}
#define FIELD_MAP(T, member, json_name, element_type, ...)                            \
	{                                                                             \
		.name = json_name, .offset = offsetof(T, member), .type = JSON_MAP,   \
		.element = element_type, .element_size = sizeof(*((T *)0)->member.v), \
		.value_offset = sizeof(const char *), __VA_ARGS__                     \
	}
#define FIELD_END            \
	{                    \
		.name = NULL \
	}

/* Decodes text into object (which the caller has zeroed), memory from arena. `label` is what errors
 * call the document
 * ("config.json"). All violations are reported, one a line, each "LABEL: /json/pointer: sentence";
 * a syntax error as "LABEL: line L, column C: sentence". Unknown properties are ignored and, where
 * `unknown` isn't NULL, reported to it with their pointer. null counts as absent. When a key comes
 * twice the last one wins. Returns 0 or -1. */
int json_decode(struct arena *arena, const char *label, const char *text, size_t len,
	const struct json_table *table, void *object, void (*unknown)(const char *pointer),
	struct error *err);

/* The same for a document that has been decoded before and is only asked for the rest: bulky fields
 * stay absent. */
int json_decode_brief(struct arena *arena, const char *label, const char *text, size_t len,
	const struct json_table *table, void *object, struct error *err);

/* Appends object as JSON to out, without a final newline. indent: 0 for one line, JSON_TABS, or a
 * number of spaces. Absent properties are left out (empty lists that are set, written), and so is a
 * number of 0 or a boolean of false that is neither required nor `always`. */
enum { JSON_TABS = 255 };
void json_encode(
	struct buf *out, const struct json_table *table, const void *object, unsigned indent);

/* Violations of a document, collected in one error: one a line, "LABEL: POINTER: sentence" ("LABEL:
 * sentence" where pointer is ""). Those that don't fit any more are counted. Begin with { .err =
 * err, .label = label }. */
struct json_violations {
	struct error *err; /* NULL: nobody asked for words */
	const char *label;
	size_t used, count, omitted;
};
void json_violation(struct json_violations *v, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* 0 if there were none, else -1; err is complete then. */
int json_violations_end(struct json_violations *v);

/* Appends "/key" with key escaped as JSON pointers have it (RFC 6901), control characters as
 * \u00XX. */
void json_pointer_step(struct buf *pointer, const char *key, size_t len);

/* Writes a foreign string as errors cite it: in quotes, on one line, not more than 40 bytes of it.
 * Returns out. */
enum { JSON_CITED = 256 };
const char *json_cite(char out[static JSON_CITED], const char *text, size_t len);

/* For output that has no struct. `json_key` before each value inside an object. */
struct json_writer;
struct json_writer *json_writer_new(unsigned indent);
void json_writer_finish(struct json_writer *w, struct buf *out); /* appends the text, frees w */
void json_map_open(struct json_writer *w);
void json_map_close(struct json_writer *w);
void json_array_open(struct json_writer *w);
void json_array_close(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_string(struct json_writer *w,
	const char *text); /* NULL writes null; bytes that aren't UTF-8 become U+FFFD */
void json_int(struct json_writer *w, int64_t value);
void json_uint(struct json_writer *w, uint64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_object(struct json_writer *w, const struct json_table *table, const void *object);
