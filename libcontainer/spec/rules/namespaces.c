/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for namespaces, ID mappings and time offsets.
 */
#include <inttypes.h>
#include <stdio.h>

#include "spec/rules/rules.h"

enum {
	MAP_LINES_MAX = 340 /* user_namespaces(7) */
};

/* ---- namespaces ---- */

static void namespaces_once(struct validation *v)
{
	unsigned seen = 0;

	for (size_t i = 0; i < v->config->linux->namespaces.n; i++) {
		int type = v->config->linux->namespaces.v[i].type;

		if (seen & 1U << type)
			rule_report(v, rule_at(v, "/%zu/type", i), "%s is there already",
				namespace_type_names[type - 1]);
		seen |= 1U << type;
	}
}

static void namespace_paths(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->namespaces.n; i++) {
		const char *path = v->config->linux->namespaces.v[i].path;

		if (path != NULL && path[0] != '/')
			rule_report(
				v, rule_at(v, "/%zu/path", i), "found %s", rule_cite(cited, path));
	}
}

/* ---- ID mappings ---- */

static void user_maps_present(struct validation *v)
{
	if (!config_has_new_namespace(v->config, NAMESPACE_USER))
		return;
	if (v->config->linux->uid_mappings.n == 0)
		rule_report(v, "/uidMappings", NO_DETAIL);
	if (v->config->linux->gid_mappings.n == 0)
		rule_report(v, "/gidMappings", NO_DETAIL);
}

static void user_maps_usable(struct validation *v)
{
	if (config_namespace(v->config, NAMESPACE_USER) != NULL)
		return;
	if (v->config->linux->uid_mappings.n > 0)
		rule_report(v, "/uidMappings", NO_DETAIL);
	if (v->config->linux->gid_mappings.n > 0)
		rule_report(v, "/gidMappings", NO_DETAIL);
}

/* A map of the container, or of a mount. */
struct map {
	const oci_id_mappings *lines;
	const struct oci_mount *mount; /* NULL: the container's */
	const char *property;
};

/* The pointer of a line of the map, or with member "" of the map itself. */
__attribute__((cold)) static const char *at_line(
	struct validation *v, const struct map *map, size_t line, const char *member)
{
	char where[64] = "/linux", which[64] = "";

	if (map->mount != NULL)
		snprintf(where, sizeof where, "/mounts/%zu",
			(size_t)(map->mount - v->config->mounts.v));
	if (member[0] != '\0')
		snprintf(which, sizeof which, "/%zu%s", line, member);
	return rule_at(v, "%s/%s%s", where, map->property, which);
}

static void maps_each(
	struct validation *v, void (*check)(struct validation *v, const struct map *map))
{
	struct oci_linux *linux = v->config->linux;

	check(v, &(struct map){ &linux->uid_mappings, NULL, "uidMappings" });
	check(v, &(struct map){ &linux->gid_mappings, NULL, "gidMappings" });
	for (size_t i = 0; i < v->config->mounts.n; i++) {
		const struct oci_mount *mount = &v->config->mounts.v[i];

		check(v, &(struct map){ &mount->uid_mappings, mount, "uidMappings" });
		check(v, &(struct map){ &mount->gid_mappings, mount, "gidMappings" });
	}
}

static void map_length(struct validation *v, const struct map *map)
{
	if (map->lines->n > MAP_LINES_MAX)
		rule_report(v, at_line(v, map, 0, ""), "this has %zu", map->lines->n);
}

static void maps_lengths(struct validation *v)
{
	maps_each(v, map_length);
}

static void map_sizes(struct validation *v, const struct map *map)
{
	for (size_t i = 0; i < map->lines->n; i++)
		if (map->lines->v[i].size == 0)
			rule_report(v, at_line(v, map, i, "/size"), NO_DETAIL);
}

static void maps_sizes(struct validation *v)
{
	maps_each(v, map_sizes);
}

