/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gvariant.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/text/utf8.h"

enum { DEPTH_MAX = 8, SIGNATURE_MAX = 64 };

struct parser {
	const char *at;
	struct buf *values;
	struct error *err;
	unsigned depth;
};

static int value(struct parser *p, const char *wanted, char signature[SIGNATURE_MAX]);

static int fail(struct parser *p, const char *what)
{
	return error_set(p->err, 0, "expected %s at \"%.32s\"", what, p->at);
}

static void skip_space(struct parser *p)
{
	p->at += strspn(p->at, " \t\n");
}

static bool take(struct parser *p, char c)
{
	skip_space(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static void put(struct parser *p, const char *text)
{
	buf_append(p->values, text, strlen(text) + 1);
}

/* ---- strings ---- */

/* Reads the digits of \uXXXX or \UXXXXXXXX. */
static int read_code_point(struct parser *p, struct buf *out)
{
	int digits = *p->at++ == 'u' ? 4 : 8;
	uint32_t c = 0;
	char bytes[4];

	for (int i = 0; i < digits; i++, p->at++) {
		if (!isxdigit((unsigned char)*p->at))
			return fail(p, "a hexadecimal digit");
		c = c << 4 |
			(uint32_t)(isdigit((unsigned char)*p->at) ? *p->at - '0'
								  : (*p->at | 32) - 'a' + 10);
	}
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return fail(p, "another character than that");
	buf_append(out, bytes, utf8_encode(c, bytes));
	return 0;
}

static int read_escape(struct parser *p, struct buf *out)
{
	static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	const char *letter;

	if (*p->at == 'u' || *p->at == 'U')
		return read_code_point(p, out);
	if (*p->at == 0)
		return fail(p, "a character");
	letter = strchr(letters, *p->at);
	buf_append(out, letter ? &meanings[letter - letters] : p->at, 1);
	p->at++;
	return 0;
}

static int read_string(struct parser *p, struct buf *out)
{
	char quote = *p->at++;

	buf_puts(out, "");
	while (*p->at != quote) {
		if (*p->at == 0)
			return fail(p, "the end of the string");
		if (*p->at == '\\') {
			p->at++;
			if (read_escape(p, out) < 0)
				return -1;
			continue;
		}
		buf_append(out, p->at++, 1);
	}
	p->at++;
	return 0;
}

/* ---- basic types ---- */

static const struct basic {
	char type;
	const char *word;
	int64_t least;
	uint64_t most;
} basics[] = {
	{ 'b', "boolean", 0, 1 },
	{ 'y', "byte", 0, UINT8_MAX },
	{ 'n', "int16", INT16_MIN, INT16_MAX },
	{ 'q', "uint16", 0, UINT16_MAX },
	{ 'i', "int32", INT32_MIN, INT32_MAX },
	{ 'u', "uint32", 0, UINT32_MAX },
	{ 'x', "int64", INT64_MIN, INT64_MAX },
	{ 't', "uint64", 0, UINT64_MAX },
	{ 'd', "double", 0, 0 },
	{ 's', "string", 0, 0 },
	{ 'o', "objectpath", 0, 0 },
	{ 'g', "signature", 0, 0 },
};

static const struct basic *basic_of(char type)
{
	for (size_t i = 0; i < ARRAY_SIZE(basics); i++)
		if (basics[i].type == type)
			return &basics[i];
	return NULL;
}

static size_t number_length(const char *at)
{
	size_t n = strcspn(at, " \t\n,])");

	return n;
}

static int read_integer(struct parser *p, const char *text, const struct basic *basic)
{
	char out[32], *end;
	bool negative = *text == '-';
	const char *digits = text + (*text == '-' || *text == '+');
	uint64_t number;

	errno = 0;
	number = strtoull(digits, &end, 0);
	if (!isdigit((unsigned char)*digits) || *end)
		return fail(p, "an integer");
	if (errno ||
		(negative ? number > (uint64_t)0 - (uint64_t)basic->least : number > basic->most))
		return error_set(p->err, ERANGE, "%s isn't in the range of %s", text, basic->word);
	snprintf(out, sizeof out, "%s%" PRIu64, negative && number ? "-" : "", number);
	put(p, out);
	return 0;
}

/*
 * Reads a number of the wanted type; without one: int32, or double if it has a point or an
 * exponent.
 */
static int read_number(struct parser *p, char wanted, char *type)
{
	size_t len = number_length(p->at);
	char text[64], *end;

	if (len >= sizeof text)
		return fail(p, "a number");
	memcpy(text, p->at, len);
	text[len] = 0;
	*type = wanted ? wanted : strncmp(text, "0x", 2) != 0 && strpbrk(text, ".eE") ? 'd' : 'i';
	if (strchr("bsog", *type))
		return fail(p, basic_of(*type)->word);
	if (*type == 'd') {
		double number = strtod(text, &end);

		if (*end || end == text || !isfinite(number) || !strpbrk(text, "0123456789"))
			return fail(p, "a number");
		put(p, text);
	} else if (read_integer(p, text, basic_of(*type)) < 0) {
		return -1;
	}
	p->at += len;
	return 0;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(p->at, word, len) != 0 || isalnum((unsigned char)p->at[len]))
		return false;
	p->at += len;
	return true;
}

static int read_basic(struct parser *p, char wanted, char *type)
{
	if (*p->at == '\'' || *p->at == '"') {
		cleanup_buf struct buf text = { 0 };

		*type = wanted ? wanted : 's';
		if (!strchr("sog", *type))
			return fail(p, basic_of(*type)->word);
		if (read_string(p, &text) < 0)
			return -1;
		put(p, text.data);
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		const char *word = i ? "true" : "false";

		if (!take_word(p, word))
			continue;
		*type = 'b';
		put(p, word);
		return wanted && wanted != 'b' ? fail(p, basic_of(wanted)->word) : 0;
	}
	if (strchr("0123456789+-.", *p->at) && *p->at)
		return read_number(p, wanted, type);
	return fail(p, "a value");
}

/* ---- containers ---- */

/* Returns the length of the first complete type in a signature; 0 if it isn't a known one. */
static size_t type_length(const char *signature, unsigned depth)
{
	size_t n = 1;

	if (depth > DEPTH_MAX)
		return 0;
	if (*signature == 'a') {
		n = type_length(signature + 1, depth + 1);
		return n ? n + 1 : 0;
	}
	if (*signature != '(')
		return *signature && basic_of(*signature) ? 1 : 0;
	while (signature[n] != ')') {
		size_t member = type_length(signature + n, depth + 1);

		if (!member)
			return 0;
		n += member;
	}
	return n > 1 ? n + 1 : 0;
}

/* All elements have one type, which the first one determines if it isn't given. */
static int read_array(struct parser *p, const char *wanted, char signature[SIGNATURE_MAX])
{
	cleanup_buf struct buf elements = { 0 };
	struct buf *values = p->values;
	char element[SIGNATURE_MAX] = "", count[24];
	size_t n = 0;
	int result = 0;

	if (wanted && *wanted != 'a')
		return fail(p, "another type than an array");
	if (wanted)
		snprintf(element, sizeof element, "%s", wanted + 1);
	p->at++;
	p->values = &elements;
	while (result == 0 && !take(p, ']')) {
		if (n && !take(p, ','))
			result = fail(p, "a comma or ]");
		else
			result = value(p, *element ? element : NULL, element);
		n++;
	}
	p->values = values;
	if (result < 0)
		return -1;
	if (!*element)
		return fail(p, "the type of the empty array before it");
	snprintf(count, sizeof count, "%zu", n);
	put(p, count);
	buf_append(p->values, elements.data ? elements.data : "", elements.len);
	if (strlen(element) + 2 > SIGNATURE_MAX)
		return fail(p, "a simpler type");
	memmove(signature + 1, element, strlen(element) + 1);
	*signature = 'a';
	return 0;
}

static int read_tuple(struct parser *p, const char *wanted, char signature[SIGNATURE_MAX])
{
	char whole[SIGNATURE_MAX] = "(";
	size_t len = 1;

	if (wanted && *wanted != '(')
		return fail(p, "another type than a tuple");
	p->at++;
	do {
		char member[SIGNATURE_MAX] = "";
		size_t n = wanted ? type_length(wanted + len, 0)
				  : 0; /* as many bytes of `whole` have been read */

		if (wanted && !n)
			return fail(p, "no more members");
		if (wanted)
			snprintf(member, sizeof member, "%.*s", (int)n, wanted + len);
		if (value(p, wanted ? member : NULL, member) < 0)
			return -1;
		if (len + strlen(member) + 2 > sizeof whole)
			return fail(p, "a simpler type");
		len += (size_t)sprintf(whole + len, "%s", member);
	} while (take(p, ','));
	if (!take(p, ')') || (wanted && wanted[len] != ')'))
		return fail(p, "a comma or )");
	whole[len] = ')';
	whole[len + 1] = 0;
	strcpy(signature, whole);
	return 0;
}

/* Reads the type of the next value, a word or a signature: "@as [...]", "uint64 5". */
static int read_type(struct parser *p, char type[SIGNATURE_MAX])
{
	*type = 0;
	if (*p->at == '@') {
		size_t n = type_length(++p->at, 0);

		if (!n || n >= SIGNATURE_MAX || !strchr(" \t\n", p->at[n]) || !p->at[n])
			return fail(p, "a type");
		snprintf(type, SIGNATURE_MAX, "%.*s", (int)n, p->at);
		p->at += n;
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(basics) && !*type; i++)
			if (take_word(p, basics[i].word))
				snprintf(type, SIGNATURE_MAX, "%c", basics[i].type);
	}
	skip_space(p);
	return 0;
}

