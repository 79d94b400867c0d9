/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>

struct buf;

/* Appends what text (RFC 4648, with or without padding) stands for; false where it isn't that. */
bool base64_decode(const char *text, struct buf *out);
