/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json/json.h"
#include "base/mem.h"

/* Space reserved in an error's text for "and N more violations". */
enum { OMITTED_ROOM = 64 };

void json_violation(struct json_violations *v, const char *pointer, const char *fmt, ...)
{
	struct error *err = v->err;
	size_t room = ERROR_TEXT_MAX - OMITTED_ROOM - v->used;
	int head, tail;
	va_list ap;

	v->count++;
	if (err == NULL || v->omitted > 0) {
		v->omitted++;
		return;
	}
	head = snprintf(err->text + v->used, room, "%s%s: %s%s", v->used > 0 ? "\n" : "", v->label,
		pointer, pointer[0] ? ": " : "");
	if (head >= 0 && (size_t)head < room) {
		va_start(ap, fmt);
		tail = vsnprintf(err->text + v->used + head, room - (size_t)head, fmt, ap);
		va_end(ap);
		if (tail >= 0 && (size_t)tail < room - (size_t)head) {
			v->used += (size_t)head + (size_t)tail;
			return;
		}
	}
	err->text[v->used] = '\0';
	v->omitted++;
}

int json_violations_end(struct json_violations *v)
{
	struct error *err = v->err;

	if (v->count == 0)
		return 0;
	if (err == NULL)
		return -1;
	err->code = 0;
	if (v->omitted > 0)
		snprintf(err->text + v->used, ERROR_TEXT_MAX - v->used, "%s%zu violations%s",
			v->used > 0 ? "\nand " : "", v->omitted,
			v->used > 0 ? " more" : ", too long to be listed");
	return -1;
}

void json_pointer_step(struct buf *pointer, const char *key, size_t len)
{
	buf_append(pointer, "/", 1);
	for (size_t i = 0; i < len; i++) {
		if (key[i] == '~')
			buf_append(pointer, "~0", 2);
		else if (key[i] == '/')
			buf_append(pointer, "~1", 2);
		else if ((unsigned char)key[i] < ' ')
			buf_printf(pointer, "\\u%04x", (unsigned)key[i]);
		else
			buf_append(pointer, key + i, 1);
	}
}
