/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/quote.h"

#include <string.h>

#include "base/mem.h"
#include "base/text/utf8.h"

enum { CITED_BYTES = 40 };

_Static_assert(CITED_BYTES * 6 + sizeof "\"...\"" <= QUOTE_CITED, "room for nothing but \\uNNNN");

/* Returns the length of the text at the start that needs no escapes. */
static size_t harmless(const char *text, size_t len)
{
	size_t plain = utf8_plain(text, len);
	const char *quote = memchr(text, '"', plain);

	return quote != NULL ? (size_t)(quote - text) : plain;
}

static void append_content(struct buf *out, const char *text, size_t len)
{
	static const char escaped[] = "\b\f\n\r\t\"\\\a\v", letters[] = "bfnrt\"\\av";

	for (const char *p = text, *end = text + len; p < end;) {
		size_t as_it_is = harmless(p, (size_t)(end - p)), n;
		const char *escape;

		buf_append(out, p, as_it_is);
		p += as_it_is;
		if (p == end)
			break;
		n = utf8_length(p, (size_t)(end - p));
		escape = memchr(escaped, *p, sizeof escaped - 1);
		if (escape != NULL)
			buf_printf(out, "\\%c", letters[escape - escaped]);
		else if (n > 0 && utf8_is_printable(utf8_point(p, n)))
			buf_append(out, p, n);
		else if (n > 1)
			buf_printf(out, "\\u%04x", utf8_point(p, n));
		else
			buf_printf(out, "\\x%02x", (unsigned char)*p);
		p += n > 0 ? n : 1;
	}
}

void quote_append(struct buf *out, const char *text, size_t len)
{
	buf_puts(out, "\"");
	append_content(out, text, len);
	buf_puts(out, "\"");
}

const char *quote_cite(char out[static QUOTE_CITED], const char *text, size_t len)
{
	cleanup_buf struct buf quoted = { 0 };
	size_t n = len > CITED_BYTES ? CITED_BYTES : len;

	while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* don't cut a character */
	buf_puts(&quoted, "\"");
	append_content(&quoted, text, n);
	buf_puts(&quoted, n < len ? "...\"" : "\"");
	return memcpy(out, quoted.data, quoted.len + 1);
}
