/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/criu/protobuf.h"

#include <string.h>

#include "base/mem.h"

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* ---- writing ---- */

static void put_varint(struct buf *out, uint64_t value)
{
	do {
		uint8_t byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);

		buf_append(out, &byte, 1);
		value >>= 7;
	} while (value != 0);
}

/* Negative numbers take ten bytes, as 64-bit numbers do. */
void protobuf_put_number(struct buf *out, unsigned field, int64_t value)
{
	put_varint(out, field << 3 | WIRE_VARINT);
	put_varint(out, (uint64_t)value);
}

void protobuf_put_bytes(struct buf *out, unsigned field, const void *data, size_t len)
{
	put_varint(out, field << 3 | WIRE_BYTES);
	put_varint(out, len);
	buf_append(out, data, len);
}

void protobuf_put_string(struct buf *out, unsigned field, const char *text)
{
	if (text != NULL)
		protobuf_put_bytes(out, field, text, strlen(text));
}

/* ---- reading ---- */

static bool take_varint(struct protobuf *message, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && message->at < message->end; shift += 7) {
		uint8_t byte = *message->at++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Reads the length of a length-delimited value. */
static bool take_length(struct protobuf *message, enum wire type, uint64_t *len)
{
	switch (type) {
	case WIRE_BYTES: return take_varint(message, len);
	case WIRE_64: *len = 8; return true;
	case WIRE_32: *len = 4; return true;
	default: return false;
	}
}

bool protobuf_take(struct protobuf *message, struct protobuf_field *field)
{
	const uint8_t *begin = message->at;
	uint64_t tag, len = 0;

	*field = (struct protobuf_field){ .bytes = { begin, begin } };
	if (!take_varint(message, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3)
		return false;
	field->number = (unsigned)(tag >> 3);
	field->is_number = (tag & 7) == WIRE_VARINT;
	if (field->is_number ? !take_varint(message, &field->value)
			     : !take_length(message, (enum wire)(tag & 7), &len))
		return false;
	if (len > (uint64_t)(message->end - message->at))
		return false;
	field->bytes = (struct protobuf){ message->at, message->at + len };
	message->at += len;
	field->whole = (struct protobuf){ begin, message->at };
	return true;
}
