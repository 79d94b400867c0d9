/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Annotations of systemd: whatever their text, reading it ends with an error or with as many
 * strings as the signature asks for.
 */
#include <string.h>

#include "../../libexec/hull-systemd/gvariant.h"
#include "base/error.h"
#include "base/mem.h"
#include "fuzz.h"

static const char *next(const char **at, const char *end)
{
	const char *word = *at;

	require(word < end, "there is a string for every type");
	*at += strlen(word) + 1;
	return word;
}

/* Reads the strings of one complete type. Returns what follows the type in the signature. */
static const char *read_type(const char *signature, const char **at, const char *end)
{
	if (*signature == 'a') {
		unsigned long n = strtoul(next(at, end), NULL, 10);
		const char *after = NULL;

		for (unsigned long i = 0; i < n; i++)
			after = read_type(signature + 1, at, end);
		if (after)
			return after;
		for (signature++; *signature == 'a'; signature++)
			;
		for (int depth = 0;; signature++) {
			depth += *signature == '(' ? 1 : *signature == ')' ? -1 : 0;
			if (depth == 0)
				return signature + 1;
		}
	}
	if (*signature == '(') {
		for (signature++; *signature != ')';)
			signature = read_type(signature, at, end);
		return signature + 1;
	}
	require(strchr("bynqiuxtdsog", *signature) != NULL && *signature, "the type is known");
	next(at, end);
	return signature + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf text = { 0 }, signature = { 0 }, values = { 0 };
	struct error err = { 0 };
	const char *at;

	buf_append(&text, data, size);
	buf_puts(&text, "");
	if (gvariant_read(text.data, &signature, &values, &err) < 0) {
		require(err.text[0] != '\0', "an error has a text");
		return 0;
	}
	at = values.data;
	require(*read_type(signature.data, &at, values.data + values.len) == '\0',
		"one complete type");
	require(at == values.data + values.len, "no string is left");
	return 0;
}
