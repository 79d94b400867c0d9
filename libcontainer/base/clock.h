/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The time of day as RFC 3339 in UTC. Computes the calendar itself, because libc's gmtime() reads
 * the host's time zone.
 */
#pragma once
#include <stdbool.h>
#include <time.h>

struct buf;

/* Appends a time in UTC: "2026-11-21T21:00:00Z", or with nine digits of fraction. */
void clock_format(struct buf *out, const struct timespec *when, bool nanoseconds);

/* Appends the current time. */
void clock_append(struct buf *out, bool nanoseconds);
