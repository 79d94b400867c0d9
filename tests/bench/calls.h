/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls without a C library, x86-64 only, for programs that have to be as small and fast as
 * possible. Supports up to five arguments.
 */
#pragma once
#include <asm/unistd.h>

static inline long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#define CALL0(n) call(__NR_##n, 0, 0, 0, 0, 0)
#define CALL(n, a, b, c, d, e) call(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
