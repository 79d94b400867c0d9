/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>

struct buf;

/*
 * Appends the decoded text (RFC 4648, with or without padding). Returns false if it is malformed.
 */
bool base64_decode(const char *text, struct buf *out);
