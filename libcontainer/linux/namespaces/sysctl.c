/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/namespaces/sysctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "linux/namespaces/procfs.h"

/*
 * Reduces the range to its contiguous mapped part, in `text`. Returns NULL if the value needs no
 * change, or if nothing of it is mapped: then the kernel's refusal is reported.
 */
static const char *clamp_groups(const char *value, const oci_id_mappings *gids, char text[32])
{
	uint64_t low, high, end;

	if (gids->n == 0 || sscanf(value, "%" SCNu64 " %" SCNu64, &low, &high) != 2 || low > high)
		return NULL;
	end = low; /* the first unmapped ID after low */
	for (bool found = true; found;) {
		found = false;
		for (size_t i = 0; i < gids->n; i++) {
			const struct oci_id_mapping *line = &gids->v[i];

			if (line->size > 0 && end >= line->container_id &&
				end - line->container_id < line->size) {
				end = (uint64_t)line->container_id + line->size;
				found = true;
			}
		}
	}
	if (end == low || end > high)
		return NULL;
	snprintf(text, 32, "%" PRIu64 " %" PRIu64, low, end - 1);
	return text;
}

static int apply(int procfd, int own_procfd, const struct string_pair *pair,
	const oci_id_mappings *gids, struct error *err)
{
	char path[4 + SYSCTL_PATH_MAX] = "sys/", text[32];
	const char *value = pair->value;

	if (!sysctl_path(pair->key, path + 4))
		return error_set(
			err, 0, "/linux/sysctl/%s: is not the name of a sysctl", pair->key);
	if (strcmp(path, "sys/net/ipv4/ping_group_range") == 0 &&
		clamp_groups(value, gids, text) != NULL) {
		log_warning("/linux/sysctl/%s: set to \"%s\", not \"%s\": "
			    "the other groups have no mapping in the user namespace",
			pair->key, text, value);
		value = text;
	}
	if (procfs_write(procfd, path, value, err) == 0 ||
		(err->code == EXDEV && own_procfd >= 0 &&
			procfs_write(own_procfd, path, value, err) == 0))
		return 0;
	return error_prefix(err, "/linux/sysctl/%s", pair->key);
}

int sysctl_apply(int procfd, int own_procfd, const string_map *sysctl, const oci_id_mappings *gids,
	struct error *err)
{
	for (size_t i = 0; i < sysctl->n; i++)
		if (apply(procfd, own_procfd, &sysctl->v[i], gids, err) < 0)
			return -1;
	return 0;
}
