/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all rules use: functions that report violations, and questions that several rules ask.
 */
#include "spec/rules/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

void rule_report(struct validation *v, const char *suffix, const char *detail, ...)
{
	cleanup_buf struct buf pointer = { 0 };
	char text[ERROR_TEXT_MAX];
	va_list ap;

	buf_printf(&pointer, "%s%s%s", v->prefix, v->rule->pointer, suffix);
	va_start(ap, detail);
	vsnprintf(text, sizeof text, detail, ap);
	va_end(ap);
	json_violation(&v->violations, pointer.data, "%s%s%s", v->rule->sentence,
		text[0] ? ": " : "", text);
}

const char *rule_at(struct validation *v, const char *fmt, ...)
{
	va_list ap;

	buf_clear(&v->suffix);
	va_start(ap, fmt);
	vsnprintf(buf_reserve(&v->suffix, 128), 128, fmt, ap);
	va_end(ap);
	return v->suffix.data;
}

const char *rule_at_key(struct validation *v, const char *key)
{
	buf_clear(&v->suffix);
	json_pointer_step(&v->suffix, key, strlen(key));
	return v->suffix.data;
}

const char *rule_cite(char out[static QUOTE_CITED], const char *text)
{
	return quote_cite(out, text, strlen(text));
}

bool rule_is_one_of(const char *text, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(text, *names) == 0)
			return true;
	return false;
}

void rule_check_mapped(
	struct validation *v, const char *suffix, uint32_t id, const oci_id_mappings *map)
{
	cleanup_buf struct buf mapped = { 0 };

	for (size_t i = 0; i < map->n; i++)
		if (id >= map->v[i].container_id && id - map->v[i].container_id < map->v[i].size)
			return;
	if (id == UINT32_MAX) /* not an ID: another rule reports it */
		return;
	for (size_t i = 0; i < map->n && i < 4; i++)
		buf_printf(&mapped, "%s%" PRIu32 "-%" PRIu64, i > 0 ? ", " : "",
			map->v[i].container_id,
			(uint64_t)map->v[i].container_id + map->v[i].size - (map->v[i].size > 0));
	rule_report(v, suffix, "%" PRIu32 " has none (%s%s are mapped)", id, mapped.data,
		map->n > 4 ? ", ..." : "");
}
