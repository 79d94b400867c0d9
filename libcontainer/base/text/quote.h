/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text in quotes, on one line, for logs and error messages.
 */
#pragma once
#include <stddef.h>

struct buf;

/*
 * Appends text in double quotes like Go's %q, which runc's text log uses: letters for common
 * escapes, \xNN for ASCII control characters and bytes that aren't UTF-8, \uNNNN for characters
 * that would end or hide a line.
 */
void quote_append(struct buf *out, const char *text, size_t len);

/*
 * Quotes at most 40 bytes of a foreign string, with "..." before the closing quote if there are
 * more. Returns out.
 */
enum { QUOTE_CITED = 256 };
const char *quote_cite(char out[static QUOTE_CITED], const char *text, size_t len);
