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

/* A decimal number at *text, which is moved behind it. -1 when there is none, or it is too high. */
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
		if (first < 0 || last < first || (*next != ',' && *next != '\0')) {
			bitlist_free(list);
			return error_set(
				err, 0, "\"%s\" is not a list of numbers like \"0-3,7\"", text);
		}
		for (long bit = first; bit <= last; bit++)
			set_bit(list, (size_t)bit);
		next = *next == ',' ? skip_space(next + 1) : next;
	}
	return 0;
}

void bitlist_free(struct bitlist *list)
{
	free(list->words);
	*list = (struct bitlist){ 0 };
}
