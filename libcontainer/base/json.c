/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/error.h"
#include "base/mem.h"

enum {
	DEPTH_MAX = 64,    /* of objects and lists in each other; a config needs 7 */
	FOUND_MAX = 40,    /* bytes of a wrong value that an error cites */
	OMITTED_ROOM = 64, /* of an error's text, kept for "and N more violations" */
};

_Static_assert(FOUND_MAX * 6 + 6 <= JSON_CITED, "room for a string of nothing but control characters");

/* What every LIST(T) looks like in memory. */
typedef struct {
	void *v;
	size_t n;
} __attribute__((may_alias)) any_list;

/* What stands at the beginning of every element of a map. */
typedef const char *__attribute__((may_alias)) any_key;

/* ---- violations ---- */

void json_violation(struct json_violations *v, const char *pointer, const char *fmt, ...)
{
	struct error *err = v->err;
	size_t room = ERROR_TEXT_MAX - OMITTED_ROOM - v->used;
	int head, tail;
	va_list ap;

	v->count++;
	if (err == NULL || v->omitted > 0) {
		v->omitted++;
		return;
	}
	head = snprintf(err->text + v->used, room, "%s%s: %s%s", v->used > 0 ? "\n" : "", v->label, pointer, pointer[0] ? ": " : "");
	if (head >= 0 && (size_t)head < room) {
		va_start(ap, fmt);
		tail = vsnprintf(err->text + v->used + head, room - (size_t)head, fmt, ap);
		va_end(ap);
		if (tail >= 0 && (size_t)(head + tail) < room) {
			v->used += (size_t)(head + tail);
			return;
		}
	}
	err->text[v->used] = '\0';
	v->omitted++;
}

int json_violations_end(struct json_violations *v)
{
	struct error *err = v->err;

	if (v->count == 0)
		return 0;
	if (err == NULL)
		return -1;
	err->code = 0;
	if (v->omitted > 0)
		snprintf(err->text + v->used, ERROR_TEXT_MAX - v->used, "%s%zu violations%s", v->used > 0 ? "\nand " : "", v->omitted,
			 v->used > 0 ? " more" : ", too long to be listed");
	return -1;
}

/* ---- UTF-8 ---- */

/* How many of the `left` bytes at p are one UTF-8 character (RFC 3629: shortest form, no surrogates, up to U+10FFFF), 0 if the
 * first ones aren't any. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* The offset of the first byte that begins no UTF-8 character, or len. */
