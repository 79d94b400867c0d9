/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Converts weights of cgroup v1 to those of v2 (config-linux.md of the runtime-spec).
 */
#include <stdint.h>

#include "cgroup/internal.h"

enum { FRACTION = 48 }; /* bits of a fixed-point logarithm */

/* Returns (a * b) >> shift, which must fit; 0 < shift <= 64. */
static uint64_t multiply(uint64_t a, uint64_t b, unsigned shift)
{
#ifdef __SIZEOF_INT128__
	return (uint64_t)((unsigned __int128)a * b >> shift);
#else /* 32-bit architectures: multiply in halves */
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX),
		 middle = (a >> 32) * (b & UINT32_MAX) + (low >> 32),
		 other = (a & UINT32_MAX) * (b >> 32) + (middle & UINT32_MAX),
		 high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);

	low = other << 32 | (low & UINT32_MAX);
	return shift == 64 ? high : high << (64 - shift) | low >> shift;
#endif
}

/* Returns log2 of x (> 0) in units of 2^-FRACTION. */
static uint64_t log2_fixed(uint64_t x)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(x);
	uint64_t result = (uint64_t)whole << FRACTION,
		 y = x << (63 - whole); /* y / 2^63 is in [1, 2) */

	for (uint64_t bit = 1ULL << (FRACTION - 1); bit; bit >>= 1) {
		uint64_t half = multiply(y, y, 64); /* y squared */

		if (half >> 63) {
			y = half;
			result += bit;
		} else {
			y = multiply(y, y, 63);
		}
	}
	return result;
}

/*
 * A quadratic function, in the logarithm, that maps the minimum, default and maximum of cpu.shares
 * (2, 1024, 262144) to those of cpu.weight (1, 100, 10000): weight = ceil(10 ^ ((l² + 125 l) / 612
 * - 7 / 34)), l = log2(shares).
 */
uint64_t weight_of_cpu_shares(uint64_t shares)
{
	const uint64_t log2_10 = 935039633142894ULL,
		       slack = 256; /* maximum error of the fixed point */
	uint64_t l, power, low = 1, high = 10000;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_fixed(shares);
	/* log2(weight), with 7 / 34 as 126 / 612 */
	power = (multiply(l, l, FRACTION) + 125 * l - (126ULL << FRACTION)) / 612;
	power = multiply(power, log2_10, FRACTION);
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (log2_fixed(middle) + slack >= power)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Maps 10..1000 to 1..10000 linearly. */
uint64_t weight_of_blkio_weight(uint64_t weight)
{
	return weight < 10 ? 1 : 1 + (weight - 10) * 9999 / 990;
}
