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
	unsigned long *words; /* of the kernel's width, as its system calls take them */
	size_t n;             /* words */
};

enum {
	BITLIST_MAX = 65535
}; /* the highest number that is accepted; more than any kernel has of either */

/* Parses text; spaces around numbers are allowed, an empty text is an empty list. The error doesn't
 * name the property.
 */
int bitlist_parse(const char *text, struct bitlist *list, struct error *err);
/* Whether the number is in the list. */
bool bitlist_has(const struct bitlist *list, size_t number);
/* One more than the highest number that can be in the list. */
size_t bitlist_end(const struct bitlist *list);
/* The numbers of one list that the other doesn't have, as a new list; empty: .n is 0. */
void bitlist_minus(
	const struct bitlist *list, const struct bitlist *other, struct bitlist *difference);
/* Appends the list as the kernel writes it. */
void bitlist_print(const struct bitlist *list, struct buf *out);
void bitlist_free(struct bitlist *list);
#define cleanup_bitlist __attribute__((cleanup(bitlist_free)))