static size_t utf8_valid(const char *text, size_t len)
{
	size_t at = 0, n;
	uint64_t eight;

	while (at < len) {
		if (len - at >= sizeof eight) {
			memcpy(&eight, text + at, sizeof eight);
			if ((eight & 0x8080808080808080) == 0) {
				at += sizeof eight;
				continue;
			}
		}
		n = utf8_length((const unsigned char *)text + at, len - at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

/* ---- decoder ---- */

enum frame_kind { FRAME_OBJECT, FRAME_LIST, FRAME_MAP };

/* An object, list or map whose end hasn't come yet. */
struct frame {
	enum frame_kind kind;
	const struct json_field *field; /* OBJECT: the one whose value comes, NULL for an unknown one; else: whose list or map this is */
	const struct json_table *table; /* OBJECT */
	uint64_t seen;                  /* OBJECT: which of the table's fields have come */
	const struct json_field *next;  /* OBJECT: where the search for a name begins: writers tend to keep an order */
	char *object;                   /* OBJECT */
	any_list *list;                 /* LIST, MAP */
	size_t room;                    /* LIST, MAP: elements that fit in list->v */
};

struct decoder {
	struct arena *arena;
	const char *text;
	size_t len;
	struct json_field root; /* as if the document were a property of something */
	char *object;
	void (*unknown)(const char *pointer);
	struct json_violations violations;
	yajl_handle yajl;
	const char *refused; /* why a callback stopped the parser */
	unsigned skipping;   /* objects and lists that are open inside a value that nobody wants */
	const char **raw;    /* where the source text of the value being skipped goes */
	size_t raw_start;
	unsigned depth;
	struct frame frames[DEPTH_MAX];
};

/* The place that the next value goes to. */
struct slot {
	enum json_type type;
	const struct json_field *field;
	void *where;
};

void json_pointer_step(struct buf *out, const char *key, size_t len)
{
	buf_append(out, "/", 1);
	for (size_t i = 0; i < len; i++) {
		if (key[i] == '~')
			buf_append(out, "~0", 2);
		else if (key[i] == '/')
			buf_append(out, "~1", 2);
		else if ((unsigned char)key[i] < ' ')
			buf_printf(out, "\\u%04x", (unsigned)key[i]);
		else
			buf_append(out, key + i, 1);
	}
}

/* The JSON pointer (RFC 6901) of the value being read. */
static void pointer_build(const struct decoder *d, struct buf *out)
{
	buf_puts(out, "");
	for (unsigned i = 0; i < d->depth; i++) {
		const struct frame *f = &d->frames[i];

		if (f->kind == FRAME_LIST) {
			buf_printf(out, "/%zu", f->list->n - 1);
		} else if (f->kind == FRAME_MAP) {
			const char *entry = (const char *)f->list->v + (f->list->n - 1) * f->field->element_size;

			json_pointer_step(out, *(const any_key *)entry, strlen(*(const any_key *)entry));
		} else if (f->field != NULL) {
			json_pointer_step(out, f->field->name, strlen(f->field->name));
		}
	}
}

__attribute__((cold, format(printf, 2, 3))) static void violation(struct decoder *d, const char *fmt, ...)
{
	cleanup_buf struct buf pointer = {0};
	char sentence[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	if (d->violations.omitted == 0)
		pointer_build(d, &pointer);
	json_violation(&d->violations, pointer.data ? pointer.data : "", "%s", sentence);
}

static bool is_number(enum json_type type)
{
	return (type >= JSON_INT32 && type <= JSON_UINT64) || (type >= JSON_OPT_INT32 && type <= JSON_OPT_UINT64);
}

__attribute__((cold)) static void mismatch(struct decoder *d, const struct slot *s, const char *found)
{
	const char *expected = is_number(s->type)                              ? "a number"
			       : s->type == JSON_STRING || s->type == JSON_ENUM ? "a string"
			       : s->type == JSON_BOOL || s->type == JSON_OPT_BOOL ? "true or false"
			       : s->type == JSON_LIST                           ? "a list"
										: "an object";

	violation(d, "expected %s, found %s", expected, found);
}

const char *json_cite(char out[static JSON_CITED], const char *text, size_t len)
{
	size_t n = len > FOUND_MAX ? FOUND_MAX : len;
	char *p = out;

	while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* not inside a character */
	*p++ = '"';
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] < ' ')
			p += sprintf(p, "\\u%04x", (unsigned)text[i]);
		else
			*p++ = text[i];
	}
	strcpy(p, n < len ? "...\"" : "\"");
	return out;
}

static size_t value_size(const struct json_field *f)
{
	switch (f->type) {
	case JSON_STRING:
	case JSON_POINTER:
	case JSON_RAW:
		return sizeof(char *);
	case JSON_BOOL:
		return sizeof(bool);
	case JSON_INT32:
	case JSON_UINT32:
		return sizeof(int32_t);
	case JSON_INT64:
	case JSON_UINT64:
		return sizeof(int64_t);
	case JSON_UINT16:
		return sizeof(uint16_t);
	case JSON_OPT_BOOL:
		return sizeof(struct opt_bool);
	case JSON_OPT_INT32:
	case JSON_OPT_UINT32:
		return sizeof(struct opt_int32);
	case JSON_OPT_INT64:
	case JSON_OPT_UINT64:
		return sizeof(struct opt_int64);
	case JSON_OPT_UINT16:
		return sizeof(struct opt_uint16);
	case JSON_ENUM:
		return sizeof(int);
	case JSON_OBJECT:
		return f->table->size;
	case JSON_LIST:
	case JSON_MAP:
		return sizeof(any_list);
	}
	return 0;
}

/* One more element, zeroed. Elements move only here, when nothing that points into one is open. */
static char *list_grow(struct decoder *d, struct frame *f)
{
	size_t size = f->field->element_size;

	if (f->list->n == f->room) {
		size_t room = f->room ? f->room * 2 : 4;
		void *v = arena_alloc(d->arena, room * size);

		if (f->list->n > 0)
			memcpy(v, f->list->v, f->list->n * size);
		f->list->v = v;
		f->room = room;
	}
	return (char *)f->list->v + f->list->n++ * size;
}

/* Where the value goes that comes now. False: nobody wants it. */
static bool slot_next(struct decoder *d, struct slot *s)
{
	struct frame *f;

	if (d->skipping > 0)
		return false;
	if (d->depth == 0) {
		*s = (struct slot){ JSON_OBJECT, &d->root, d->object };
		return true;
	}
	f = &d->frames[d->depth - 1];
	if (f->field == NULL)
		return false;
	if (f->kind == FRAME_OBJECT)
		*s = (struct slot){ f->field->type, f->field, f->object + f->field->offset };
	else if (f->kind == FRAME_LIST)
		*s = (struct slot){ f->field->element, f->field, list_grow(d, f) };
	else
		*s = (struct slot){ f->field->element, f->field,
				    (char *)f->list->v + (f->list->n - 1) * f->field->element_size + f->field->value_offset };
	return true;
}

/* Ends a JSON_RAW value: its source text is what stands between its key and here, without the white space. */
static void raw_take(struct decoder *d)
{
	const char *from = d->text + d->raw_start, *end = d->text + yajl_get_bytes_consumed(d->yajl);
	char *to = arena_alloc(d->arena, (size_t)(end - from) + 1);
	bool quoted = false;

	*d->raw = to;
	d->raw = NULL;
	while (from < end && strchr(" \t\r\n:", *from) != NULL)
		from++;
	for (; from < end; from++) {
		if (!quoted && strchr(" \t\r\n", *from) != NULL)
			continue;
		if (*from == '"')
			quoted = !quoted;
		*to++ = *from;
		if (quoted && *from == '\\')
			*to++ = *++from;
	}
}

static void raw_take_scalar(struct decoder *d, const struct slot *s)
{
	d->raw = s->where;
	raw_take(d);
}

static int on_null(void *context)
{
	struct decoder *d = context;
	struct frame *f = d->depth > 0 ? &d->frames[d->depth - 1] : NULL;
	struct slot s;

	if (f != NULL && f->kind == FRAME_MAP && d->skipping == 0) {
		f->list->n--;
		return 1;
	}
	if (!slot_next(d, &s))
		return 1;
	if (f != NULL && f->kind == FRAME_OBJECT)
		f->seen &= ~(1ULL << (f->field - f->table->fields)); /* on_map_key() has cleared what an earlier one left */
	else
		mismatch(d, &s, "null");
	return 1;
}

static int on_boolean(void *context, int value)
{
	struct decoder *d = context;
	struct slot s;

	if (!slot_next(d, &s))
		return 1;
	if (s.type == JSON_BOOL)
		*(bool *)s.where = value;
	else if (s.type == JSON_OPT_BOOL)
		*(struct opt_bool *)s.where = (struct opt_bool){ true, value };
	else if (s.type == JSON_RAW)
		raw_take_scalar(d, &s);
	else
		mismatch(d, &s, value ? "true" : "false");
	return 1;
}

/* Splits a JSON number into sign and magnitude. Returns 0, ERANGE when the magnitude is above 2^64 - 1, or EDOM when it isn't a
 * whole number. "1e3" and "10.0" are whole. */
static int number_parse(const char *text, size_t len, bool *negative, uint64_t *magnitude)
{
	const char *p = text, *end = text + len;
	long exponent = 0, written = 0;
	size_t zeros = 0; /* digits 0 that count only if another digit follows */
	bool fraction = false, minus;
	uint64_t value = 0;

	*negative = *p == '-';
	for (p += *negative; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		exponent -= fraction;
		if (*p == '0') {
			zeros++;
			continue;
		}
		for (; zeros > 0 && value > 0; zeros--)
			if (__builtin_mul_overflow(value, 10, &value))
				return exponent < 0 ? EDOM : ERANGE;
		zeros = 0;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return exponent < 0 ? EDOM : ERANGE;
	}
	*magnitude = 0;
	if (value == 0)
		return 0;
	if (p < end) {
		minus = *++p == '-';
		for (p += *p == '-' || *p == '+'; p < end; p++)
			if (written < 1000000)
				written = written * 10 + (*p - '0');
		exponent += minus ? -written : written;
	}
	exponent += (long)zeros;
	if (exponent < 0)
		return EDOM;
	for (; exponent > 0; exponent--)
		if (__builtin_mul_overflow(value, 10, &value))
			return ERANGE;
	*magnitude = value;
	return 0;
}

static const struct number_range {
	int64_t min;
	uint64_t max;
} ranges[] = {
	[JSON_INT32] = { INT32_MIN, INT32_MAX },     [JSON_OPT_INT32] = { INT32_MIN, INT32_MAX },
	[JSON_INT64] = { INT64_MIN, INT64_MAX },     [JSON_OPT_INT64] = { INT64_MIN, INT64_MAX },
	[JSON_UINT16] = { 0, UINT16_MAX },           [JSON_OPT_UINT16] = { 0, UINT16_MAX },
	[JSON_UINT32] = { 0, UINT32_MAX },           [JSON_OPT_UINT32] = { 0, UINT32_MAX },
	[JSON_UINT64] = { 0, UINT64_MAX },           [JSON_OPT_UINT64] = { 0, UINT64_MAX },
};

/* Stores a number that is in its type's range; bits is its two's complement. */
static void number_store(const struct slot *s, uint64_t bits)
{
	switch (s->type) {
	case JSON_INT32:
	case JSON_UINT32:
		*(uint32_t *)s->where = (uint32_t)bits;
		break;
	case JSON_INT64:
	case JSON_UINT64:
		*(uint64_t *)s->where = bits;
		break;
	case JSON_UINT16:
		*(uint16_t *)s->where = (uint16_t)bits;
		break;
	case JSON_OPT_INT32:
		*(struct opt_int32 *)s->where = (struct opt_int32){ true, (int32_t)bits };
		break;
	case JSON_OPT_INT64:
		*(struct opt_int64 *)s->where = (struct opt_int64){ true, (int64_t)bits };
		break;
	case JSON_OPT_UINT16:
		*(struct opt_uint16 *)s->where = (struct opt_uint16){ true, (uint16_t)bits };
		break;
	case JSON_OPT_UINT32:
		*(struct opt_uint32 *)s->where = (struct opt_uint32){ true, (uint32_t)bits };
		break;
	default:
		*(struct opt_uint64 *)s->where = (struct opt_uint64){ true, bits };
	}
}

static int on_number(void *context, const char *text, size_t len)
{
	struct decoder *d = context;
	const struct number_range *range = &ranges[JSON_UINT64];
	struct slot s;
	bool negative;
	uint64_t magnitude;
	char cited[FOUND_MAX + 8];
	int problem = 0;

	if (!slot_next(d, &s))
		return 1;
	if (s.type == JSON_RAW) {
		raw_take_scalar(d, &s);
		return 1;
	}
	if (is_number(s.type)) {
		range = &ranges[s.type];
		problem = number_parse(text, len, &negative, &magnitude);
		if (problem == 0 && magnitude <= (negative ? -(uint64_t)range->min : range->max)) {
			number_store(&s, negative ? -magnitude : magnitude);
			return 1;
		}
	}
	snprintf(cited, sizeof cited, "%.*s%s", len > FOUND_MAX ? FOUND_MAX : (int)len, text, len > FOUND_MAX ? "..." : "");
	if (!is_number(s.type))
		mismatch(d, &s, cited);
	else if (problem == EDOM)
		violation(d, "expected a whole number, found %s", cited);
	else
		violation(d, "expected a number from %" PRId64 " to %" PRIu64 ", found %s", range->min, range->max, cited);
	return 1;
}

static void enum_store(struct decoder *d, const struct slot *s, const char *text, size_t len)
{
	const char *const *names = s->field->names;
	cleanup_buf struct buf known = {0};
	char cited[JSON_CITED];

	for (int i = 0; names[i] != NULL; i++) {
		if (strncmp(names[i], text, len) == 0 && names[i][len] == '\0') {
			*(int *)s->where = i + 1;
			return;
		}
	}
	for (int i = 0; names[i] != NULL; i++)
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
	violation(d, "unknown name %s (known: %s)", json_cite(cited, text, len), known.data);
}

/* yajl hands a string on where it stands in the text, unless it had to take escapes out: only then a NUL can be in it. */
static bool has_nul(const struct decoder *d, const char *text, size_t len)
{
	return (text < d->text || text >= d->text + d->len) && memchr(text, '\0', len) != NULL;
}

static int on_string(void *context, const unsigned char *value, size_t len)
{
	struct decoder *d = context;
	const char *text = (const char *)value;
	char cited[JSON_CITED];
	struct slot s;

	if (!slot_next(d, &s))
		return 1;
	if (has_nul(d, text, len)) {
		violation(d, "must not contain a NUL character");
	} else if (s.type == JSON_STRING) {
		if (len == 0 && s.field->not_empty && s.field->type == JSON_STRING)
			violation(d, "must not be empty");
		if (len > 0 || !s.field->empty_is_absent)
			*(const char **)s.where = arena_strndup(d->arena, text, len);
	} else if (s.type == JSON_ENUM) {
		enum_store(d, &s, text, len);
	} else if (s.type == JSON_RAW) {
		raw_take_scalar(d, &s);
	} else {
		mismatch(d, &s, json_cite(cited, text, len));
	}
	return 1;
}

/* Counts an opening brace or bracket and, if nobody wants what's in it, skips it. *wanted says which. Returns 0 to stop yajl. */
static int container_begin(struct decoder *d, struct slot *s, bool *wanted)
{
	*wanted = false;
	if (d->depth + d->skipping >= DEPTH_MAX) {
		d->refused = "too many objects and lists inside each other (64 are allowed)";
		return 0;
	}
	if (slot_next(d, s))
		*wanted = true;
	else
		d->skipping++;
	return 1;
}

/* A value of another type than the table's, or a JSON_RAW one. */
static void container_skip(struct decoder *d, const struct slot *s, const char *found)
{
	d->skipping = 1;
	if (s->type == JSON_RAW)
		d->raw = s->where;
	else
		mismatch(d, s, found);
}

static void skipped_end(struct decoder *d)
{
	if (--d->skipping == 0 && d->raw != NULL)
		raw_take(d);
}

static int on_start_map(void *context)
{
	struct decoder *d = context;
	struct frame *f = &d->frames[d->depth];
	struct slot s;
	bool wanted;

	if (!container_begin(d, &s, &wanted))
		return 0;
	if (!wanted)
		return 1;
	switch (s.type) {
	case JSON_POINTER:
		s.where = *(void **)s.where = arena_alloc(d->arena, s.field->table->size);
		__attribute__((fallthrough));
	case JSON_OBJECT:
		*f = (struct frame){ .kind = FRAME_OBJECT, .table = s.field->table, .next = s.field->table->fields, .object = s.where };
		d->depth++;
		break;
	case JSON_MAP:
		*f = (struct frame){ .kind = FRAME_MAP, .field = s.field, .list = s.where };
		d->depth++;
		break;
	default:
		container_skip(d, &s, "an object");
	}
	return 1;
}

/* The field called key, or NULL. Begins behind the last one found. */
static const struct json_field *field_find(struct frame *f, const char *key, size_t len)
{
	const struct json_field *field = f->next;

	do {
		if (field->name == NULL) {
			field = f->table->fields;
			continue;
		}
		if (field->name[0] == key[0] && strncmp(field->name, key, len) == 0 && field->name[len] == '\0') {
			f->next = field + 1;
			return field;
		}
		field++;
	} while (field != f->next);
	return NULL;
}

__attribute__((cold)) static void unknown_report(struct decoder *d, const char *key, size_t len)
{
	cleanup_buf struct buf pointer = {0};

	pointer_build(d, &pointer);
	json_pointer_step(&pointer, key, len);
	d->unknown(pointer.data);
}

static int on_map_key(void *context, const unsigned char *text, size_t len)
{
	struct decoder *d = context;
	struct frame *f = &d->frames[d->depth - 1];
	const char *key = (const char *)text;
	uint64_t bit;

	if (d->skipping > 0)
		return 1;
	if (f->kind == FRAME_MAP) {
		char *entry = list_grow(d, f);

		*(any_key *)entry = arena_strndup(d->arena, key, len);
		if (has_nul(d, key, len))
			violation(d, "a name must not contain a NUL character");
		return 1;
	}
	f->field = len > 0 && !has_nul(d, key, len) ? field_find(f, key, len) : NULL;
	if (f->field == NULL) {
		if (d->unknown != NULL)
			unknown_report(d, key, len);
		return 1;
	}
	bit = 1ULL << (f->field - f->table->fields);
	if (f->seen & bit) /* the last one wins */
		memset(f->object + f->field->offset, 0, value_size(f->field));
	f->seen |= bit;
	if (f->field->type == JSON_RAW)
		d->raw_start = yajl_get_bytes_consumed(d->yajl);
	return 1;
}

/* Drops the earlier ones of entries with the same key: each key's place in a hash table holds 1 + its entry's index. */
static void map_deduplicate(any_list *map, size_t size)
{
	size_t places = 4, kept = 0;
	cleanup_free uint32_t *table = NULL;

	if (map->n < 2)
		return;
	while (places < map->n * 2)
		places *= 2;
	table = mem_alloc(places * sizeof *table);
	for (size_t i = 0; i < map->n; i++) {
		char *entry = (char *)map->v + i * size, *old = NULL;
		const char *key = *(any_key *)entry;
		uint32_t hash = 2166136261; /* FNV-1a */
		size_t place;

		for (const char *p = key; *p != '\0'; p++)
			hash = (hash ^ (unsigned char)*p) * 16777619;
		for (place = hash & (places - 1); table[place] != 0; place = (place + 1) & (places - 1)) {
			old = (char *)map->v + (table[place] - 1) * size;
			if (strcmp(*(any_key *)old, key) == 0)
				break;
		}
		if (table[place] == 0) {
			old = (char *)map->v + kept * size;
			table[place] = (uint32_t)++kept;
		}
		if (old != entry)
			memcpy(old, entry, size);
	}
	map->n = kept;
}

static int on_end_map(void *context)
{
	struct decoder *d = context;
	struct frame *f = &d->frames[d->depth - 1];

	if (d->skipping > 0) {
		skipped_end(d);
		return 1;
	}
	if (f->kind == FRAME_MAP) {
		map_deduplicate(f->list, f->field->element_size);
		if (f->list->v == NULL)
			f->list->v = arena_alloc(d->arena, 1);
	} else {
		for (const struct json_field *field = f->table->fields; field->name != NULL; field++) {
			if (!field->required || (f->seen & 1ULL << (field - f->table->fields)))
				continue;
			f->field = field;
			violation(d, "required, but missing");
		}
	}
	d->depth--;
	return 1;
}

static int on_start_array(void *context)
{
	struct decoder *d = context;
	struct slot s;
	bool wanted;

	if (!container_begin(d, &s, &wanted))
		return 0;
	if (!wanted)
		return 1;
	if (s.type == JSON_LIST)
		d->frames[d->depth++] = (struct frame){ .kind = FRAME_LIST, .field = s.field, .list = s.where };
	else
		container_skip(d, &s, "a list");
	return 1;
}

static int on_end_array(void *context)
{
	struct decoder *d = context;
	struct frame *f = &d->frames[d->depth - 1];

	if (d->skipping > 0) {
		skipped_end(d);
		return 1;
	}
	d->depth--;
	if (f->list->v == NULL)
		f->list->v = arena_alloc(d->arena, 1);
	if (f->list->n == 0 && f->field->not_empty)
		violation(d, "must not be empty");
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number, /* as text: no other callback of yajl's is exact over the range of uint64 */
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* `at` is the offset behind the last byte that was read; columns count bytes. */
__attribute__((cold)) static void syntax_error(struct decoder *d, size_t at, const char *sentence)
{
	size_t line = 1, start = 0;
	char position[64];

	for (size_t i = 0; i + 1 < at && i < d->len; i++) {
		if (d->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	snprintf(position, sizeof position, "line %zu, column %zu", line, at > start ? at - start : 1);
	json_violation(&d->violations, position, "%.*s", (int)strcspn(sentence, "\n"), sentence);
}

/* The value of the \uXXXX that may begin at p, or 0. */
static unsigned long escaped_unit(const char *p, const char *end)
{
	char digits[5] = "";

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	memcpy(digits, p + 2, 4);
	return strtoul(digits, NULL, 16);
}

/* yajl turns half of a surrogate pair into a question mark; here it's an error, like all that is no character. Returns the offset
 * behind the first one, 0 if there is none. To be called on what yajl has found to be JSON. */
static size_t lone_surrogate(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		unsigned long unit = escaped_unit(p, end), other;

		if (unit >= 0xd800 && unit <= 0xdfff) {
			other = escaped_unit(p + 6, end);
			if (unit >= 0xdc00 || other < 0xdc00 || other > 0xdfff)
				return (size_t)(p - text) + 6;
			p += 6;
		}
		p += 2;
	}
	return 0;
}

static void parse(struct decoder *d)
{
	unsigned char *sentence;
	yajl_status status = yajl_parse(d->yajl, (const unsigned char *)d->text, d->len);
	size_t at = yajl_get_bytes_consumed(d->yajl);

	if (status == yajl_status_ok) {
		at = d->len;
		status = yajl_complete_parse(d->yajl);
	}
	if (status == yajl_status_ok) {
		at = lone_surrogate(d->text, d->len);
		if (at > 0)
			syntax_error(d, at, "half of a surrogate pair is no character");
	} else if (status == yajl_status_client_canceled) {
		syntax_error(d, at, d->refused);
	} else {
		sentence = yajl_get_error(d->yajl, 0, (const unsigned char *)d->text, d->len);
		syntax_error(d, at, (const char *)sentence);
		yajl_free_error(d->yajl, sentence);
	}
}

static void *yajl_mem_alloc(void *context, size_t size)
{
	(void)context;
	return mem_alloc(size);
}

static void *yajl_mem_realloc(void *context, void *old, size_t size)
{
	(void)context;
	return mem_realloc(old, size);
}

static void yajl_mem_free(void *context, void *old)
{
	(void)context;
	free(old);
}

int json_decode(struct arena *arena, const char *label, const char *text, size_t len, const struct json_table *table, void *object,
		void (*unknown)(const char *pointer), struct error *err)
{
	yajl_alloc_funcs memory = { yajl_mem_alloc, yajl_mem_realloc, yajl_mem_free, NULL };
	struct decoder d;
	size_t blank = 0, valid = utf8_valid(text, len);

	memset(&d, 0, offsetof(struct decoder, frames));
	d.arena = arena;
	d.text = text;
	d.len = len;
	d.root = (struct json_field){ .name = "", .type = JSON_OBJECT, .table = table };
	d.object = object;
	d.unknown = unknown;
	d.violations = (struct json_violations){ .err = err, .label = label };
	while (blank < len && memchr(" \t\r\n", text[blank], 4) != NULL)
		blank++;
	if (blank == len) {
		json_violation(&d.violations, "", "the document is empty");
	} else if (valid < len) {
		syntax_error(&d, valid + 1, "this is not UTF-8");
	} else {
		d.yajl = yajl_alloc(&callbacks, &memory, &d);
		yajl_config(d.yajl, yajl_dont_validate_strings, 1); /* done, and more strictly than yajl does */
		parse(&d);
		yajl_free(d.yajl);
	}
	return json_violations_end(&d.violations);
}

/* ---- writer ---- */

struct json_writer {
	struct buf out;
	unsigned indent, depth;
	bool first;     /* nothing stands in the innermost object or list yet */
	bool after_key; /* a key has been written, its value hasn't */
};

struct json_writer *json_writer_new(unsigned indent)
{
	struct json_writer *w = mem_alloc(sizeof *w);

	w->indent = indent;
	w->first = true;
	return w;
}

void json_writer_finish(struct json_writer *w, struct buf *out)
{
	buf_append(out, w->out.data ? w->out.data : "", w->out.len);
	buf_free(&w->out);
	free(w);
}

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

/* What comes before a key or a value: nothing behind a key, else the comma behind the one before it and a new line. */
static void before(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (!w->first)
		buf_append(&w->out, ",", 1);
	if (w->depth > 0)
		new_line(w);
	w->first = false;
}

static void word(struct json_writer *w, const char *text)
{
	before(w);
	buf_puts(&w->out, text);
}

static void open_with(struct json_writer *w, const char *bracket)
{
	word(w, bracket);
	w->depth++;
	w->first = true;
}

static void close_with(struct json_writer *w, const char *bracket)
{
	w->depth--;
	if (!w->first)
		new_line(w);
	w->first = false;
	buf_puts(&w->out, bracket);
}

void json_map_open(struct json_writer *w)
{
	open_with(w, "{");
}

void json_map_close(struct json_writer *w)
{
	close_with(w, "}");
}

void json_array_open(struct json_writer *w)
{
	open_with(w, "[");
}

void json_array_close(struct json_writer *w)
{
	close_with(w, "]");
}

static void quoted(struct json_writer *w, const char *text)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);

	buf_append(&w->out, "\"", 1);
	while (p < end) {
		const unsigned char *plain = p;
		const char *letter;
		size_t n;

		while (*p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
			p++;
		buf_append(&w->out, plain, (size_t)(p - plain));
		if (p == end)
			break;
		n = utf8_length(p, (size_t)(end - p));
		letter = strchr(special, *p);
		if (n == 0)
			buf_puts(&w->out, "\xef\xbf\xbd");
		else if (letter != NULL)
			buf_append(&w->out, (char[]){ '\\', letters[letter - special] }, 2);
		else if (n == 1)
			buf_printf(&w->out, "\\u%04x", *p);
		else
			buf_append(&w->out, p, n);
		p += n ? n : 1;
	}
	buf_append(&w->out, "\"", 1);
}

void json_key(struct json_writer *w, const char *key)
{
	before(w);
	quoted(w, key);
	buf_puts(&w->out, w->indent ? ": " : ":");
	w->after_key = true;
}

void json_string(struct json_writer *w, const char *text)
{
	if (text == NULL) {
		json_null(w);
		return;
	}
	before(w);
	quoted(w, text);
}

void json_int(struct json_writer *w, int64_t value)
{
	before(w);
	buf_printf(&w->out, "%" PRId64, value);
}

void json_uint(struct json_writer *w, uint64_t value)
{
	before(w);
	buf_printf(&w->out, "%" PRIu64, value);
}

void json_bool(struct json_writer *w, bool value)
{
	word(w, value ? "true" : "false");
}

void json_null(struct json_writer *w)
{
	word(w, "null");
}

/* ---- encoder ---- */

/* Numbers and booleans that aren't `opt` have no absence: 0 is left out unless the table says otherwise. */
static bool is_absent(const struct json_field *f, const char *where)
{
	if (f->type == JSON_OBJECT)
		return false;
	if (f->type == JSON_LIST || f->type == JSON_MAP)
		return ((const any_list *)where)->v == NULL;
	if (f->type >= JSON_OPT_BOOL && f->type <= JSON_OPT_UINT64)
		return !*(const bool *)where; /* the member `set` */
	if ((f->required || f->always) && (is_number(f->type) || f->type == JSON_BOOL))
		return false;
	for (size_t i = 0; i < value_size(f); i++)
		if (where[i] != 0)
			return false;
	return true;
}

static void encode_value(struct json_writer *w, enum json_type type, const struct json_field *f, const char *where);

static void encode_list(struct json_writer *w, const struct json_field *f, const any_list *list)
{
	json_array_open(w);
	for (size_t i = 0; i < list->n; i++)
		encode_value(w, f->element, f, (const char *)list->v + i * f->element_size);
	json_array_close(w);
}

static void encode_map(struct json_writer *w, const struct json_field *f, const any_list *map)
{
	json_map_open(w);
	for (size_t i = 0; i < map->n; i++) {
		const char *entry = (const char *)map->v + i * f->element_size;

		json_key(w, *(const any_key *)entry);
		encode_value(w, f->element, f, entry + f->value_offset);
	}
	json_map_close(w);
}

static void encode_value(struct json_writer *w, enum json_type type, const struct json_field *f, const char *where)
{
	switch (type) {
	case JSON_STRING:
		json_string(w, *(const char *const *)where);
		break;
	case JSON_BOOL:
		json_bool(w, *(const bool *)where);
		break;
	case JSON_INT32:
		json_int(w, *(const int32_t *)where);
		break;
	case JSON_INT64:
		json_int(w, *(const int64_t *)where);
		break;
	case JSON_UINT16:
		json_uint(w, *(const uint16_t *)where);
		break;
	case JSON_UINT32:
		json_uint(w, *(const uint32_t *)where);
		break;
	case JSON_UINT64:
		json_uint(w, *(const uint64_t *)where);
		break;
	case JSON_OPT_BOOL:
		json_bool(w, ((const struct opt_bool *)where)->value);
		break;
	case JSON_OPT_INT32:
		json_int(w, ((const struct opt_int32 *)where)->value);
		break;
	case JSON_OPT_INT64:
		json_int(w, ((const struct opt_int64 *)where)->value);
		break;
	case JSON_OPT_UINT16:
		json_uint(w, ((const struct opt_uint16 *)where)->value);
		break;
	case JSON_OPT_UINT32:
		json_uint(w, ((const struct opt_uint32 *)where)->value);
		break;
	case JSON_OPT_UINT64:
		json_uint(w, ((const struct opt_uint64 *)where)->value);
		break;
	case JSON_ENUM:
		json_string(w, f->names[*(const int *)where - 1]);
		break;
	case JSON_OBJECT:
		json_object(w, f->table, where);
		break;
	case JSON_POINTER:
		json_object(w, f->table, *(const void *const *)where);
		break;
	case JSON_LIST:
		encode_list(w, f, (const any_list *)where);
		break;
	case JSON_MAP:
		encode_map(w, f, (const any_list *)where);
		break;
	case JSON_RAW:
		word(w, *(const char *const *)where);
		break;
	}
}

void json_object(struct json_writer *w, const struct json_table *table, const void *object)
{
	json_map_open(w);
	for (const struct json_field *f = table->fields; f->name != NULL; f++) {
		const char *where = (const char *)object + f->offset;

		if (is_absent(f, where))
			continue;
		json_key(w, f->name);
		encode_value(w, f->type, f, where);
	}
	json_map_close(w);
}

void json_encode(struct buf *out, const struct json_table *table, const void *object, unsigned indent)
{
	struct json_writer w = { .out = *out, .indent = indent, .first = true };

	json_object(&w, table, object);
	*out = w.out;
}
