/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "annotations.h"
#include "base/error.h"
#include "base/mem.h"
#include "cgroup/systemd/protocol.h"

void message_free(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

/* ---- reading ---- */

const char *request_word(struct request *request)
{
	const char *word = request->at;
	size_t room = (size_t)(request->end - word), len = strnlen(word, room);

	if (len == room) {
		request->bad = true;
		request->at = request->end;
		return "";
	}
	request->at += len + 1;
	return word;
}

static void read_bytes(struct request *request, void *bytes, size_t len)
{
	memset(bytes, 0, len);
	if ((size_t)(request->end - request->at) < len) {
		request->bad = true;
		request->at = request->end;
		return;
	}
	memcpy(bytes, request->at, len);
	request->at += len;
}

uint32_t request_uint32(struct request *request)
{
	uint32_t number;

	read_bytes(request, &number, sizeof number);
	return number;
}

/* ---- values of annotations: the strings that gvariant_read() gives ---- */

static const char *next_word(const char **words)
{
	const char *word = *words;

	*words += strlen(word) + 1;
	return word;
}

static int append_value(sd_bus_message *m, const char **signature, const char **words);

static int append_basic(sd_bus_message *m, char type, const char *text)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
		double d;
		int b;
	} value = { 0 };

	switch (type) {
	case 's':
	case 'o':
	case 'g': return sd_bus_message_append_basic(m, type, text);
	case 'b': value.b = strcmp(text, "true") == 0; break;
	case 'y': value.y = (uint8_t)strtoul(text, NULL, 10); break;
	case 'n': value.n = (int16_t)strtol(text, NULL, 10); break;
	case 'q': value.q = (uint16_t)strtoul(text, NULL, 10); break;
	case 'i': value.i = (int32_t)strtol(text, NULL, 10); break;
	case 'u': value.u = (uint32_t)strtoul(text, NULL, 10); break;
	case 'x': value.x = strtoll(text, NULL, 10); break;
	case 't': value.t = strtoull(text, NULL, 10); break;
	case 'd': value.d = strtod(text, NULL); break;
	default: return -EINVAL;
	}
	return sd_bus_message_append_basic(m, type, &value);
}

/* Returns the length of the first complete type of a signature. */
static size_t type_length(const char *signature)
{
	size_t n = strspn(signature, "a");
	int depth = 0;

	do
		depth += signature[n] == '(' ? 1 : signature[n] == ')' ? -1 : 0;
	while (signature[n++] && depth > 0);
	return n;
}

