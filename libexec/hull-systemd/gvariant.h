/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads values in GVariant's text format, which the annotations `org.systemd.property.NAME`
 * contain.
 */
#pragma once
#include "base/mem.h"

struct error;

/*
 * Reads one value that is the whole text. Appends its NUL-terminated D-Bus signature to signature
 * and, for each basic type in it, a NUL-terminated string to values; an array starts with its
 * number of elements. Supports booleans, all numbers, strings, object paths, signatures, arrays and
 * tuples; types may be given as words (uint64 5) or signatures (@as []). Malformed or out-of-range
 * text is an error. Returns 0 or -1.
 */
int gvariant_read(const char *text, struct buf *signature, struct buf *values, struct error *err);
