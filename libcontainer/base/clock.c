/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <stdint.h>

#include "base/mem.h"

/*
 * Years count from March, so that the leap day is the last day of its year, in eras of 400 years
 * (146097 days).
 */
void clock_format(struct buf *out, const struct timespec *when, bool nanoseconds)
{
	int64_t days = when->tv_sec / 86400 + 719468 /* days since 1 March of year 0 */,
		seconds = when->tv_sec % 86400;
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365, month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", (int)(year + era * 400 + (month >= 10)),
		(int)(month < 10 ? month + 3 : month - 9), (int)(day - (153 * month + 2) / 5 + 1),
		(int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
	if (nanoseconds)
		buf_printf(out, ".%09ld", when->tv_nsec);
	buf_puts(out, "Z");
}

void clock_append(struct buf *out, bool nanoseconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_format(out, &now, nanoseconds);
}