static int append_array(sd_bus_message *m, const char **signature, const char **words)
{
	size_t len = type_length(*signature + 1);
	cleanup_free char *element = mem_printf("%.*s", (int)len, *signature + 1);
	unsigned long n = strtoul(next_word(words), NULL, 10);
	int r = sd_bus_message_open_container(m, 'a', element);

	for (; r >= 0 && n--;) {
		const char *one = element;

		r = append_value(m, &one, words);
	}
	*signature += 1 + len;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_struct(sd_bus_message *m, const char **signature, const char **words)
{
	size_t len = type_length(*signature);
	cleanup_free char *members = mem_printf("%.*s", (int)len - 2, *signature + 1);
	const char *one = members;
	int r = sd_bus_message_open_container(m, 'r', members);

	while (r >= 0 && *one)
		r = append_value(m, &one, words);
	*signature += len;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Appends one complete type and advances *signature. */
static int append_value(sd_bus_message *m, const char **signature, const char **words)
{
	if (**signature == 'a')
		return append_array(m, signature, words);
	if (**signature == '(')
		return append_struct(m, signature, words);
	return append_basic(m, *(*signature)++, next_word(words));
}

/* ---- values of hull's own ---- */

static int append_bytes(sd_bus_message *m, struct request *request)
{
	uint32_t n = request_uint32(request);
	const char *bytes = request->at;

	if ((size_t)(request->end - bytes) < n)
		return -EINVAL;
	request->at += n;
	return sd_bus_message_append_array(m, 'y', bytes, n);
}

/* words: strings per element, 1 or 2. */
static int append_list(sd_bus_message *m, struct request *request, int words)
{
	uint32_t n = request_uint32(request);
	int r = sd_bus_message_open_container(m, 'a', words == 2 ? "(ss)" : "s");

	for (; r >= 0 && n && !request->bad; n--) {
		const char *first = request_word(request);

		r = words == 2 ? sd_bus_message_append(m, "(ss)", first, request_word(request))
			       : sd_bus_message_append_basic(m, 's', first);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_own(sd_bus_message *m, enum property_type type, struct request *request)
{
	uint64_t number;
	uint8_t byte;

	switch (type) {
	case PROPERTY_STRING: return sd_bus_message_append_basic(m, 's', request_word(request));
	case PROPERTY_BOOL:
		read_bytes(request, &byte, sizeof byte);
		return sd_bus_message_append_basic(m, 'b', &(int){ byte != 0 });
	case PROPERTY_NUMBER:
		read_bytes(request, &number, sizeof number);
		return sd_bus_message_append_basic(m, 't', &number);
	case PROPERTY_BYTES: return append_bytes(m, request);
	case PROPERTY_STRINGS: return append_list(m, request, 1);
	case PROPERTY_PAIRS: return append_list(m, request, 2);
	default: return -EINVAL;
	}
}

static const char *const signatures[] = {
	[PROPERTY_STRING] = "s",
	[PROPERTY_BOOL] = "b",
	[PROPERTY_NUMBER] = "t",
	[PROPERTY_BYTES] = "ay",
	[PROPERTY_STRINGS] = "as",
	[PROPERTY_PAIRS] = "a(ss)",
};

static int open_property(sd_bus_message *m, const char *name, const char *signature)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', name);
	return r < 0 ? r : sd_bus_message_open_container(m, 'v', signature);
}

static int close_property(sd_bus_message *m)
{
	int r = sd_bus_message_close_container(m);

	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int fail(struct error *err, int r, const char *name)
{
	return error_set(err, -r, "the property %s of a request", name);
}

static int append_annotation(
	sd_bus_message *m, const char *key, struct request *request, struct error *err)
{
	cleanup_buf struct buf name = { 0 }, signature = { 0 }, values = { 0 };
	const char *left, *at;
	int r;

	if (annotation_read(key, request_word(request), &name, &signature, &values, err) < 0)
		return -1;
	left = signature.data;
	at = values.data;
	r = open_property(m, name.data, signature.data);
	if (r >= 0)
		r = append_value(m, &left, &at);
	if (r >= 0)
		r = close_property(m);
	return r < 0 ? fail(err, r, key) : 0;
}

static int append_property(sd_bus_message *m, struct request *request, struct error *err)
{
	const char *name;
	uint8_t type;
	int r;

	read_bytes(request, &type, sizeof type);
	name = request_word(request);
	if (type == PROPERTY_ANNOTATION)
		return append_annotation(m, name, request, err);
	if (type < PROPERTY_STRING || type > PROPERTY_PAIRS || request->bad)
		return fail(err, -EINVAL, name);
	r = open_property(m, name, signatures[type]);
	if (r >= 0)
		r = append_own(m, (enum property_type)type, request);
	if (r >= 0)
		r = request->bad ? -EINVAL : close_property(m);
	return r < 0 ? fail(err, r, name) : 0;
}

int message_append_properties(
	sd_bus_message *m, struct request request, bool with_self, struct error *err)
{
	int r = sd_bus_message_open_container(m, 'a', "(sv)");

	if (r >= 0 && with_self)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)getpid());
	if (r < 0)
		return fail(err, r, "PIDs");
	while (request.at < request.end)
		if (append_property(m, &request, err) < 0)
			return -1;
	r = sd_bus_message_close_container(m);
	return r < 0 ? fail(err, r, "PIDs") : 0;
}
