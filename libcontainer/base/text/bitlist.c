/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/bitlist.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum { WORD_BITS = 8 * sizeof(unsigned long) };

static const char *skip_space(const char *text)
{
	return text + strspn(text, " \t\n");
}

/* Reads a decimal number and advances *text. Returns -1 if there is none, or it is too high. */
static long number(const char **text)
{
	const char *c = skip_space(*text);
	long value = 0;

	if (*c < '0' || *c > '9')
		return -1;
	for (; *c >= '0' && *c <= '9'; c++) {
		value = value * 10 + (*c - '0');
		if (value > BITLIST_MAX)
			return -1;
	}
	*text = skip_space(c);
	return value;
}

/* Returns true if the text ends, or goes on with a comma and something after that. */
static bool is_followed(const char *text)
{
	return *text == '\0' || (*text == ',' && *skip_space(text + 1) != '\0');
}

static void set_bit(struct bitlist *list, size_t bit)
{
	if (bit / WORD_BITS >= list->n) {
		size_t n = bit / WORD_BITS + 1;

		list->words = mem_realloc(list->words, n * sizeof *list->words);
		memset(list->words + list->n, 0, (n - list->n) * sizeof *list->words);
		list->n = n;
	}
	list->words[bit / WORD_BITS] |= 1UL << bit % WORD_BITS;
}

int bitlist_parse(const char *text, struct bitlist *list, struct error *err)
{
	const char *next = skip_space(text);

	*list = (struct bitlist){ 0 };
	while (*next != '\0') {
		long first = number(&next), last = first;

		if (first >= 0 && *next == '-') {
			next++;
			last = number(&next);
		}
		if (first < 0 || last < first || !is_followed(next)) {
			bitlist_free(list);
			return error_set(
				err, 0, "\"%s\" is not a list of numbers like \"0-3,7\"", text);
		}
		for (long bit = first; bit <= last; bit++)
			set_bit(list, (size_t)bit);
		if (*next == ',')
			next = skip_space(next + 1);
	}
	return 0;
}

bool bitlist_is_valid(const char *text)
{
	cleanup_bitlist struct bitlist list = { 0 };

	return bitlist_parse(text, &list, NULL) == 0;
}

bool bitlist_has(const struct bitlist *list, size_t number)
{
	return number / WORD_BITS < list->n &&
		(list->words[number / WORD_BITS] & 1UL << number % WORD_BITS) != 0;
}

size_t bitlist_end(const struct bitlist *list)
{
	return list->n * WORD_BITS;
}

void bitlist_minus(
	const struct bitlist *list, const struct bitlist *other, struct bitlist *difference)
{
	*difference = (struct bitlist){ 0 };
	for (size_t bit = 0; bit < bitlist_end(list); bit++)
		if (bitlist_has(list, bit) && !bitlist_has(other, bit))
			set_bit(difference, bit);
}

void bitlist_print(const struct bitlist *list, struct buf *out)
{
	const char *comma = "";

	for (size_t first = 0, end; first < bitlist_end(list); first = end + 1) {
		for (end = first; bitlist_has(list, end);)
			end++;
		if (end == first)
			continue;
		buf_printf(out, "%s%zu", comma, first);
		if (end - first > 1)
			buf_printf(out, "-%zu", end - 1);
		comma = ",";
	}
}

void bitlist_free(struct bitlist *list)
{
	mem_free(list->words);
	*list = (struct bitlist){ 0 };
}
