/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reader is a recursive descent that a table guides (RFC 8259): it knows at each value which
 * type belongs there and where it goes, so nothing is built that is then thrown away. It is our own
 * because yajl underneath took 60% of the time (every command of every container reads JSON), takes
 * UTF-8 that isn't any, and turns half of a surrogate pair into a question mark.
 */
#include "base/json/json.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum {
	DEPTH_MAX = 64,    /* of objects and lists in each other; a config needs 7 */
	FOUND_MAX = 40,    /* bytes of a wrong value that an error cites */
	OMITTED_ROOM = 64, /* of an error's text, kept for "and N more violations" */
};

_Static_assert(
	FOUND_MAX * 6 + 6 <= JSON_CITED, "room for a string of nothing but control characters");

/* What every LIST(T) looks like in memory. */
typedef struct {
	void *v;
	size_t n, room;
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
	head = snprintf(err->text + v->used, room, "%s%s: %s%s", v->used > 0 ? "\n" : "", v->label,
		pointer, pointer[0] ? ": " : "");
	if (head >= 0 && (size_t)head < room) {
		va_start(ap, fmt);
		tail = vsnprintf(err->text + v->used + head, room - (size_t)head, fmt, ap);
		va_end(ap);
		if (tail >= 0 && (size_t)tail < room - (size_t)head) {
			v->used += (size_t)head + (size_t)tail;
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
		snprintf(err->text + v->used, ERROR_TEXT_MAX - v->used, "%s%zu violations%s",
			v->used > 0 ? "\nand " : "", v->omitted,
			v->used > 0 ? " more" : ", too long to be listed");
	return -1;
}

/* ---- UTF-8 ---- */

/* How many of the `left` bytes at p are one UTF-8 character (RFC 3629: shortest form, no
 * surrogates, up to U+10FFFF), 0 if the first ones aren't any. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1
		: p[0] < 0xc2  ? 0
		: p[0] < 0xe0  ? 2
		: p[0] < 0xf0  ? 3
		: p[0] < 0xf5  ? 4
			       : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* ---- decoder ---- */

/* An object, map or list that is open. */
struct frame {
	const char *key; /* of an object or map: the member being read, NULL between members */
	size_t len;
	bool is_list;
	size_t index; /* of a list */
};

struct decoder {
	struct arena *arena;
	const char *text, *p, *end;
	void (*unknown)(const char *pointer);
	bool brief;
	struct json_violations violations;
	unsigned depth; /* of frames */
	struct frame frames[DEPTH_MAX];
	struct buf unescaped; /* the last string, if it has escapes */
};

/* The place that a value goes to. */
struct slot {
	enum json_type type;
	const struct json_field *field;
	void *where;
};

void json_pointer_step(struct buf *pointer, const char *key, size_t len)
{
	buf_append(pointer, "/", 1);
	for (size_t i = 0; i < len; i++) {
		if (key[i] == '~')
			buf_append(pointer, "~0", 2);
		else if (key[i] == '/')
			buf_append(pointer, "~1", 2);
		else if ((unsigned char)key[i] < ' ')
			buf_printf(pointer, "\\u%04x", (unsigned)key[i]);
		else
			buf_append(pointer, key + i, 1);
	}
}

/* The JSON pointer (RFC 6901) of the value being read. */
static void pointer_build(const struct decoder *d, struct buf *out)
{
	buf_puts(out, "");
	for (const struct frame *frame = d->frames; frame < d->frames + d->depth; frame++) {
		if (frame->is_list)
			buf_printf(out, "/%zu", frame->index);
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
		pointer_build(d, &pointer);
	json_violation(&d->violations, pointer.data != NULL ? pointer.data : "", "%s", sentence);
}

/* What can't be read ends the reading. Columns count bytes. Always returns false. */
__attribute__((cold)) static bool syntax_error(
	struct decoder *d, const char *at, const char *sentence)
{
	size_t line = 1;
	const char *start = d->text;
	char position[64];

	for (const char *p = d->text; p < at; p++) {
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	}
	snprintf(position, sizeof position, "line %zu, column %zu", line, (size_t)(at - start) + 1);
	if (d->violations.omitted > 0) /* no room: this is more important than all of them */
		d->violations.used = d->violations.omitted = 0;
	json_violation(&d->violations, position, "%s",
		at < d->end ? sentence : "the document ends too early");
	return false;
}

static bool is_number(enum json_type type)
{
	return (type >= JSON_INT32 && type <= JSON_UINT64) ||
		(type >= JSON_OPT_INT32 && type <= JSON_OPT_UINT64);
}

__attribute__((cold)) static void mismatch(
	struct decoder *d, const struct slot *s, const char *found)
{
	const char *expected = is_number(s->type)                  ? "a number"
		: s->type == JSON_STRING || s->type == JSON_ENUM   ? "a string"
		: s->type == JSON_BOOL || s->type == JSON_OPT_BOOL ? "true or false"
		: s->type == JSON_LIST                             ? "a list"
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
	case JSON_RAW: return sizeof(char *);
	case JSON_BOOL: return sizeof(bool);
	case JSON_INT32:
	case JSON_UINT32: return sizeof(int32_t);
	case JSON_INT64:
	case JSON_UINT64: return sizeof(int64_t);
	case JSON_UINT16: return sizeof(uint16_t);
	case JSON_OPT_BOOL: return sizeof(struct opt_bool);
	case JSON_OPT_INT32:
	case JSON_OPT_UINT32: return sizeof(struct opt_int32);
	case JSON_OPT_INT64:
	case JSON_OPT_UINT64: return sizeof(struct opt_int64);
	case JSON_OPT_UINT16: return sizeof(struct opt_uint16);
	case JSON_ENUM: return sizeof(int);
	case JSON_OBJECT: return f->table->size;
	case JSON_LIST:
	case JSON_MAP: return sizeof(any_list);
	}
	return 0;
}

/* The next byte that isn't white space, NUL at the end. */
static inline char peek(struct decoder *d)
{
	if (d->p<d->end && * d->p> ' ')
		return *d->p;
	while (d->p < d->end && (*d->p == ' ' || *d->p == '\n' || *d->p == '\t' || *d->p == '\r'))
		d->p++;
	return d->p < d->end ? *d->p : '\0';
}

static bool read_word(struct decoder *d, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(d->end - d->p) < len || memcmp(d->p, word, len) != 0)
		return syntax_error(d, d->p, "this is no value");
	d->p += len;
	return true;
}

/* ---- strings ---- */

/* The four hexadecimal digits at p, or -1. */
static long read_unit(const struct decoder *d, const char *p)
{
	long unit = 0;

	if (d->end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9' ? c - '0'
			: c >= 'a' && c <= 'f'   ? c - 'a' + 10
			: c >= 'A' && c <= 'F'   ? c - 'A' + 10
						 : -1;

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* Appends what the escape at d->p, behind its backslash, stands for. */
static bool read_escape(struct decoder *d)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *letter = d->p < d->end && *d->p != '\0' ? strchr(letters, *d->p) : NULL;
	const char *backslash = d->p - 1;
	char utf8[4];
	size_t n;
	long unit, low;

	if (letter != NULL) {
		buf_append(&d->unescaped, &values[letter - letters], 1);
		d->p++;
		return true;
	}
	if (d->p == d->end || *d->p != 'u')
		return syntax_error(
			d, d->p == d->end ? d->p : backslash, "there is no such escape");
	unit = read_unit(d, d->p + 1);
	if (unit < 0)
		return syntax_error(d, backslash, "\\u needs four hexadecimal digits");
	d->p += 5;
	if (unit >= 0xd800 && unit <= 0xdfff) {
		low = unit < 0xdc00 && d->end - d->p >= 6 && d->p[0] == '\\' && d->p[1] == 'u'
			? read_unit(d, d->p + 2)
			: -1;
		if (low < 0xdc00 || low > 0xdfff)
			return syntax_error(
				d, backslash, "half of a surrogate pair is no character");
		d->p += 6;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	}
	if (unit < 0x80) {
		n = 1;
		utf8[0] = (char)unit;
	} else {
		n = unit < 0x800 ? 2 : unit < 0x10000 ? 3 : 4;
		for (size_t i = n - 1; i > 0; i--, unit >>= 6)
			utf8[i] = (char)(0x80 | (unit & 0x3f));
		utf8[0] = (char)(0xf0 << (4 - n) | unit);
	}
	buf_append(&d->unescaped, utf8, n);
	return true;
}

/* The bytes that stand for themselves in a string and are a character. */
static const bool plain[256] = {
	[' ' ... '!'] = true, ['#' ... '['] = true, [']' ... 0x7f] = true
};

/* How many of the eight bytes at p are plain, up to the first that isn't: that one makes its
 * highest bit 1, here or by a subtraction, which borrows from those behind it only. */
static unsigned plain_of_8(const char *p)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t x;

	memcpy(&x, p, sizeof x);
	x = le64toh(x);
	x = (x | (x - ones * ' ') | ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones)) &
		ones * 0x80;
	return x == 0 ? 8 : (unsigned)__builtin_ctzll(x) / 8;
}

