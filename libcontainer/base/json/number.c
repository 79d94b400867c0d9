/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON numbers are parsed as text: a double can't represent every 64-bit integer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json/internal.h"

bool json_is_number(enum json_type type)
{
	return (type >= JSON_INT32 && type <= JSON_UINT64) ||
		(type >= JSON_OPT_INT32 && type <= JSON_OPT_UINT64);
}

/* Reads the exponent at p, "+3", up to end. Stops at a million: no integer has so many digits. */
static long read_exponent(const char *p, const char *end)
{
	bool minus = *p == '-';
	long exponent = 0;

	for (p += *p == '-' || *p == '+'; p < end; p++)
		if (exponent < 1000000)
			exponent = exponent * 10 + (*p - '0');
	return minus ? -exponent : exponent;
}

/*
 * Splits a JSON number into sign and magnitude. Returns 0; ERANGE if the magnitude exceeds 2^64 -
 * 1; EDOM if it isn't a whole number. "1e3" and "10.0" are whole.
 */
static int parse(const char *text, size_t len, bool *negative, uint64_t *magnitude)
{
	const char *p = text, *end = text + len;
	long exponent = 0;
	size_t zeros = 0; /* zeros that count only if another digit follows */
	bool fraction = false;
	uint64_t value = 0;

	*negative = *p == '-';
	for (p += *negative; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		exponent -= fraction;
		if (*p == '0') {
			zeros++;
			continue;
		}
		for (; zeros > 0 && value > 0; zeros--)
			if (__builtin_mul_overflow(value, 10, &value))
				return exponent < 0 ? EDOM : ERANGE;
		zeros = 0;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return exponent < 0 ? EDOM : ERANGE;
	}
	*magnitude = 0;
	if (value == 0)
		return 0;
	if (p < end)
		exponent += read_exponent(p + 1, end);
	exponent += (long)zeros;
	if (exponent < 0)
		return EDOM;
	for (; exponent > 0; exponent--)
		if (__builtin_mul_overflow(value, 10, &value))
			return ERANGE;
	*magnitude = value;
	return 0;
}

static const struct number_range {
	int64_t min;
	uint64_t max;
} ranges[] = {
	[JSON_INT32] = { INT32_MIN, INT32_MAX },
	[JSON_OPT_INT32] = { INT32_MIN, INT32_MAX },
	[JSON_INT64] = { INT64_MIN, INT64_MAX },
	[JSON_OPT_INT64] = { INT64_MIN, INT64_MAX },
	[JSON_UINT16] = { 0, UINT16_MAX },
	[JSON_OPT_UINT16] = { 0, UINT16_MAX },
	[JSON_UINT32] = { 0, UINT32_MAX },
	[JSON_OPT_UINT32] = { 0, UINT32_MAX },
	[JSON_UINT64] = { 0, UINT64_MAX },
	[JSON_OPT_UINT64] = { 0, UINT64_MAX },
};

/* bits: the number in two's complement, in range for its type. */
static void store(enum json_type type, void *where, uint64_t bits)
{
	switch (type) {
	case JSON_INT32:
	case JSON_UINT32: *(uint32_t *)where = (uint32_t)bits; break;
	case JSON_INT64:
	case JSON_UINT64: *(uint64_t *)where = bits; break;
	case JSON_UINT16: *(uint16_t *)where = (uint16_t)bits; break;
	case JSON_OPT_INT32:
		*(struct opt_int32 *)where = (struct opt_int32){ true, (int32_t)bits };
		break;
	case JSON_OPT_INT64:
		*(struct opt_int64 *)where = (struct opt_int64){ true, (int64_t)bits };
		break;
	case JSON_OPT_UINT16:
		*(struct opt_uint16 *)where = (struct opt_uint16){ true, (uint16_t)bits };
		break;
	case JSON_OPT_UINT32:
		*(struct opt_uint32 *)where = (struct opt_uint32){ true, (uint32_t)bits };
		break;
	default: *(struct opt_uint64 *)where = (struct opt_uint64){ true, bits };
	}
}

const char *json_number_store(enum json_type type, void *where, const char *text, size_t len,
	char expected[static JSON_EXPECTED])
{
	const struct number_range *range = &ranges[type];
	bool negative;
	uint64_t magnitude;
	int problem = parse(text, len, &negative, &magnitude);

	if (problem == 0 && magnitude <= (negative ? -(uint64_t)range->min : range->max)) {
		store(type, where, negative ? -magnitude : magnitude);
		return NULL;
	}
	if (problem == EDOM)
		return "a whole number";
	snprintf(expected, JSON_EXPECTED, "a number from %" PRId64 " to %" PRIu64, range->min,
		range->max);
	return expected;
}
