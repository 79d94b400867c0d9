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

/* Append a field. */
void protobuf_put_number(struct buf *out, unsigned field, int64_t value);
void protobuf_put_bytes(struct buf *out, unsigned field, const void *data, size_t len);
void protobuf_put_string(
	struct buf *out, unsigned field, const char *text); /* NULL: appends nothing */

/* The unread rest of a message. */
struct protobuf {
	const uint8_t *at, *end;
};

struct protobuf_field {
	unsigned number;
	bool is_number;
	uint64_t value;        /* value of a varint */
	struct protobuf bytes; /* contents of other fields */
	struct protobuf whole; /* the field as encoded */
};

/* Reads the next field. Returns false if the message is malformed. */
bool protobuf_take(struct protobuf *message, struct protobuf_field *field);
