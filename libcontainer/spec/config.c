/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spec/config.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "spec/internal.h"

static void unknown_property(const char *pointer)
{
	log_debug("%s: unknown property, ignored", pointer);
}

static struct json_source source_of(const char *label, const char *text, size_t len)
{
	return (struct json_source){ label, text, len,
		.unknown = log_enabled(LOG_LEVEL_DEBUG) ? unknown_property : NULL };
}

/* Fills in what the specification implies. */
static void complete(struct oci_config *config)
{
	if (config->linux == NULL)
		config->linux = arena_alloc(&config->arena, sizeof *config->linux);
	config_apply_annotations(config);
}

int config_read(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err)
{
	struct json_source source = source_of(label, text, len);
	int result;

	*config = (struct oci_config){ 0 };
	result = json_decode(&config->arena, &source, &config_table, config, err);
	complete(config);
	return result;
}

int config_read_around(
	struct oci_config *config, const char *text, size_t len, struct json_known *known)
{
	struct json_source source = { .text = text, .len = len, .known = known };
	int result;

	known->object = NULL;
	*config = (struct oci_config){ 0 };
	result = json_decode(&config->arena, &source, &config_table, config, NULL);
	complete(config);
	return result == 0 && known->object != NULL && config->linux->seccomp == known->object ? 0
											       : -1;
}

int config_decode(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err)
{
	return config_read(config, label, text, len, err) < 0 ? -1
							      : config_validate(config, label, err);
}

int config_decode_process(struct arena *arena, struct oci_process *process, const char *label,
	const char *text, size_t len, struct error *err)
{
	struct json_source source = source_of(label, text, len);

	*process = (struct oci_process){ 0 };
	if (json_decode(arena, &source, &process_table, process, err) < 0)
		return -1;
	return config_validate_process(process, label, err);
}

int config_decode_resources(struct arena *arena, struct oci_resources *resources, const char *label,
	const char *text, size_t len, struct error *err)
{
	struct json_source source = source_of(label, text, len);

	*resources = (struct oci_resources){ 0 };
	if (json_decode(arena, &source, &resources_table, resources, err) < 0)
		return -1;
	return config_validate_resources(resources, label, err);
}

int config_decode_mounts(struct oci_config *config, const char *label, const char *text, size_t len,
	struct error *err)
{
	cleanup_buf struct buf object = { 0 };
	struct json_source source;
	bool list = len > 0 && text[strspn(text, " \t\r\n")] == '[';

	if (list)
		buf_puts(&object, "{\"mounts\":");
	buf_append(&object, text, len);
	buf_puts(&object, list ? "}" : "");
	source = source_of(label, object.data, object.len);
	config->mounts.v = NULL;
	config->mounts.n = 0;
	if (json_decode(&config->arena, &source, &mounts_table, config, err) < 0)
		return -1;
	return config_validate(config, label, err);
}

void config_free(struct oci_config *config)
{
	arena_free(&config->arena);
	*config = (struct oci_config){ 0 };
}

void config_encode(struct buf *out, const struct oci_config *config)
{
	json_encode(out, &config_table, config, JSON_TABS);
}
