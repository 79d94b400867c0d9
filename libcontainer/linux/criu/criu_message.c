/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages of CRIU's RPC, by tables of their fields.
 */
#include <stddef.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "linux/criu/criu.h"
#include "linux/criu/protobuf.h"

/* ---- writing ---- */

static void put_pair(struct buf *out, unsigned field, const struct criu_pair *pair)
{
	cleanup_buf struct buf inner = { 0 };

	protobuf_put_string(&inner, 1, pair->first);
	protobuf_put_string(&inner, 2, pair->second);
	protobuf_put_bytes(out, field, inner.data, inner.len);
}

enum kind { BOOL, INT, UINT, OPT_INT, OPT_UINT, STRING, STRINGS, PAIRS };

/* criu_opts of rpc.proto; members with several values are written below */
static const struct {
	unsigned field;
	enum kind kind;
	size_t offset;
} option_fields[] = {
#define OPTION(number, kind, member)                                \
	{                                                           \
		number, kind, offsetof(struct criu_options, member) \
	}
	OPTION(1, INT, images_fd),
	OPTION(2, INT, pid),
	OPTION(3, BOOL, leave_running),
	OPTION(4, BOOL, ext_unix_sk),
	OPTION(5, BOOL, tcp_established),
	OPTION(6, BOOL, evasive_devices),
	OPTION(7, BOOL, shell_job),
	OPTION(8, BOOL, file_locks),
	OPTION(9, INT, log_level),
	OPTION(10, STRING, log_file),
	OPTION(12, BOOL, notify_scripts),
	OPTION(13, STRING, root),
	OPTION(14, STRING, parent_images),
	OPTION(15, BOOL, track_mem),
	OPTION(16, BOOL, auto_dedup),
	OPTION(17, INT, work_fd),
	OPTION(18, BOOL, link_remap),
	OPTION(24, BOOL, manage_cgroups),
	OPTION(25, PAIRS, cgroup_roots),
	OPTION(26, BOOL, restore_sibling),
	OPTION(34, OPT_UINT, cgroups_mode),
	OPTION(37, STRINGS, external),
	OPTION(38, UINT, empty_namespaces),
	OPTION(39, PAIRS, joined_namespaces),
	OPTION(43, STRINGS, dumped_controllers),
	OPTION(44, STRING, freeze_cgroup),
	OPTION(46, BOOL, tcp_skip_in_flight),
	OPTION(48, BOOL, lazy_pages),
	OPTION(49, OPT_INT, status_fd),
	OPTION(50, BOOL, orphan_pts_master),
	OPTION(51, STRING, config_file),
	OPTION(52, BOOL, tcp_close),
	OPTION(53, STRING, lsm_profile),
	OPTION(63, STRING, lsm_mount_context),
	OPTION(64, UINT, network_lock),
#undef OPTION
};

static void put_option(struct buf *out, unsigned field, enum kind kind, const void *value)
{
	const struct opt_int32 *number = value;
	const struct opt_uint32 *count = value;
	const string_list *strings = value;
	const criu_pairs *pairs = value;

	switch (kind) {
	case BOOL:
		if (*(const bool *)value)
			protobuf_put_number(out, field, 1);
		break;
	case INT:
	case UINT:
		if (*(const uint32_t *)value != 0)
			protobuf_put_number(out, field,
				kind == INT ? *(const int32_t *)value
					    : (int64_t) * (const uint32_t *)value);
		break;
	case OPT_INT:
		if (number->set)
			protobuf_put_number(out, field, number->value);
		break;
	case OPT_UINT:
		if (count->set)
			protobuf_put_number(out, field, count->value);
		break;
	case STRING: protobuf_put_string(out, field, *(const char *const *)value); break;
	case STRINGS:
		for (size_t i = 0; i < strings->n; i++)
			protobuf_put_string(out, field, strings->v[i]);
		break;
	case PAIRS:
		for (size_t i = 0; i < pairs->n; i++)
			put_pair(out, field, &pairs->v[i]);
		break;
	}
}

