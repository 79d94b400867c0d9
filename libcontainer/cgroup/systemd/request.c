/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cgroup/systemd/internal.h"

void request_string(struct buf *request, const char *text)
{
	buf_append(request, text, strlen(text) + 1);
}

void request_property(struct buf *request, enum property_type type, const char *name)
{
	const uint8_t byte = (uint8_t)type;

	buf_append(request, &byte, sizeof byte);
	request_string(request, name);
}

void request_text(struct buf *request, const char *name, const char *value)
{
	request_property(request, PROPERTY_STRING, name);
	request_string(request, value);
}

void request_bool(struct buf *request, const char *name, bool value)
{
	const uint8_t byte = value;

	request_property(request, PROPERTY_BOOL, name);
	buf_append(request, &byte, sizeof byte);
}

void request_number(struct buf *request, const char *name, uint64_t value)
{
	request_property(request, PROPERTY_NUMBER, name);
	buf_append(request, &value, sizeof value);
}

void request_count(struct buf *request, uint32_t n)
{
	buf_append(request, &n, sizeof n);
}
