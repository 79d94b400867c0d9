/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/number.h"

bool number_take(const char **text, uint64_t max, uint64_t *value)
{
	const char *p = *text;
	uint64_t number = 0;

	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
			return false;
	*text = p;
	*value = number;
	return number <= max;
}

bool number_take_32(const char **text, uint32_t *values, unsigned n)
{
	uint64_t value;

	for (unsigned i = 0; i < n; i++) {
		if (!number_take(text, UINT32_MAX, &value))
			return false;
		values[i] = (uint32_t)value;
	}
	return true;
}