/* Goes over the characters of a string that stand for themselves. */
static bool read_plain(struct decoder *d)
{
	size_t n = 8;

	for (;;) {
		for (; n == 8 && d->end - d->p >= 8; d->p += n)
			n = plain_of_8(d->p);
		while (d->p < d->end && plain[(unsigned char)*d->p])
			d->p++;
		if (d->p == d->end)
			return syntax_error(d, d->p, "");
		if (*d->p == '"' || *d->p == '\\')
			return true;
		if ((unsigned char)*d->p < ' ')
			return syntax_error(
				d, d->p, "a control character in a string must be escaped");
		n = utf8_length((const unsigned char *)d->p, (size_t)(d->end - d->p));
		if (n == 0)
			return syntax_error(d, d->p, "this is not UTF-8");
		d->p += n;
		n = 8;
	}
}

/* Reads the string whose opening quote is at d->p. What it stores is valid until the next string.
 */
static bool read_string(struct decoder *d, const char **text, size_t *len)
{
	const char *start = ++d->p;

	if (!read_plain(d))
		return false;
	*text = start;
	*len = (size_t)(d->p - start);
	if (*d->p == '"') {
		d->p++;
		return true;
	}
	buf_clear(&d->unescaped);
	for (;;) {
		buf_append(&d->unescaped, start, (size_t)(d->p - start));
		if (*d->p++ == '"')
			break;
		if (!read_escape(d))
			return false;
		start = d->p;
		if (!read_plain(d))
			return false;
	}
	*text = d->unescaped.data;
	*len = d->unescaped.len;
	return true;
}

