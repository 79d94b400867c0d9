/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UTF-8 as RFC 3629 defines it: the shortest form, no surrogates, up to U+10FFFF.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the length of the character that begins at p, 1 to 4 bytes; 0 if the bytes there are no
 * character, or if it is longer than `left` bytes. left is at least 1. */
size_t utf8_length(const char *p, size_t left);

/* Returns the code point of the character of `len` bytes at p, len being what utf8_length()
 * returned. */
uint32_t utf8_point(const char *p, size_t len);

/* False for control characters, C1 included, which a terminal may obey, and for U+2028 and U+2029,
 * which some readers take for the end of a line. */
bool utf8_is_printable(uint32_t point);

/* Returns how many bytes at the beginning of text are characters: len if all of it is UTF-8. */
size_t utf8_prefix(const char *text, size_t len);
