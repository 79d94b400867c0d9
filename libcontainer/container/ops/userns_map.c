/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/ops/userns_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/passwd.h"
#include "container/state/roots.h"
#include "container/state/state.h"
#include "linux/ids/userns.h"

static void copy_map(struct arena *arena, const oci_id_mappings *from, oci_id_mappings *to)
{
	to->v = arena_alloc(arena, (from->n + 1) * sizeof *to->v);
	if (from->n > 0)
		memcpy(to->v, from->v, from->n * sizeof *to->v);
	to->n = from->n;
}

/*
 * Uses the configuration's mapping: the container's first process may have entered a user namespace
 * of its own.
 */
static int read_maps(const struct runtime *rt, const char *id, struct arena *arena,
	oci_id_mappings maps[ID_KINDS], struct error *err)
{
	cleanup_fd int state_fd = state_open(rt, id, err);
	cleanup_config struct oci_config config = { 0 };

	maps[SUBUID] = maps[SUBGID] = (oci_id_mappings){ 0 };
	if (state_fd < 0 || state_config(state_fd, &config, err) < 0)
		return -1;
	if (config_namespace(&config, NAMESPACE_USER) != NULL) {
		copy_map(arena, &config.linux->uid_mappings, &maps[SUBUID]);
		copy_map(arena, &config.linux->gid_mappings, &maps[SUBGID]);
	}
	return 0;
}

int userns_find_maps(const struct runtime *rt, const char *id, struct arena *arena,
	oci_id_mappings maps[ID_KINDS], struct error *err)
{
	struct runtime there = *rt;
	string_list roots;

	roots_find(rt, arena, &roots);
	for (size_t i = 0; i < roots.n; i++) {
		there.root = roots.v[i];
		if (read_maps(&there, id, arena, maps, i == 0 ? err : NULL) == 0)
			return 0;
	}
	return -1;
}

/* ---- all containers ---- */

struct reader {
	struct runtime rt; /* for the state root that is being read */
	struct userns_map *map;
};

/* Returns 0 if it can't be read. */
static uint64_t user_namespace_of(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	return pid > 0 && stat(path, &st) == 0 ? st.st_ino : 0;
}

static int add_container(
	void *context, const struct container_state *state, const struct error *problem)
{
	struct reader *r = context;
	struct arena *arena = &r->map->arena;
	struct userns_container *new;

	if (problem != NULL)
		return 0;
	new = LIST_ADD(arena, &r->map->containers);
	new->id = arena_strdup(arena, state->id);
	new->root = r->rt.root;
	new->status = state->status;
	new->user_namespace = user_namespace_of(state->pid);
	if (read_maps(&r->rt, state->id, arena, new->maps, NULL) < 0) { /* deleted meanwhile */
		*new = (struct userns_container){ 0 };
		r->map->containers.n--;
	}
	return 0;
}

static bool maps_meet(const oci_id_mappings *a, const oci_id_mappings *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (a->v[i].host_id < (uint64_t)b->v[j].host_id + b->v[j].size &&
				b->v[j].host_id < (uint64_t)a->v[i].host_id + a->v[i].size)
				return true;
	return false;
}

static void find_overlaps(struct userns_map *map)
{
	for (size_t i = 0; i < map->containers.n; i++) {
		struct userns_container *a = &map->containers.v[i];

		a->overlaps.v =
			arena_alloc(&map->arena, (map->containers.n + 1) * sizeof *a->overlaps.v);
		for (size_t j = 0; j < map->containers.n; j++) {
			const struct userns_container *b = &map->containers.v[j];

			if (i != j &&
				(a->user_namespace == 0 ||
					a->user_namespace != b->user_namespace) &&
				(maps_meet(&a->maps[SUBUID], &b->maps[SUBUID]) ||
					maps_meet(&a->maps[SUBGID], &b->maps[SUBGID])))
				a->overlaps.v[a->overlaps.n++] = b->id;
		}
	}
}

static void add_user(struct userns_map *map, enum subid_kind kind, const char *name, uint32_t id)
{
	*LIST_ADD(&map->arena, &map->users[kind]) =
		(struct host_user){ arena_strdup(&map->arena, name), id };
}

static void read_users(struct userns_map *map)
{
	static const enum account_kind accounts[ID_KINDS] = {
		[SUBUID] = ACCOUNT_USER, [SUBGID] = ACCOUNT_GROUP
	};

	for (int kind = 0; kind < ID_KINDS; kind++) {
		cleanup_buf struct buf buf = { 0 };
		char *text = passwd_read(accounts[kind], &buf);
		struct account account;

		while (passwd_next(&text, accounts[kind], &account))
			add_user(map, kind, account.name, account.id);
	}
}

int userns_map_read(const struct runtime *rt, struct userns_map *map, struct error *err)
{
	struct reader reader = { *rt, map };
	string_list roots;

	*map = (struct userns_map){ 0 };
	roots_find(rt, &map->arena, &roots);
	map->root = roots.v[0];
	for (size_t i = 0; i < roots.n; i++) {
		reader.rt.root = roots.v[i];
		/* Only the caller's own state root has to be readable. */
		if (container_list(&reader.rt, add_container, &reader, i == 0 ? err : NULL) < 0 &&
			i == 0)
			return -1;
	}
	find_overlaps(map);
	read_users(map);
	if (subids_read(&map->arena, SUBUID, &map->ranges[SUBUID], NULL, err) < 0)
		return -1;
	return subids_read(&map->arena, SUBGID, &map->ranges[SUBGID], NULL, err);
}

void userns_map_free(struct userns_map *map)
{
	arena_free(&map->arena);
}

int64_t userns_to_host(const oci_id_mappings *map, uint32_t id)
{
	return map->n == 0 ? (int64_t)id : id_mappings_to_host(map, id);
}

int64_t userns_to_container(const oci_id_mappings *map, uint32_t id)
{
	return map->n == 0 ? (int64_t)id : id_mappings_to_container(map, id);
}
