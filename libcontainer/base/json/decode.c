/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * yajl's events drive the tables. Each open object, map or list is a frame that knows where its
 * next value goes. No tree is built; values that no table describes are skipped.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json/internal.h"
#include "base/text/quote.h"

enum {
	DEPTH_MAX = 64, /* nested objects and lists; a configuration needs 7 */
	NUMBER_CITED = 40,
};

/* An open object, map or list. */
struct frame {
	enum json_type type; /* JSON_OBJECT, JSON_MAP or JSON_LIST; 0: skip its content */
	const struct json_field
		*field;  /* MAP, LIST: its field; OBJECT: the current member, NULL if unknown */
	void *where;     /* the struct or the any_list */
	const char *key; /* OBJECT, MAP: name of the current member */
	size_t len;      /* length of key */
	const struct json_table *table; /* OBJECT only */
	const struct json_field *next;  /* OBJECT: where to start looking for a name */
	uint64_t seen;                  /* OBJECT: fields that have a value */
};

struct decoder {
	struct json_reader reader;
	struct arena *arena;
	bool head; /* stop before a `tail` field */
	void (*unknown)(const char *pointer);
	struct json_violations violations;
	const struct json_field root;
	void *object;
	unsigned depth; /* number of frames */
	struct frame *frames;
	size_t room; /* of frames */
};

/* Where a value is stored. */
struct slot {
	enum json_type type;
	const struct json_field *field;
	void *where;
};

/* ---- violations ---- */

/* Appends the JSON pointer (RFC 6901) of the current value. */
static void build_pointer(const struct decoder *d, struct buf *out)
{
	buf_puts(out, "");
	for (unsigned i = 0; i < d->depth; i++) {
		const struct frame *frame = &d->frames[i];

		if (frame->type == JSON_LIST)
			buf_printf(out, "/%zu", ((const any_list *)frame->where)->n - 1);
		else if (frame->key != NULL)
			json_pointer_step(out, frame->key, frame->len);
	}
}

__attribute__((cold, format(printf, 2, 3))) static void violation(
	struct decoder *d, const char *fmt, ...)
{
	cleanup_buf struct buf pointer = { 0 };
	char sentence[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	if (d->violations.omitted == 0)
		build_pointer(d, &pointer);
	json_violation(&d->violations, pointer.data != NULL ? pointer.data : "", "%s", sentence);
}

__attribute__((cold)) static void mismatch(
	struct decoder *d, const struct slot *s, const char *found)
{
	const char *expected = json_is_number(s->type)             ? "a number"
		: s->type == JSON_STRING || s->type == JSON_ENUM   ? "a string"
		: s->type == JSON_BOOL || s->type == JSON_OPT_BOOL ? "true or false"
		: s->type == JSON_LIST                             ? "a list"
								   : "an object";

	violation(d, "expected %s, found %s", expected, found);
}

__attribute__((cold)) static void report_unknown(struct decoder *d)
{
	cleanup_buf struct buf pointer = { 0 };

	if (d->unknown == NULL)
		return;
	build_pointer(d, &pointer);
	d->unknown(pointer.data);
}

/* Reports a syntax error with line and column (in bytes, from 1). */
__attribute__((cold)) static void report_fault(struct decoder *d)
{
	const struct json_reader *r = &d->reader;
	const char *start = r->text, *at = r->text + r->fault_at;
	size_t line = 1;
	char position[64];

	for (const char *p = r->text; p < at; p++) {
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	}
	snprintf(position, sizeof position, "line %zu, column %zu", line, (size_t)(at - start) + 1);
	if (d->violations.omitted > 0) /* no room left: this violation is the most important one */
		d->violations.used = d->violations.omitted = 0;
	json_violation(&d->violations, position, "%s", r->fault);
}

/* ---- storing values ---- */

static struct frame *innermost(struct decoder *d)
{
	return d->depth > 0 ? &d->frames[d->depth - 1] : NULL;
}

/* Appends one zeroed element. */
static char *add_element(struct decoder *d, any_list *list, size_t size)
{
	list->v = arena_grow(d->arena, list->v, list->n, &list->room, list->n + 1, size);
	return (char *)list->v + list->n++ * size;
}

/* If a member occurs twice, the last one wins. */
static struct slot member_slot(struct frame *frame)
{
	const struct json_field *field = frame->field;
	uint64_t bit = 1ULL << (field - frame->table->fields);
	struct slot slot = { field->type, field, (char *)frame->where + field->offset };

