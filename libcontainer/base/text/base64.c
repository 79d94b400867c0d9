/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/base64.h"

#include <string.h>

#include "base/mem.h"

bool base64_decode(const char *text, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n = 0;

	for (; *text != '\0' && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (digit == NULL)
			return false;
		bits = bits << 6 | (unsigned)(digit - digits);
		n += 6;
		if (n >= 8) {
			char byte = (char)(bits >> (n -= 8));

			buf_append(out, &byte, 1);
		}
	}
	/* the leftover bits must be zero and fewer than a digit */
	return n < 6 && (bits & ((1U << n) - 1)) == 0 && text[strspn(text, "=")] == '\0';
}
