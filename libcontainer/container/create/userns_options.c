/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/userns_options.h"

#include <inttypes.h>
#include <string.h>

/* ---- --uidmap, --gidmap: podman-run(1), "[FLAGS]CONTAINER:[@]HOST[:SIZE]" ---- */

struct map_line {
	struct oci_id_mapping mapping;
	bool extends;    /* + */
	bool uids, gids; /* flags u, g: the maps it applies to; see add_lines() */
};

static bool read_number(const char **at, uint32_t *value)
{
	char *end;
	uintmax_t number;

	if (**at < '0' || **at > '9')
		return false;
	number = strtoumax(*at, &end, 10);
	*at = end;
	*value = (uint32_t)number;
	return number <= UINT32_MAX;
}

/* HOST and @HOST are the same here, because there is no intermediate user namespace. */
static int parse_line(
	const char *option, const char *text, struct map_line *line, struct error *err)
{
	const char *at = text;

	*line = (struct map_line){ .mapping.size = 1 };
	for (; *at != '\0' && strchr("+ug", *at) != NULL; at++) {
		line->extends |= *at == '+';
		line->uids |= *at == 'u';
		line->gids |= *at == 'g';
	}
	if (read_number(&at, &line->mapping.container_id) && *at++ == ':') {
		at += *at == '@';
		if (read_number(&at, &line->mapping.host_id) &&
			(*at == '\0' ||
				(*at++ == ':' && read_number(&at, &line->mapping.size) &&
					*at == '\0' && line->mapping.size > 0)))
			return 0;
	}
	return error_set(err, 0,
		"--%s: \"%s\" isn't [FLAGS]CONTAINER:HOST[:SIZE] (FLAGS: + extends the "
		"configuration's map, u and g: only this map)",
		option, text);
}

static void append(struct arena *arena, oci_id_mappings *map, const struct oci_id_mapping *line)
{
	*LIST_ADD(arena, map) = *line;
}

/*
 * Appends what remains of a line after removing `size` IDs from `from`, counted from the line's
 * first ID.
 */
static void append_rest(struct arena *arena, oci_id_mappings *map,
	const struct oci_id_mapping *line, int64_t from, uint32_t size)
{
	int64_t before = from < 0 ? 0 : from > line->size ? line->size : from;
	int64_t after = from + size < 0 ? 0 : from + size > line->size ? line->size : from + size;
	struct oci_id_mapping head = { line->container_id, line->host_id, (uint32_t)before };
	struct oci_id_mapping tail = { line->container_id + (uint32_t)after,
		line->host_id + (uint32_t)after, (uint32_t)(line->size - after) };

	if (head.size > 0)
		append(arena, map, &head);
	if (tail.size > 0)
		append(arena, map, &tail);
}

/* Adds the line, replacing existing mappings of its container IDs and host IDs. */
static void extend(struct arena *arena, oci_id_mappings *map, const struct oci_id_mapping *line)
{
	oci_id_mappings without = { 0 }, rest = { 0 };

	for (size_t i = 0; i < map->n; i++)
		append_rest(arena, &without, &map->v[i],
			(int64_t)line->container_id - map->v[i].container_id, line->size);
	for (size_t i = 0; i < without.n; i++)
		append_rest(arena, &rest, &without.v[i],
			(int64_t)line->host_id - without.v[i].host_id, line->size);
	append(arena, &rest, line);
	*map = rest;
}

/* One of the two maps that the options change. */
struct changed_map {
	struct arena *arena;
	bool of_uids;
	oci_id_mappings *map;
	bool replaced; /* the configuration's lines are gone */
};

/* Adds those lines of an option that apply to this map. */
static int add_lines(struct changed_map *changed, const char *option, const string_list *texts,
	struct error *err)
{
	bool is_uidmap = strcmp(option, "uidmap") == 0;

	for (size_t i = 0; i < texts->n; i++) {
		struct map_line line;
		bool meant;

		if (parse_line(option, texts->v[i], &line, err) < 0)
			return -1;
		meant = line.uids || line.gids ? (changed->of_uids ? line.uids : line.gids)
					       : is_uidmap == changed->of_uids;
		if (!meant)
			continue;
		if (!line.extends && !changed->replaced)
			*changed->map = (oci_id_mappings){ 0 };
		changed->replaced = true;
		if (line.extends)
			extend(changed->arena, changed->map, &line.mapping);
		else
			append(changed->arena, changed->map, &line.mapping);
	}
	return 0;
}

