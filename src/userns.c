/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull userns
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "common_options.h"
#include "container/ops/userns_map.h"

struct userns_options_of_command {
	bool json;
};

static const char *const kinds[ID_KINDS] = { [SUBUID] = "uid", [SUBGID] = "gid" };

/* ---- the table: one row for each range of host IDs ---- */

struct row {
	uint64_t first, size;
	const char *kind, *who, *inside;
};

struct rows {
	struct row *v;
	size_t n, room;
};

static void add_row(struct rows *rows, struct arena *arena, const struct row *row)
{
	*LIST_ADD(arena, rows) = *row;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (strcmp(x->kind, y->kind) != 0)
		return -strcmp(x->kind, y->kind);
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->size > y->size ? -1 : x->size < y->size;
}

static const char *joined(struct arena *arena, const string_list *list)
{
	const char *text = "";

	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", list->v[i]);
	return text;
}

/* Returns the state root, unless it is the caller's. */
static const char *place_of(
	const struct userns_map *map, const struct userns_container *c, struct arena *arena)
{
	return c->root == map->root ? "" : arena_printf(arena, " in %s", c->root);
}

static void add_rows(
	struct rows *rows, struct arena *arena, const struct userns_map *map, enum subid_kind kind)
{
	for (size_t i = 0; i < map->ranges[kind].n; i++) {
		const struct subid_range *range = &map->ranges[kind].v[i];

		add_row(rows, arena,
			&(struct row){ range->first, range->count, kinds[kind],
				arena_printf(arena, "assigned to %s", range->owner), "" });
	}
	for (size_t i = 0; i < map->containers.n; i++) {
		const struct userns_container *c = &map->containers.v[i];
		const char *mark = c->overlaps.n
			? arena_printf(arena, "  OVERLAPS with %s", joined(arena, &c->overlaps))
			: "";

		for (size_t j = 0; j < c->maps[kind].n; j++) {
			const struct oci_id_mapping *line = &c->maps[kind].v[j];

			add_row(rows, arena,
				&(struct row){ line->host_id, line->size, kinds[kind],
					arena_printf(arena, "  container %s%s%s", c->id,
						place_of(map, c, arena), mark),
					arena_printf(arena, "%" PRIu32, line->container_id) });
		}
	}
}

/* Adds rows for the host's own users whose IDs are inside assigned ranges. */
static void add_users(struct rows *rows, struct arena *arena, const struct userns_map *map,
	enum subid_kind kind, size_t n)
{
	for (size_t i = 0; i < map->users[kind].n; i++) {
		const struct host_user *user = &map->users[kind].v[i];

		for (size_t j = 0; j < n; j++)
			if (strcmp(rows->v[j].kind, kinds[kind]) == 0 &&
				user->id >= rows->v[j].first &&
				user->id - rows->v[j].first < rows->v[j].size) {
				add_row(rows, arena,
					&(struct row){ user->id, 1, kinds[kind],
						arena_printf(arena, "    %s %s OF THE HOST",
							kind == SUBUID ? "user" : "group",
							user->name),
						"" });
				break;
			}
	}
}

static void table_text(struct buf *out, const struct userns_map *map, struct arena *arena)
{
	struct rows rows = { 0 };
	size_t n;

	for (int kind = 0; kind < ID_KINDS; kind++)
		add_rows(&rows, arena, map, kind);
	n = rows.n;
	for (int kind = 0; kind < ID_KINDS; kind++)
		add_users(&rows, arena, map, kind, n);
	if (rows.n > 0)
		qsort(rows.v, rows.n, sizeof *rows.v, compare_rows);
	buf_printf(out, "%-5s%-12s%-12s%-12s%-12s%s\n", "KIND", "FIRST", "LAST", "SIZE", "INSIDE",
		"WHO");
	for (size_t i = 0; i < rows.n; i++)
		buf_printf(out, "%-5s%-12" PRIu64 "%-12" PRIu64 "%-12" PRIu64 "%-12s%s\n",
			rows.v[i].kind, rows.v[i].first, rows.v[i].first + rows.v[i].size - 1,
			rows.v[i].size, rows.v[i].inside, rows.v[i].who);
	for (size_t i = 0; i < map->containers.n; i++)
		if (map->containers.v[i].maps[SUBUID].n == 0)
			buf_printf(out, "%-53scontainer %s%s: no user namespace of its own\n",
				"all", map->containers.v[i].id,
				place_of(map, &map->containers.v[i], arena));
}

/* ---- JSON ---- */

static void json_map(struct json_writer *w, const char *key, const oci_id_mappings *map)
{
	json_key(w, key);
	json_array_open(w);
	for (size_t i = 0; i < map->n; i++) {
		json_map_open(w);
		json_member_uint(w, "containerID", map->v[i].container_id);
		json_member_uint(w, "hostID", map->v[i].host_id);
		json_member_uint(w, "size", map->v[i].size);
		json_map_close(w);
	}
	json_array_close(w);
}