static void enum_store(struct decoder *d, const struct slot *s, const char *text, size_t len)
{
	const char *const *names = s->field->names;
	cleanup_buf struct buf known = { 0 };
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

/* Only an escape can have put a NUL into a string. */
static bool has_nul(const struct decoder *d, const char *text, size_t len)
{
	return text == d->unescaped.data && memchr(text, '\0', len) != NULL;
}

static bool read_string_value(struct decoder *d, const struct slot *s)
{
	char cited[JSON_CITED];
	const char *text;
	size_t len;

	if (!read_string(d, &text, &len))
		return false;
	if (s == NULL)
		return true;
	if (has_nul(d, text, len)) {
		violation(d, "must not contain a NUL character");
	} else if (s->type == JSON_STRING) {
		if (len == 0 && s->field->not_empty && s->field->type == JSON_STRING)
			violation(d, "must not be empty");
		if (len > 0 || !s->field->empty_is_absent)
			*(const char **)s->where = arena_strndup(d->arena, text, len);
	} else if (s->type == JSON_ENUM) {
		enum_store(d, s, text, len);
	} else {
		mismatch(d, s, json_cite(cited, text, len));
	}
	return true;
}

/* ---- numbers ---- */

/* Splits a JSON number into sign and magnitude. Returns 0, ERANGE when the magnitude is above 2^64
 * - 1, or EDOM when it isn't a whole number. "1e3" and "10.0" are whole. */
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
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
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
	[JSON_INT32] = { INT32_MIN, INT32_MAX },
	[JSON_OPT_INT32] = { INT32_MIN, INT32_MAX },
	[JSON_INT64] = { INT64_MIN, INT64_MAX },
	[JSON_OPT_INT64] = { INT64_MIN, INT64_MAX },
	[JSON_UINT16] = { 0, UINT16_MAX },
	[JSON_OPT_UINT16] = { 0, UINT16_MAX },
	[JSON_UINT32] = { 0, UINT32_MAX },
	[JSON_OPT_UINT32] = { 0, UINT32_MAX },
	[JSON_UINT64] = { 0, UINT64_MAX },
	[JSON_OPT_UINT64] = { 0, UINT64_MAX },
};

