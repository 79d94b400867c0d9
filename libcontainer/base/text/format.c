/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text/number.h"

struct target {
	char *out;
	size_t room, len; /* len: of the whole text, of which `room` bytes are kept */
};

static void put(struct target *t, const char *text, size_t len)
{
	size_t left = t->len < t->room ? t->room - t->len : 0;

	memcpy(t->out + t->len, text, len < left ? len : left);
	t->len += len;
}

static void put_number(struct target *t, uint64_t value, bool negative)
{
	char text[NUMBER_DIGITS + 1], *end = text + sizeof text, *begin = number_digits(end, value);

	if (negative)
		*--begin = '-';
	put(t, begin, (size_t)(end - begin));
}

/* fmt: behind the '%'. Returns what follows the conversion; NULL: only printf(3) knows it. */
static const char *convert(struct target *t, const char *fmt, va_list *ap)
{
	const char *text = NULL;
	size_t len = SIZE_MAX;
	int number;

	if (fmt[0] == 'z' && fmt[1] == 'u') {
		put_number(t, va_arg(*ap, size_t), false);
		return fmt + 2;
	}
	if (fmt[0] == 'u') {
		put_number(t, va_arg(*ap, unsigned), false);
		return fmt + 1;
	}
	if (fmt[0] == 'd') {
		number = va_arg(*ap, int);
		put_number(t, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
		return fmt + 1;
	}
	if (fmt[0] == '.' && fmt[1] == '*' && (number = va_arg(*ap, int)) >= 0) {
		len = (size_t)number;
		fmt += 2;
	}
	if (fmt[0] != 's' || (text = va_arg(*ap, const char *)) == NULL)
		return NULL;
	put(t, text, len == SIZE_MAX ? strlen(text) : strnlen(text, len));
	return fmt + 1;
}

int format_text_va(char *out, size_t size, const char *fmt, va_list ap)
{
	struct target t = { out, size - 1, 0 };
	const char *rest = fmt;
	va_list args;

	va_copy(args, ap);
	for (;;) {
		const char *percent = strchrnul(rest, '%');

		put(&t, rest, (size_t)(percent - rest));
		rest = percent;
		if (*percent == '\0' || (rest = convert(&t, percent + 1, &args)) == NULL)
			break;
	}
	va_end(args);
	if (rest == NULL || t.len > INT32_MAX)
		return vsnprintf(out, size, fmt, ap);
	out[t.len < t.room ? t.len : t.room] = '\0';
	return (int)t.len;
}

int format_text(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = format_text_va(out, size, fmt, ap);
	va_end(ap);
	return len;
}