static void json_ranges(struct json_writer *w, const char *key, const subid_list *ranges)
{
	json_key(w, key);
	json_array_open(w);
	for (size_t i = 0; i < ranges->n; i++) {
		json_map_open(w);
		json_member_string(w, "owner", ranges->v[i].owner);
		json_member_uint(w, "first", ranges->v[i].first);
		json_member_uint(w, "size", ranges->v[i].count);
		json_map_close(w);
	}
	json_array_close(w);
}

static void json_text(struct buf *out, const struct userns_map *map)
{
	struct json_writer *w = json_writer_new(2);

	json_map_open(w);
	json_key(w, "containers");
	json_array_open(w);
	for (size_t i = 0; i < map->containers.n; i++) {
		const struct userns_container *c = &map->containers.v[i];

		json_map_open(w);
		json_member_string(w, "id", c->id);
		json_member_string(w, "root", c->root);
		json_member_string(w, "status", container_status_names[c->status - 1]);
		json_map(w, "uidMappings", &c->maps[SUBUID]);
		json_map(w, "gidMappings", &c->maps[SUBGID]);
		json_key(w, "overlaps");
		json_array_open(w);
		for (size_t j = 0; j < c->overlaps.n; j++)
			json_string(w, c->overlaps.v[j]);
		json_array_close(w);
		json_map_close(w);
	}
	json_array_close(w);
	json_ranges(w, "subuid", &map->ranges[SUBUID]);
	json_ranges(w, "subgid", &map->ranges[SUBGID]);
	json_map_close(w);
	json_writer_finish(w, out);
	buf_puts(out, "\n");
}

/* ---- translate ---- */

static void translate_one(struct buf *out, const char *kind, const char *id,
	const oci_id_mappings *map, uint32_t number)
{
	int64_t host = userns_to_host(map, number), inside = userns_to_container(map, number);

	if (host >= 0)
		buf_printf(out, "%s %" PRIu32 " in %s is %" PRId64 " on the host\n", kind, number,
			id, host);
	else
		buf_printf(out, "%s %" PRIu32 " in %s has no ID on the host\n", kind, number, id);
	if (inside >= 0)
		buf_printf(out, "%s %" PRIu32 " of the host is %" PRId64 " in %s\n", kind, number,
			inside, id);
	else
		buf_printf(out, "%s %" PRIu32 " of the host has no ID in %s: it is seen as 65534\n",
			kind, number, id);
}

static int translate(const struct call *call, struct error *err)
{
	cleanup_buf struct buf out = { 0 };
	oci_id_mappings maps[ID_KINDS];
	uint64_t number;

	if (!option_parse_uint64(call->args[2], UINT32_MAX - 1, &number))
		return error_set(err, 0, "\"%s\" isn't a user or group ID", call->args[2]);
	if (userns_find_maps(call->rt, call->args[1], call->arena, maps, err) < 0)
		return -1;
	for (int kind = 0; kind < ID_KINDS; kind++)
		translate_one(&out, kinds[kind], call->args[1], &maps[kind], (uint32_t)number);
	return print(&out, err);
}

static int userns(const struct call *call, struct error *err)
{
	const struct userns_options_of_command *o = call->options;
	cleanup_userns_map struct userns_map map = { 0 };
	cleanup_buf struct buf out = { 0 };

	if (call->n == 3 && strcmp(call->args[0], "translate") == 0)
		return translate(call, err);
	if (call->n > 0)
		return error_set(
			err, 0, "`hull userns`: the only arguments are `translate ID NUMBER`");
	if (userns_map_read(call->rt, &map, err) < 0)
		return -1;
	if (o->json)
		json_text(&out, &map);
	else
		table_text(&out, &map, call->arena);
	return print(&out, err);
}

static const struct option options[] = {
	{ "json", 0, NULL, "print JSON", option_bool,
		offsetof(struct userns_options_of_command, json) },
	{ OPTION_END },
};

const struct command userns_command = {
	.name = "userns",
	.summary = "show the host IDs of each container",
	.arguments = "[translate ID NUMBER]",
	.description =
		"Shows each container's host UIDs and GIDs, the ranges of /etc/subuid and "
		"/etc/subgid, and the\n"
		"host's own users inside them. Containers whose IDs overlap in different user "
		"namespaces are\n"
		"marked. Without --root, the state roots of containerd, CRI-O, podman and "
		"Docker are included.\n"
		"translate: the host ID of NUMBER in the container ID, and the container's for "
		"the host's.",
	.example = "  hull userns translate web 1000",
	.options = options,
	.options_size = sizeof(struct userns_options_of_command),
	.max = 3,
	.run = userns,
};