/* Stores a number that is in its type's range; bits is its two's complement. */
static void number_store(const struct slot *s, uint64_t bits)
{
	switch (s->type) {
	case JSON_INT32:
	case JSON_UINT32: *(uint32_t *)s->where = (uint32_t)bits; break;
	case JSON_INT64:
	case JSON_UINT64: *(uint64_t *)s->where = bits; break;
	case JSON_UINT16: *(uint16_t *)s->where = (uint16_t)bits; break;
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
	default: *(struct opt_uint64 *)s->where = (struct opt_uint64){ true, bits };
	}
}

static void number_value(struct decoder *d, const struct slot *s, const char *text, size_t len)
{
	const struct number_range *range = &ranges[is_number(s->type) ? s->type : JSON_UINT64];
	bool negative;
	uint64_t magnitude;
	char cited[FOUND_MAX + 8];
	int problem = number_parse(text, len, &negative, &magnitude);

	if (is_number(s->type) && problem == 0 &&
		magnitude <= (negative ? -(uint64_t)range->min : range->max)) {
		number_store(s, negative ? -magnitude : magnitude);
		return;
	}
	snprintf(cited, sizeof cited, "%.*s%s", len > FOUND_MAX ? FOUND_MAX : (int)len, text,
		len > FOUND_MAX ? "..." : "");
	if (!is_number(s->type))
		mismatch(d, s, cited);
	else if (problem == EDOM)
		violation(d, "expected a whole number, found %s", cited);
	else
		violation(d, "expected a number from %" PRId64 " to %" PRIu64 ", found %s",
			range->min, range->max, cited);
}