/* wanted: NULL for any type. signature may be the same array as wanted. */
static int value(struct parser *p, const char *wanted, char signature[SIGNATURE_MAX])
{
	char type[SIGNATURE_MAX];
	char basic[2] = "";
	int result;

	skip_space(p);
	if (++p->depth > DEPTH_MAX)
		return fail(p, "something simpler");
	if (read_type(p, type) < 0)
		return -1;
	if (*type && wanted && strcmp(type, wanted) != 0)
		return error_set(
			p->err, 0, "a value of type %s is among others of type %s", type, wanted);
	if (!*type && wanted)
		snprintf(type, sizeof type, "%s", wanted);
	if (*p->at == '[') {
		result = read_array(p, *type ? type : NULL, signature);
	} else if (*p->at == '(') {
		result = read_tuple(p, *type ? type : NULL, signature);
	} else {
		if (*type && type[1])
			return fail(p, "an array or a tuple");
		result = read_basic(p, *type, basic);
		strcpy(signature, basic);
	}
	p->depth--;
	return result;
}

int gvariant_read(const char *text, struct buf *signature, struct buf *values, struct error *err)
{
	struct parser p = { text, values, err, 0 };
	char type[SIGNATURE_MAX] = "";

	if (value(&p, NULL, type) < 0)
		return -1;
	skip_space(&p);
	if (*p.at)
		return fail(&p, "the end");
	buf_append(signature, type, strlen(type) + 1);
	return 0;
}
