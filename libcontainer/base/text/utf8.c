/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text/utf8.h"

#include <endian.h>
#include <string.h>

size_t utf8_length(const char *p, size_t left)
{
	unsigned char first = (unsigned char)p[0], second;
	size_t n = first < 0x80 ? 1
		: first < 0xc2  ? 0
		: first < 0xe0  ? 2
		: first < 0xf0  ? 3
		: first < 0xf5  ? 4
				: 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
	if (n < 3)
		return n;
	second = (unsigned char)p[1];
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
		(first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return n;
}

uint32_t utf8_point(const char *p, size_t len)
{
	uint32_t point = (unsigned char)p[0];

	if (len > 1)
		point &= 0x7fU >> len;
	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((unsigned char)p[i] & 0x3f);
	return point;
}

size_t utf8_encode(uint32_t point, char bytes[4])
{
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(n == 1 ? point : (0xf00 >> n & 0xff) | point);
	return n;
}

bool utf8_is_printable(uint32_t point)
{
	return point >= 0x20 && !(point >= 0x7f && point < 0xa0) && point != 0x2028 &&
		point != 0x2029;
}

/*
 * Returns how many of the eight bytes at p are plain. A byte that isn't plain has its highest bit
 * set, either itself or by one of the subtractions. A borrow affects only later bytes.
 */
static unsigned plain_of_8(const char *p)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t x;

	memcpy(&x, p, sizeof x);
	x = le64toh(x);
	x |= (x - ones * ' ') | ((x ^ ones * '\\') - ones) | ((x ^ ones * 0x7f) - ones);
	x &= ones * 0x80;
	return x == 0 ? 8 : (unsigned)__builtin_ctzll(x) / 8;
}

size_t utf8_plain(const char *text, size_t len)
{
	size_t at = 0;
	unsigned n = 8;

	for (; n == 8 && len - at >= 8; at += n)
		n = plain_of_8(text + at);
	while (at < len && n == 8 && text[at] >= ' ' && text[at] < 0x7f && text[at] != '\\')
		at++;
	return at;
}

size_t utf8_prefix(const char *text, size_t len)
{
	const uint64_t high = 0x8080808080808080;
	size_t at = 0, n = 1;

	while (at < len && n > 0) {
		uint64_t eight;

		for (; len - at >= sizeof eight; at += sizeof eight) {
			memcpy(&eight, text + at, sizeof eight);
			if (eight & high)
				break;
		}
		for (; at < len && (unsigned char)text[at] < 0x80; at++)
			;
		n = at < len ? utf8_length(text + at, len - at) : 0;
		at += n;
	}
	return at;
}
