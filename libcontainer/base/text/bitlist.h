/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of numbers as the kernel writes them (cpuset(7), "List format": "0-3,7"), as a bit mask of
 * any length: CPUs, memory nodes.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

struct bitlist {
	unsigned long *words; /* of the kernel's width, for its system calls */
	size_t n;             /* number of words */
};

enum { BITLIST_MAX = 65535 }; /* highest accepted number; no kernel has as many CPUs or nodes */

/*
 * Parses text; allows spaces around numbers; an empty text is an empty list. The error doesn't name
 * the property. Returns 0 or -1.
 */
int bitlist_parse(const char *text, struct bitlist *list, struct error *err);
/* Returns true if bitlist_parse() accepts text. */
bool bitlist_is_valid(const char *text);
/* Returns true if the list contains the number. */
bool bitlist_has(const struct bitlist *list, size_t number);
/* Returns the highest number that the list can contain, plus one. */
size_t bitlist_end(const struct bitlist *list);
/* Sets difference to the numbers of `list` that `other` lacks; .n is 0 if there are none. */
void bitlist_minus(
	const struct bitlist *list, const struct bitlist *other, struct bitlist *difference);
/* Appends the list in the kernel's format. */
void bitlist_print(const struct bitlist *list, struct buf *out);
void bitlist_free(struct bitlist *list);
#define cleanup_bitlist __attribute__((cleanup(bitlist_free)))