/* 4294967295 isn't an ID, so the kernel requires that first + size fits in 32 bits. */
static void map_ends(struct validation *v, const struct map *map)
{
	for (size_t i = 0; i < map->lines->n; i++) {
		const struct oci_id_mapping *line = &map->lines->v[i];

		if (line->size > UINT32_MAX - line->container_id)
			rule_report(v, at_line(v, map, i, "/containerID"),
				"%" PRIu32 " and size %" PRIu32 " go beyond it", line->container_id,
				line->size);
		if (line->size > UINT32_MAX - line->host_id)
			rule_report(v, at_line(v, map, i, "/hostID"),
				"%" PRIu32 " and size %" PRIu32 " go beyond it", line->host_id,
				line->size);
	}
}

static void maps_ends(struct validation *v)
{
	maps_each(v, map_ends);
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static void map_overlaps(struct validation *v, const struct map *map)
{
	const struct oci_id_mapping *lines = map->lines->v;

	for (size_t i = 1; i < map->lines->n && map->lines->n <= MAP_LINES_MAX; i++) {
		for (size_t k = 0; k < i; k++) {
			if (overlap(lines[i].container_id, lines[i].size, lines[k].container_id,
				    lines[k].size))
				rule_report(v, at_line(v, map, i, "/containerID"),
					"%" PRIu32 "+%" PRIu32 " and line %zu with %" PRIu32
					"+%" PRIu32,
					lines[i].container_id, lines[i].size, k,
					lines[k].container_id, lines[k].size);
			if (overlap(lines[i].host_id, lines[i].size, lines[k].host_id,
				    lines[k].size))
				rule_report(v, at_line(v, map, i, "/hostID"),
					"%" PRIu32 "+%" PRIu32 " and line %zu with %" PRIu32
					"+%" PRIu32,
					lines[i].host_id, lines[i].size, k, lines[k].host_id,
					lines[k].size);
		}
	}
}

static void maps_overlaps(struct validation *v)
{
	maps_each(v, map_overlaps);
}

/* ---- time ---- */

static void time_namespace(struct validation *v)
{
	if (v->config->linux->time_offsets.n > 0 &&
		!config_has_new_namespace(v->config, NAMESPACE_TIME))
		rule_report(v, "", NO_DETAIL);
}

static void time_clocks(struct validation *v)
{
	static const char *const clocks[] = { "monotonic", "boottime", NULL };

	for (size_t i = 0; i < v->config->linux->time_offsets.n; i++)
		if (!rule_is_one_of(v->config->linux->time_offsets.v[i].key, clocks))
			rule_report(v, rule_at_key(v, v->config->linux->time_offsets.v[i].key),
				NO_DETAIL);
}

static void time_nanoseconds(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->time_offsets.n; i++) {
		const struct oci_time_offset_entry *offset = &v->config->linux->time_offsets.v[i];

		if (offset->value.nanosecs >= 1000000000)
			rule_report(v, rule_at_key(v, offset->key), "found %" PRIu32,
				offset->value.nanosecs);
	}
}

const struct rule namespace_rules[] = {
	{ "/linux/namespaces", namespaces_once, "a namespace of each type can be given only once" },
	{ "/linux/namespaces", namespace_paths, "must be an absolute path" },
	{ "/linux", user_maps_present,
		"required, but missing: /linux/namespaces has a user namespace without a path" },
	{ "/linux", user_maps_usable, "needs a user namespace in /linux/namespaces" },
	{ "", maps_lengths, "a map may have at most 340 lines (user_namespaces(7))" },
	{ "", maps_sizes, "a line must map at least one ID" },
	{ "", maps_ends, "the last ID is 4294967294" },
	{ "", maps_overlaps, "the lines of a map must not overlap" },
	{ "/linux/timeOffsets", time_namespace,
		"needs a time namespace without a path in /linux/namespaces" },
	{ "/linux/timeOffsets", time_clocks,
		"the clocks with an offset are monotonic and boottime (time_namespaces(7))" },
	{ "/linux/timeOffsets", time_nanoseconds, "nanosecs must be below 1000000000" },
	{ 0 },
};
