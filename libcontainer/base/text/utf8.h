/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UTF-8 as RFC 3629 defines it: the shortest form, no surrogates, up to U+10FFFF.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Returns the length of the character at p, 1 to 4 bytes; 0 if it is malformed or longer than
 * `left`, which must be at least 1.
 */
size_t utf8_length(const char *p, size_t left);

/* Returns the code point of the character at p; len: from utf8_length(). */
uint32_t utf8_point(const char *p, size_t len);

/* Writes the character of a code point. Returns its length. */
size_t utf8_encode(uint32_t point, char bytes[4]);

/*
 * Returns false for control characters, including C1, which a terminal may interpret, and for
 * U+2028 and U+2029, which some readers treat as line ends.
 */
bool utf8_is_printable(uint32_t point);

/* Returns the length of the printable ASCII without backslashes at the start of text. */
size_t utf8_plain(const char *text, size_t len);

/* Returns the length of the valid UTF-8 at the start of text: len if all of it is. */
size_t utf8_prefix(const char *text, size_t len);