static int apply_maps(
	const struct userns_options *options, struct oci_config *config, struct error *err)
{
	struct oci_linux *linux = config->linux;
	struct changed_map uids = { &config->arena, true, &linux->uid_mappings, false },
			   gids = { &config->arena, false, &linux->gid_mappings, false };

	if (options->uid_maps.n == 0 && options->gid_maps.n == 0)
		return 0;
	if (add_lines(&uids, "uidmap", &options->uid_maps, err) < 0 ||
		add_lines(&uids, "gidmap", &options->gid_maps, err) < 0 ||
		add_lines(&gids, "uidmap", &options->uid_maps, err) < 0 ||
		add_lines(&gids, "gidmap", &options->gid_maps, err) < 0)
		return -1;
	if (uids.replaced && !gids.replaced) /* as in podman, one option applies to both maps */
		linux->gid_mappings = linux->uid_mappings;
	else if (gids.replaced && !uids.replaced)
		linux->uid_mappings = linux->gid_mappings;
	if (config_namespace(config, NAMESPACE_USER) == NULL)
		config_add_namespace(config, NAMESPACE_USER);
	return 0;
}

/* ---- --userns ---- */

static struct oci_namespace *user_namespace(struct oci_config *config)
{
	return (struct oci_namespace *)config_namespace(config, NAMESPACE_USER);
}

static void drop_user_namespace(struct oci_config *config)
{
	struct oci_linux *linux = config->linux;
	size_t n = 0;

	for (size_t i = 0; i < linux->namespaces.n; i++)
		if (linux->namespaces.v[i].type != NAMESPACE_USER)
			linux->namespaces.v[n++] = linux->namespaces.v[i];
	linux->namespaces.n = n;
	linux->uid_mappings = linux->gid_mappings = (oci_id_mappings){ 0 };
}

/* "auto" or "auto:size=N": the number of IDs, a multiple of the unit. */
static int parse_size(const char *text, uint32_t *size, struct error *err)
{
	const char *at = text + strlen("auto:size=");

	*size = ID_UNIT;
	if (strcmp(text, "auto") == 0)
		return 0;
	if (strncmp(text, "auto:size=", 10) != 0 || !read_number(&at, size) || *at != '\0' ||
		*size == 0 || *size > UINT32_MAX - ID_UNIT)
		return error_set(err, 0,
			"--userns: \"%s\" isn't auto, auto:size=N, host or path:FILE", text);
	*size = (*size + ID_UNIT - 1) / ID_UNIT * ID_UNIT;
	return 0;
}

static int apply_mode(const struct userns_options *options, struct oci_config *config,
	int (*take)(void *context, uint32_t size, struct id_block *block, struct error *err),
	void *context, struct error *err)
{
	const char *mode = options->mode;
	struct id_block block;

	if (mode == NULL)
		return 0;
	if (strcmp(mode, "host") == 0) {
		drop_user_namespace(config);
		return 0;
	}
	if (strncmp(mode, "path:", 5) == 0) { /* the kernel provides the mapping */
		drop_user_namespace(config);
		config_add_namespace(config, NAMESPACE_USER);
		user_namespace(config)->path = mode + 5;
		return 0;
	}
	if (parse_size(mode, &block.size, err) < 0 || take(context, block.size, &block, err) < 0)
		return -1;
	drop_user_namespace(config);
	config_add_user_namespace(config, &(struct oci_id_mapping){ 0, block.uid, block.size },
		&(struct oci_id_mapping){ 0, block.gid, block.size });
	return 0;
}

static void set_annotation(struct oci_config *config, const char *key, const char *value)
{
	string_map *map = &config->annotations;
	size_t i = 0;

	while (i < map->n && strcmp(map->v[i].key, key) != 0)
		i++;
	if (i == map->n)
		(void)LIST_ADD(&config->arena, map);
	map->v[i] = (struct string_pair){ key, value };
}

/* True if the configuration asks for a new user namespace without any mapping. */
static bool lacks_maps(const struct oci_config *config)
{
	const struct oci_namespace *ns = config_namespace(config, NAMESPACE_USER);

	return ns != NULL && (ns->path == NULL || ns->path[0] == '\0') &&
		config->linux->uid_mappings.n == 0 && config->linux->gid_mappings.n == 0;
}

int userns_options_apply(const struct userns_options *options, struct oci_config *config,
	int (*take)(void *context, uint32_t size, struct id_block *block, struct error *err),
	void *context, struct error *err)
{
	bool maps = options->uid_maps.n > 0 || options->gid_maps.n > 0;
	struct userns_options automatic = *options;

	if (options->mode == NULL && !maps && lacks_maps(config)) {
		automatic.mode = "auto";
		if (apply_mode(&automatic, config, take, context, err) < 0)
			return error_prefix(err,
				"config.json: /linux/uidMappings: missing, so the user namespace "
				"needs a block of IDs of its own, as with --userns=auto");
	} else if (options->mode == NULL && !maps && options->idmap_rootfs == NULL) {
		return 0;
	}
	if (maps && options->mode != NULL && strncmp(options->mode, "auto", 4) != 0)
		return error_set(err, 0,
			"--uidmap and --gidmap make a user namespace: they can't be combined with "
			"--userns=%s",
			options->mode);
	if (apply_mode(options, config, take, context, err) < 0 ||
		apply_maps(options, config, err) < 0)
		return -1;
	if (options->idmap_rootfs != NULL)
		set_annotation(config, "io.hull.rootfs.idmap", options->idmap_rootfs);
	return 1;
}
