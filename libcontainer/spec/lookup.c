/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds namespaces, annotations and the memory limit in a configuration.
 */
#include <string.h>

#include "base/error.h"
#include "spec/config.h"

const struct oci_namespace *config_namespace(
	const struct oci_config *config, enum oci_namespace_type type)
{
	for (size_t i = 0; i < config->linux->namespaces.n; i++)
		if (config->linux->namespaces.v[i].type == (int)type)
			return &config->linux->namespaces.v[i];
	return NULL;
}

const char *config_annotation(const struct oci_config *config, const char *key)
{
	for (size_t i = 0; i < config->annotations.n; i++)
		if (strcmp(config->annotations.v[i].key, key) == 0)
			return config->annotations.v[i].value;
	return NULL;
}

bool config_has_new_namespace(const struct oci_config *config, enum oci_namespace_type type)
{
	const struct oci_namespace *namespace = config_namespace(config, type);

	return namespace != NULL && namespace->path == NULL;
}

bool config_has_new_user_maps(const struct oci_config *config)
{
	return config_has_new_namespace(config, NAMESPACE_USER) &&
		config->linux->uid_mappings.n > 0 && config->linux->gid_mappings.n > 0;
}

int config_memory_hint(const struct oci_config *config, struct error *err)
{
	const struct oci_resources *resources = config->linux->resources;

	if (resources == NULL)
		return -1;
	if (resources->memory != NULL && resources->memory->limit.set)
		return error_hint(err, "/linux/resources/memory/limit may be too low for it");
	for (size_t i = 0; i < resources->unified.n; i++)
		if (strcmp(resources->unified.v[i].key, "memory.max") == 0)
			return error_hint(
				err, "/linux/resources/unified/memory.max may be too low for it");
	return -1;
}
