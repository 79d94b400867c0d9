/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values in GVariant's text format, as annotations `org.systemd.property.NAME` hold them.
 */
#pragma once
#include "base/mem.h"

struct error;

/* Reads one value that takes up the whole text. Appends its D-Bus signature, ended by a NUL, to
 * signature, and to values one string, ended by a NUL, for each basic type in it, an array
 * beginning with the number of its elements. Known are booleans,
 * all numbers, strings, object paths, signatures, arrays and tuples; a type may be given in words
 * (uint64 5) or as a signature (@as []). Whatever is wrong, or not in the range of its type, is an
 * error. */
int gvariant_read(const char *text, struct buf *signature, struct buf *values, struct error *err);