	if (frame->seen & bit)
		memset(slot.where, 0, json_value_size(field));
	frame->seen |= bit;
	return slot;
}

/* Finds the place for the value that starts now. Returns false if no table has it. */
static bool next_slot(struct decoder *d, struct slot *slot)
{
	struct frame *frame = innermost(d);
	any_list *list;

	json_reader_token(&d->reader);
	if (frame == NULL) {
		*slot = (struct slot){ JSON_OBJECT, &d->root, d->object };
		return true;
	}
	list = frame->where;
	if (frame->type == JSON_LIST) {
		*slot = (struct slot){ frame->field->element, frame->field,
			add_element(d, list, frame->field->element_size) };
	} else if (frame->type == JSON_MAP) {
		*slot = (struct slot){ frame->field->element, frame->field,
			(char *)list->v + (list->n - 1) * frame->field->element_size +
				frame->field->value_offset };
	} else if (frame->type == JSON_OBJECT && frame->field != NULL) {
		*slot = member_slot(frame);
	} else {
		return false;
	}
	return true;
}

/* ---- scalars ---- */

/* null counts as absent. */
static int on_null(void *context)
{
	struct decoder *d = context;
	struct frame *frame = innermost(d);
	struct slot slot;

	if (frame != NULL && frame->type == JSON_MAP) {
		any_list *map = frame->where;
		size_t size = frame->field->element_size;

		memset((char *)map->v + --map->n * size, 0, size);
		json_reader_token(&d->reader);
	} else if (next_slot(d, &slot)) {
		if (frame != NULL && frame->type == JSON_OBJECT)
			frame->seen &= ~(1ULL << (frame->field - frame->table->fields));
		else
			mismatch(d, &slot, "null");
	}
	return 1;
}

static int on_boolean(void *context, int value)
{
	struct decoder *d = context;
	struct slot slot;

	if (!next_slot(d, &slot))
		return 1;
	if (slot.type == JSON_BOOL)
		*(bool *)slot.where = value;
	else if (slot.type == JSON_OPT_BOOL)
		*(struct opt_bool *)slot.where = (struct opt_bool){ true, value };
	else
		mismatch(d, &slot, value ? "true" : "false");
	return 1;
}

static int on_number(void *context, const char *text, size_t len)
{
	struct decoder *d = context;
	char expected[JSON_EXPECTED], found[NUMBER_CITED + sizeof "..."];
	const char *problem;
	struct slot slot;

	if (!next_slot(d, &slot))
		return 1;
	problem = json_is_number(slot.type)
		? json_number_store(slot.type, slot.where, text, len, expected)
		: "";
	if (problem == NULL)
		return 1;
	snprintf(found, sizeof found, "%.*s%s", len > NUMBER_CITED ? NUMBER_CITED : (int)len, text,
		len > NUMBER_CITED ? "..." : "");
	if (problem[0] == '\0')
		mismatch(d, &slot, found);
	else
		violation(d, "expected %s, found %s", problem, found);
	return 1;
}

static void store_enum(struct decoder *d, const struct slot *slot, const char *text, size_t len)
{
	const char *const *names = slot->field->names;
	cleanup_buf struct buf known = { 0 };
	char cited[QUOTE_CITED];

	for (int i = 0; names[i] != NULL; i++) {
		if (strncmp(names[i], text, len) == 0 && names[i][len] == '\0') {
			*(int *)slot->where = i + 1;
			return;
		}
	}
	for (int i = 0; names[i] != NULL; i++)
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
	violation(d, "unknown name %s (known: %s)", quote_cite(cited, text, len), known.data);
}

static bool has_nul(const struct decoder *d, const char *text, size_t len)
{
	return d->reader.escapes && len > 0 && memchr(text, '\0', len) != NULL;
}

static int on_string(void *context, const unsigned char *bytes, size_t len)
{
	struct decoder *d = context;
	const char *text = (const char *)bytes;
	char cited[QUOTE_CITED];
	struct slot slot;

	if (!next_slot(d, &slot))
		return 1;
	if (has_nul(d, text, len)) {
		violation(d, "must not contain a NUL character");
	} else if (slot.type == JSON_STRING) {
		if (len == 0 && slot.field->not_empty && slot.field->type == JSON_STRING)
			violation(d, "must not be empty");
		if (len > 0 || !slot.field->empty_is_absent)
			*(const char **)slot.where = arena_strndup(d->arena, text, len);
	} else if (slot.type == JSON_ENUM) {
		store_enum(d, &slot, text, len);
	} else {
		mismatch(d, &slot, quote_cite(cited, text, len));
	}
	return 1;
}

/* ---- objects, maps and lists ---- */

/* Returns 0, which stops yajl, if there are too many. */
static int open_frame(struct decoder *d, const struct frame *frame)
{
	if (d->depth == DEPTH_MAX) {
		d->reader.fault = "too many objects and lists inside each other (64 are allowed)";
		d->reader.fault_at = d->reader.token_end - 1;
		return 0;
	}
	d->frames = arena_grow(
		d->arena, d->frames, d->depth, &d->room, d->depth + 1, sizeof *d->frames);
	d->frames[d->depth++] = *frame;
	return 1;
}

static int on_start_map(void *context)
{
	struct decoder *d = context;
	struct frame frame = { 0 };
	struct slot slot;

	if (!next_slot(d, &slot))
		return open_frame(d, &frame);
	frame.where = slot.where;
	if (slot.type == JSON_OBJECT || slot.type == JSON_POINTER) {
		frame.type = JSON_OBJECT;
		frame.table = slot.field->table;
		frame.next = frame.table->fields;
		if (slot.type == JSON_POINTER)
			frame.where = *(void **)slot.where =
				arena_alloc(d->arena, frame.table->size);
		if (d->reader.in_known && d->reader.known->object == NULL)
			d->reader.known->object = frame.where;
	} else if (slot.type == JSON_MAP) {
		frame.type = JSON_MAP;
		frame.field = slot.field;
	} else {
		mismatch(d, &slot, "an object");
	}
	return open_frame(d, &frame);
}

/*
 * Returns the field with that name, or NULL. Starts after the last one found, because writers tend
 * to keep an order.
 */
static const struct json_field *find_field(struct frame *frame, const char *key, size_t len)
{
	const struct json_field *field = frame->next;

	do {
		if (field->name == NULL) {
			field = frame->table->fields;
			continue;
		}
		if (field->len == len && memcmp(field->name, key, len) == 0) {
			frame->next = field + 1;
			return field;
		}
		field++;
	} while (field != frame->next);
	return NULL;
}

static void check_required(struct decoder *d, struct frame *frame)
{
	for (const struct json_field *field = frame->table->fields; field->name != NULL; field++) {
		if (!field->required || (frame->seen & 1ULL << (field - frame->table->fields)))
			continue;
		frame->key = field->name;
		frame->len = strlen(field->name);
		violation(d, "required, but missing");
	}
}

static int on_key(void *context, const unsigned char *bytes, size_t len)
{
	struct decoder *d = context;
	struct frame *frame = innermost(d);
	const char *key = (const char *)bytes;
	bool nul = has_nul(d, key, len);

	json_reader_token(&d->reader);
	frame->key = key;
	frame->len = len;
	if (frame->type == JSON_OBJECT) {
		frame->field = len > 0 && !nul ? find_field(frame, key, len) : NULL;
		if (frame->field == NULL)
			report_unknown(d);
		else
			frame->key = frame->field->name; /* yajl reuses its buffer */
		if (d->head && frame->field != NULL && frame->field->tail) {
			check_required(d, frame);
			return 0;
		}
	} else if (frame->type == JSON_MAP) {
		frame->key = arena_strndup(d->arena, key, len);
		if (nul)
			violation(d, "a name must not contain a NUL character");
		*(any_key *)add_element(d, frame->where, frame->field->element_size) = frame->key;
	}
	return 1;
}

/*
 * Makes lists and maps of a decoded document non-NULL and full, because structs that contain them
 * may be copied.
 */
static void seal(struct decoder *d, any_list *list)
{
	if (list->v == NULL)
		list->v = arena_alloc(d->arena, 1);
	list->room = 0;
}

/*
 * Keeps the last of several entries with the same key, at the first one's position. The hash table
 * holds 1 + the index of each key's entry.
 */
static void deduplicate(any_list *map, size_t size)
{
	size_t places = 4, kept = 0;
	cleanup_free uint32_t *table = NULL;

	if (map->n < 2)
		return;
	while (places < map->n * 2)
		places *= 2;
	table = mem_alloc(places * sizeof *table);
	for (size_t i = 0; i < map->n; i++) {
		const char *entry = (const char *)map->v + i * size, *key = *(const any_key *)entry;
		uint32_t hash = 2166136261; /* FNV-1a */
		size_t place, index;

		for (const char *p = key; *p != '\0'; p++)
			hash = (hash ^ (unsigned char)*p) * 16777619;
		for (place = hash & (places - 1); table[place] != 0;
			place = (place + 1) & (places - 1))
			if (strcmp(*(const any_key *)((const char *)map->v +
					   (table[place] - 1) * size),
				    key) == 0)
				break;
		index = table[place] != 0 ? table[place] - 1 : kept++;
		table[place] = (uint32_t)index + 1;
		if (index != i)
			memcpy((char *)map->v + index * size, entry, size);
	}
	map->n = kept;
}

static int on_end_map(void *context)
{
	struct decoder *d = context;
	struct frame *frame = innermost(d);

	json_reader_token(&d->reader);
	if (frame->type == JSON_OBJECT) {
		check_required(d, frame);
	} else if (frame->type == JSON_MAP) {
		deduplicate(frame->where, frame->field->element_size);
		seal(d, frame->where);
	}
	d->depth--;
	return 1;
}

static int on_start_array(void *context)
{
	struct decoder *d = context;
	struct frame frame = { 0 };
	struct slot slot;

	if (next_slot(d, &slot)) {
		if (slot.type == JSON_LIST)
			frame = (struct frame){
				.type = JSON_LIST, .field = slot.field, .where = slot.where
			};
		else
			mismatch(d, &slot, "a list");
	}
	return open_frame(d, &frame);
}

static int on_end_array(void *context)
{
	struct decoder *d = context;
	struct frame *frame = innermost(d);

	json_reader_token(&d->reader);
	d->depth--;
	if (frame->type != JSON_LIST)
		return 1;
	seal(d, frame->where);
	if (((any_list *)frame->where)->n == 0 && frame->field->not_empty)
		violation(d, "must not be empty");
	return 1;
}

/* ---- documents ---- */

static bool is_blank(const char *text, size_t len)
{
	while (len > 0 && (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r')) {
		text++;
		len--;
	}
	return len == 0;
}

static int decode(struct decoder *d)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,
		.yajl_boolean = on_boolean,
		.yajl_number = on_number,
		.yajl_string = on_string,
		.yajl_start_map = on_start_map,
		.yajl_map_key = on_key,
		.yajl_end_map = on_end_map,
		.yajl_start_array = on_start_array,
		.yajl_end_array = on_end_array,
	};

	if (is_blank(d->reader.text, d->reader.len))
		json_violation(&d->violations, "", "the document is empty");
	else if (!json_read(&d->reader, &callbacks, d))
		report_fault(d);
	return json_violations_end(&d->violations);
}

int json_decode(struct arena *arena, const struct json_source *source,
	const struct json_table *table, void *object, struct error *err)
{
	struct decoder d = {
		.reader = { .text = source->text, .len = source->len, .known = source->known },
		.arena = arena,
		.violations = { .err = err, .label = source->label },
		.root = { .type = JSON_OBJECT, .table = table },
		.object = object,
		.head = source->head,
		.unknown = source->unknown,
	};

	return decode(&d);
}
