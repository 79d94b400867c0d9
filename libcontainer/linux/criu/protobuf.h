/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The wire format of protobuf messages: a sequence of fields, each a number and a type (varint, 64
 * bits, bytes with their length, 32 bits) before its value.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

void protobuf_put_number(struct buf *out, unsigned field, int64_t value);
void protobuf_put_bytes(struct buf *out, unsigned field, const void *data, size_t len);
void protobuf_put_string(struct buf *out, unsigned field, const char *text); /* NULL: nothing */

/* What is left to read. */
struct protobuf {
	const uint8_t *at, *end;
};

struct protobuf_field {
	unsigned number;
	bool is_number;
	uint64_t value;        /* of a varint */
	struct protobuf bytes; /* of anything else */
	struct protobuf whole; /* as it stands in the message */
};

/* The next field. False where the message is broken. */
bool protobuf_take(struct protobuf *message, struct protobuf_field *field);
