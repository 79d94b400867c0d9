/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Formatting of short texts: paths, numbers, lines for the kernel. printf(3) takes a thousand
 * instructions for each of them, and `create` formats forty.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* The same as snprintf(3), and as vsnprintf(3). size: at least 1. */
int format_text(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int format_text_va(char *out, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
