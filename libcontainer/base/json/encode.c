/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json/internal.h"

size_t json_value_size(const struct json_field *f)
{
	switch (f->type) {
	case JSON_STRING:
	case JSON_POINTER:
	case JSON_RAW: return sizeof(char *);
	case JSON_BOOL: return sizeof(bool);
	case JSON_INT32:
	case JSON_UINT32: return sizeof(int32_t);
	case JSON_INT64:
	case JSON_UINT64: return sizeof(int64_t);
	case JSON_UINT16: return sizeof(uint16_t);
	case JSON_OPT_BOOL: return sizeof(struct opt_bool);
	case JSON_OPT_INT32:
	case JSON_OPT_UINT32: return sizeof(struct opt_int32);
	case JSON_OPT_INT64:
	case JSON_OPT_UINT64: return sizeof(struct opt_int64);
	case JSON_OPT_UINT16: return sizeof(struct opt_uint16);
	case JSON_ENUM: return sizeof(int);
	case JSON_OBJECT: return f->table->size;
	case JSON_LIST:
	case JSON_MAP: return sizeof(any_list);
	}
	return 0;
}

/*
 * Numbers and booleans that aren't `opt` can't be absent: 0 is omitted unless the table says
 * otherwise.
 */
static bool is_absent(const struct json_field *f, const char *where)
{
	if (f->type == JSON_OBJECT)
		return false;
	if (f->type == JSON_LIST || f->type == JSON_MAP)
		return ((const any_list *)where)->v == NULL;
	if (f->type >= JSON_OPT_BOOL && f->type <= JSON_OPT_UINT64)
		return !*(const bool *)where; /* the member `set` */
	if ((f->required || f->always) && (json_is_number(f->type) || f->type == JSON_BOOL))
		return false;
	for (size_t i = 0; i < json_value_size(f); i++)
		if (where[i] != 0)
			return false;
	return true;
}

static void encode_value(
	struct json_writer *w, enum json_type type, const struct json_field *f, const char *where);

static void encode_list(struct json_writer *w, const struct json_field *f, const any_list *list)
{
	json_array_open(w);
	for (size_t i = 0; i < list->n; i++)
		encode_value(w, f->element, f, (const char *)list->v + i * f->element_size);
	json_array_close(w);
}

static void encode_map(struct json_writer *w, const struct json_field *f, const any_list *map)
{
	json_map_open(w);
	for (size_t i = 0; i < map->n; i++) {
		const char *entry = (const char *)map->v + i * f->element_size;

		json_key(w, *(const any_key *)entry);
		encode_value(w, f->element, f, entry + f->value_offset);
	}
	json_map_close(w);
}

static void encode_value(
	struct json_writer *w, enum json_type type, const struct json_field *f, const char *where)
{
	switch (type) {
	case JSON_STRING: json_string(w, *(const char *const *)where); break;
	case JSON_BOOL: json_bool(w, *(const bool *)where); break;
	case JSON_INT32: json_int(w, *(const int32_t *)where); break;
	case JSON_INT64: json_int(w, *(const int64_t *)where); break;
	case JSON_UINT16: json_uint(w, *(const uint16_t *)where); break;
	case JSON_UINT32: json_uint(w, *(const uint32_t *)where); break;
	case JSON_UINT64: json_uint(w, *(const uint64_t *)where); break;
	case JSON_OPT_BOOL: json_bool(w, ((const struct opt_bool *)where)->value); break;
	case JSON_OPT_INT32: json_int(w, ((const struct opt_int32 *)where)->value); break;
	case JSON_OPT_INT64: json_int(w, ((const struct opt_int64 *)where)->value); break;
	case JSON_OPT_UINT16: json_uint(w, ((const struct opt_uint16 *)where)->value); break;
	case JSON_OPT_UINT32: json_uint(w, ((const struct opt_uint32 *)where)->value); break;
	case JSON_OPT_UINT64: json_uint(w, ((const struct opt_uint64 *)where)->value); break;
	case JSON_ENUM: json_string(w, f->names[*(const int *)where - 1]); break;
	case JSON_OBJECT: json_object(w, f->table, where); break;
	case JSON_POINTER: json_object(w, f->table, *(const void *const *)where); break;
	case JSON_LIST: encode_list(w, f, (const any_list *)where); break;
	case JSON_MAP: encode_map(w, f, (const any_list *)where); break;
	case JSON_RAW: json_raw(w, *(const char *const *)where); break;
	}
}

void json_object(struct json_writer *w, const struct json_table *table, const void *object)
{
	json_map_open(w);
	for (const struct json_field *f = table->fields; f->name != NULL; f++) {
		const char *where = (const char *)object + f->offset;

		if (is_absent(f, where))
			continue;
		json_key(w, f->name);
		encode_value(w, f->type, f, where);
	}
	json_map_close(w);
}

void json_encode(
	struct buf *out, const struct json_table *table, const void *object, unsigned indent)
{
	struct json_writer *w = json_writer_new(indent);

	json_object(w, table, object);
	json_writer_finish(w, out);
}