static const char *digits(const struct decoder *d, const char *p)
{
	while (p < d->end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The number (RFC 8259) that begins at d->p. */
static bool read_number(struct decoder *d, const struct slot *s)
{
	const char *start = d->p, *whole = start + (*start == '-'), *p = digits(d, whole), *part;

	if (p == whole)
		return syntax_error(d, p, "this is no value");
	if (*whole == '0' && p - whole > 1)
		return syntax_error(d, whole, "a number doesn't begin with 0");
	if (p < d->end && *p == '.') {
		part = p + 1;
		p = digits(d, part);
		if (p == part)
			return syntax_error(d, p, "expected a digit");
	}
	if (p < d->end && (*p == 'e' || *p == 'E')) {
		part = p + 1 < d->end && (p[1] == '+' || p[1] == '-') ? p + 2 : p + 1;
		p = digits(d, part);
		if (p == part)
			return syntax_error(d, p, "expected a digit");
	}
	d->p = p;
	if (s != NULL)
		number_value(d, s, start, (size_t)(p - start));
	return true;
}

/* ---- objects, maps and lists ---- */

static bool read_value(struct decoder *d, const struct slot *s);

/* Goes behind the opening brace or bracket at d->p. Returns NULL after a syntax error. */
static struct frame *enter(struct decoder *d)
{
	struct frame *frame = &d->frames[d->depth];

	if (d->depth == DEPTH_MAX) {
		syntax_error(
			d, d->p, "too many objects and lists inside each other (64 are allowed)");
		return NULL;
	}
	*frame = (struct frame){ 0 };
	d->depth++;
	d->p++;
	return frame;
}

static void leave(struct decoder *d)
{
	d->depth--;
	d->p++;
}

/* One more element, zeroed. */
static char *list_add(struct decoder *d, any_list *list, size_t size)
{
	list->v = arena_grow(d->arena, list->v, list->n, &list->room, list->n + 1, size);
	return (char *)list->v + list->n++ * size;
}

/* Most of a configuration is lists of short names: those that need no second look. False: nothing
 * has been read. */
static inline bool read_short_string(struct decoder *d, const char **where)
{
	const char *start = d->p + 1, *p = start;
	size_t n;

	if (d->p == d->end || *d->p != '"')
		return false;
	do {
		if (d->end - p < 8)
			return false;
		n = plain_of_8(p);
		p += n;
	} while (n == 8);
	if (*p != '"' || p == start)
		return false;
	*where = arena_strndup(d->arena, start, (size_t)(p - start));
	d->p = p + 1;
	return true;
}

/* s NULL: the elements are of no interest. */
static bool read_list(struct decoder *d, const struct slot *s)
{
	struct frame *frame;
	struct slot element = { 0 };
	any_list *list = NULL;

	if (s != NULL && s->type == JSON_LIST)
		list = s->where;
	else if (s != NULL)
		mismatch(d, s, "a list");
	frame = enter(d);
	if (frame == NULL)
		return false;
	frame->is_list = true;
	for (bool more = peek(d) != ']'; more; frame->index++) {
		if (list != NULL)
			element = (struct slot){ s->field->element, s->field,
				list_add(d, list, s->field->element_size) };
		peek(d);
		if ((list == NULL || element.type != JSON_STRING ||
			    !read_short_string(d, element.where)) &&
			!read_value(d, list != NULL ? &element : NULL))
			return false;
		more = peek(d) == ',';
		if (more)
			d->p++;
		else if (d->p == d->end || *d->p != ']')
			return syntax_error(d, d->p, "expected , or ]");
	}
	leave(d);
	if (list == NULL)
		return true;
	if (list->v == NULL)
		list->v = arena_alloc(d->arena, 1);
	list->room = 0; /* copies of it may be added to */
	if (list->n == 0 && s->field->not_empty)
		violation(d, "must not be empty");
	return true;
}

/* The name of a member and its colon. */
static bool read_key(struct decoder *d, struct frame *frame)
{
	if (peek(d) != '"')
		return syntax_error(d, d->p, "expected a name in quotes");
	if (!read_string(d, &frame->key, &frame->len))
		return false;
	if (peek(d) != ':')
		return syntax_error(d, d->p, "expected :");
	d->p++;
	peek(d);
	return true;
}

/* What follows a member. */
static bool read_comma(struct decoder *d, bool *more)
{
	*more = peek(d) == ',';
	if (*more)
		d->p++;
	else if (d->p == d->end || *d->p != '}')
		return syntax_error(d, d->p, "expected , or }");
	return true;
}

/* The field called key, or NULL. The search begins at *next, behind the last one found, as writers
 * tend to keep an order. */
static const struct json_field *field_find(
	const struct json_table *table, const struct json_field **next, const char *key, size_t len)
{
	const struct json_field *field = *next;

	do {
		if (field->name == NULL) {
			field = table->fields;
			continue;
		}
		if (field->name[0] == key[0] && strncmp(field->name, key, len) == 0 &&
			field->name[len] == '\0') {
			*next = field + 1;
			return field;
		}
		field++;
	} while (field != *next);
	return NULL;
}

__attribute__((cold)) static void unknown_report(struct decoder *d)
{
	cleanup_buf struct buf pointer = { 0 };

	if (d->unknown == NULL)
		return;
	pointer_build(d, &pointer);
	d->unknown(pointer.data);
}

/* The value of a table's field. seen: which have come; one that comes again takes the place of the
 * first, null takes it away. */
static bool read_field(struct decoder *d, const struct json_field *field, char *object,
	uint64_t bit, uint64_t *seen)
{
	struct slot slot = { field->type, field, object + field->offset };

	if (*seen & bit)
		memset(slot.where, 0, value_size(field));
	*seen |= bit;
	if (d->p < d->end && *d->p == 'n') {
		*seen &= ~bit;
		return read_word(d, "null");
	}
	return read_value(d, d->brief && field->bulky ? NULL : &slot);
}

/* table NULL: the members are of no interest. */
static bool read_object(struct decoder *d, const struct json_table *table, void *object)
{
	struct frame *frame;
	const struct json_field *field = NULL, *next = table != NULL ? table->fields : NULL;
	uint64_t seen = 0;

	frame = enter(d);
	if (frame == NULL)
		return false;
	for (bool more = peek(d) != '}'; more;) {
		if (!read_key(d, frame))
			return false;
		if (table != NULL) {
			field = frame->len > 0 && !has_nul(d, frame->key, frame->len)
				? field_find(table, &next, frame->key, frame->len)
				: NULL;
			if (field == NULL)
				unknown_report(d);
			else
				frame->key = field->name;
		}
		if (!(field != NULL ? read_field(d, field, object, 1ULL << (field - table->fields),
					      &seen)
				    : read_value(d, NULL)) ||
			!read_comma(d, &more))
			return false;
	}
	for (field = next != NULL ? table->fields : NULL; field != NULL && field->name != NULL;
		field++) {
		if (!field->required || (seen & 1ULL << (field - table->fields)))
			continue;
		frame->key = field->name;
		frame->len = strlen(field->name);
		violation(d, "required, but missing");
	}
	leave(d);
	return true;
}

/* Drops the earlier ones of entries with the same key: each key's place in a hash table holds 1 +
 * its entry's index. */
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

static bool read_map(struct decoder *d, const struct json_field *field, any_list *map)
{
	struct frame *frame;

	frame = enter(d);
	if (frame == NULL)
		return false;
	for (bool more = peek(d) != '}'; more;) {
		bool present, nul;
		char *entry;

		if (!read_key(d, frame))
			return false;
		nul = has_nul(d, frame->key, frame->len);
		frame->key = arena_strndup(d->arena, frame->key, frame->len);
		if (nul)
			violation(d, "a name must not contain a NUL character");
		entry = list_add(d, map, field->element_size);
		*(any_key *)entry = frame->key;
		present = d->p == d->end || *d->p != 'n';
		if (!(present ? read_value(d,
					&(struct slot){ field->element, field,
						entry + field->value_offset })
			      : read_word(d, "null")) ||
			!read_comma(d, &more))
			return false;
		if (!present)
			memset((char *)map->v + --map->n * field->element_size, 0,
				field->element_size);
	}
	leave(d);
	map_deduplicate(map, field->element_size);
	if (map->v == NULL)
		map->v = arena_alloc(d->arena, 1);
	map->room = 0;
	return true;
}

static bool read_braces(struct decoder *d, const struct slot *s)
{
	switch (s != NULL ? s->type : JSON_RAW) {
	case JSON_POINTER:
		*(void **)s->where = arena_alloc(d->arena, s->field->table->size);
		return read_object(d, s->field->table, *(void **)s->where);
	case JSON_OBJECT: return read_object(d, s->field->table, s->where);
	case JSON_MAP: return read_map(d, s->field, s->where);
	default:
		if (s != NULL)
			mismatch(d, s, "an object");
		return read_object(d, NULL, NULL);
	}
}

/* The source text of a value, without the white space between its parts. */
static bool read_raw(struct decoder *d, const char **where)
{
	const char *from = d->p;
	char *to;
	bool in_string = false;

	if (!read_value(d, NULL))
		return false;
	*where = to = arena_alloc(d->arena, (size_t)(d->p - from) + 1);
	for (; from < d->p; from++) {
		if (!in_string && (*from == ' ' || *from == '\n' || *from == '\t' || *from == '\r'))
			continue;
		if (*from == '"')
			in_string = !in_string;
		*to++ = *from;
		if (*from == '\\')
			*to++ = *++from;
	}
	return true;
}

static bool read_boolean(struct decoder *d, const struct slot *s, bool value)
{
	if (!read_word(d, value ? "true" : "false"))
		return false;
	if (s == NULL)
		return true;
	if (s->type == JSON_BOOL)
		*(bool *)s->where = value;
	else if (s->type == JSON_OPT_BOOL)
		*(struct opt_bool *)s->where = (struct opt_bool){ true, value };
	else
		mismatch(d, s, value ? "true" : "false");
	return true;
}

/* Reads the value at d->p to its place, or over it where s is NULL. False after a syntax error. */
static bool read_value(struct decoder *d, const struct slot *s)
{
	if (s != NULL && s->type == JSON_RAW)
		return read_raw(d, s->where);
	switch (d->p < d->end ? *d->p : '\0') {
	case '"': return read_string_value(d, s);
	case '{': return read_braces(d, s);
	case '[': return read_list(d, s);
	case 't': return read_boolean(d, s, true);
	case 'f': return read_boolean(d, s, false);
	case 'n':
		if (!read_word(d, "null"))
			return false;
		if (s != NULL)
			mismatch(d, s, "null");
		return true;
	default: return d->p < d->end ? read_number(d, s) : syntax_error(d, d->p, "");
	}
}

static int decode(struct decoder *d, const char *text, size_t len, const struct json_table *table,
	void *object)
{
	const struct json_field root = { .name = "", .type = JSON_OBJECT, .table = table };

	d->text = d->p = text;
	d->end = text + len;
	peek(d);
	if (d->p == d->end)
		json_violation(&d->violations, "", "the document is empty");
	else if (read_value(d, &(struct slot){ JSON_OBJECT, &root, object }) &&
		(peek(d), d->p < d->end))
		syntax_error(d, d->p, "the document has ended before this");
	buf_free(&d->unescaped);
	return json_violations_end(&d->violations);
}

int json_decode(struct arena *arena, const char *label, const char *text, size_t len,
	const struct json_table *table, void *object, void (*unknown)(const char *pointer),
	struct error *err)
{
	struct decoder d = {
		.arena = arena, .unknown = unknown, .violations = { .err = err, .label = label }
	};

	return decode(&d, text, len, table, object);
}

int json_decode_brief(struct arena *arena, const char *label, const char *text, size_t len,
	const struct json_table *table, void *object, struct error *err)
{
	struct decoder d = {
		.arena = arena, .brief = true, .violations = { .err = err, .label = label }
	};

	return decode(&d, text, len, table, object);
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

/* What comes before a key or a value: nothing behind a key, else the comma behind the one before it
 * and a new line. */
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
		const unsigned char *start = p;
		const char *letter;
		size_t n;

		while (plain[*p]) /* the final NUL isn't */
			p++;
		buf_append(&w->out, start, (size_t)(p - start));
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

/* Numbers and booleans that aren't `opt` have no absence: 0 is left out unless the table says
 * otherwise. */
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

static void encode_value(
	struct json_writer *w, enum json_type type, const struct json_field *f, const char *where);

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

static void encode_value(
	struct json_writer *w, enum json_type type, const struct json_field *f, const char *where)
{
	switch (type) {
	case JSON_STRING: json_string(w, *(const char *const *)where); break;
	case JSON_BOOL: json_bool(w, *(const bool *)where); break;
	case JSON_INT32: json_int(w, *(const int32_t *)where); break;
	case JSON_INT64: json_int(w, *(const int64_t *)where); break;
	case JSON_UINT16: json_uint(w, *(const uint16_t *)where); break;
	case JSON_UINT32: json_uint(w, *(const uint32_t *)where); break;
	case JSON_UINT64: json_uint(w, *(const uint64_t *)where); break;
	case JSON_OPT_BOOL: json_bool(w, ((const struct opt_bool *)where)->value); break;
	case JSON_OPT_INT32: json_int(w, ((const struct opt_int32 *)where)->value); break;
	case JSON_OPT_INT64: json_int(w, ((const struct opt_int64 *)where)->value); break;
	case JSON_OPT_UINT16: json_uint(w, ((const struct opt_uint16 *)where)->value); break;
	case JSON_OPT_UINT32: json_uint(w, ((const struct opt_uint32 *)where)->value); break;
	case JSON_OPT_UINT64: json_uint(w, ((const struct opt_uint64 *)where)->value); break;
	case JSON_ENUM: json_string(w, f->names[*(const int *)where - 1]); break;
	case JSON_OBJECT: json_object(w, f->table, where); break;
	case JSON_POINTER: json_object(w, f->table, *(const void *const *)where); break;
	case JSON_LIST: encode_list(w, f, (const any_list *)where); break;
	case JSON_MAP: encode_map(w, f, (const any_list *)where); break;
	case JSON_RAW: word(w, *(const char *const *)where); break;
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

void json_encode(
	struct buf *out, const struct json_table *table, const void *object, unsigned indent)
{
	struct json_writer w = { .out = *out, .indent = indent, .first = true };

	json_object(&w, table, object);
	*out = w.out;
}