static void put_options(struct buf *out, const struct criu_options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_fields); i++)
		put_option(out, option_fields[i].field, option_fields[i].kind,
			(const char *)options + option_fields[i].offset);
	for (size_t i = 0; i < options->inherited.n; i++) {
		cleanup_buf struct buf inner = { 0 };

		protobuf_put_string(&inner, 1, options->inherited.v[i].key);
		protobuf_put_number(&inner, 2, options->inherited.v[i].fd);
		protobuf_put_bytes(out, 27, inner.data, inner.len);
	}
	if (options->page_server.address != NULL) {
		cleanup_buf struct buf inner = { 0 };

		protobuf_put_string(&inner, 1, options->page_server.address);
		protobuf_put_number(&inner, 2, options->page_server.port);
		protobuf_put_bytes(out, 11, inner.data, inner.len);
	}
}

void criu_encode(struct buf *out, enum criu_request request, const struct criu_options *options)
{
	bool question = request == CRIU_VERSION || request == CRIU_FEATURES;

	protobuf_put_number(out, 1, request);
	if (options != NULL) {
		cleanup_buf struct buf inner = { 0 };

		put_options(&inner, options);
		protobuf_put_bytes(out, 2, inner.data, inner.len);
	}
	if (question) /* more fields follow */
		protobuf_put_number(out, 4, 1);
	if (request == CRIU_FEATURES) {
		cleanup_buf struct buf features = { 0 };

		protobuf_put_number(&features, 1, 1);
		protobuf_put_number(&features, 2, 1);
		protobuf_put_bytes(out, 5, features.data, features.len);
	}
}

void criu_encode_notified(struct buf *out, bool success)
{
	protobuf_put_number(out, 1, CRIU_NOTIFY);
	protobuf_put_number(out, 3, success);
}

/* ---- reading ---- */

/* criu_resp of rpc.proto, and the fields of its submessages */
static const struct answer_field {
	unsigned field, inner; /* inner 0: the field itself */
	enum kind kind;
	size_t offset, size;
} answer_fields[] = {
#define ANSWER(field, inner, kind, member)                                \
	{                                                                 \
		field, inner, kind, offsetof(struct criu_answer, member), \
			sizeof(((struct criu_answer *)0)->member)         \
	}
	ANSWER(1, 0, INT, type),
	ANSWER(2, 0, BOOL, success),
	ANSWER(4, 1, INT, restored),
	ANSWER(5, 1, STRING, script),
	ANSWER(5, 2, INT, notified),
	ANSWER(7, 0, INT, error),
	ANSWER(8, 1, BOOL, mem_track),
	ANSWER(8, 2, BOOL, lazy_pages),
	ANSWER(9, 0, STRING, message),
	ANSWER(10, 1, INT, major),
	ANSWER(10, 2, INT, minor),
	ANSWER(10, 4, INT, sublevel),
#undef ANSWER
};

static void store(const struct answer_field *f, struct criu_answer *answer,
	const struct protobuf_field *field)
{
	char *target = (char *)answer + f->offset;
	size_t len = (size_t)(field->bytes.end - field->bytes.at);

	switch (f->kind) {
	case BOOL: *(bool *)target = field->value != 0; break;
	case INT: *(int32_t *)(void *)target = (int32_t)field->value; break;
	default:
		if (len > f->size - 1)
			len = f->size - 1;
		memcpy(target, field->bytes.at, len);
		target[len] = '\0';
	}
}

/* outer: field number of this submessage, 0 for the top level */
static int read_message(struct protobuf message, unsigned outer, struct criu_answer *answer)
{
	while (message.at < message.end) {
		struct protobuf_field field;

		if (!protobuf_take(&message, &field))
			return -1;
		for (size_t i = 0; i < ARRAY_SIZE(answer_fields); i++) {
			const struct answer_field *f = &answer_fields[i];

			if (outer != 0 ? f->field == outer && f->inner == field.number
				       : f->field == field.number && f->inner == 0)
				store(f, answer, &field);
			else if (outer == 0 && f->field == field.number && f->inner == 1 &&
				read_message(field.bytes, field.number, answer) < 0)
				return -1;
		}
	}
	return 0;
}

int criu_decode(const void *data, size_t len, struct criu_answer *answer)
{
	const uint8_t *bytes = data;

	*answer = (struct criu_answer){ 0 };
	return read_message((struct protobuf){ bytes, bytes + len }, 0, answer);
}
