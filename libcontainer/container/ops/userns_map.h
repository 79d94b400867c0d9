/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull userns`: the host IDs of containers, the ranges in /etc/subuid and /etc/subgid, and the
 * host's users.
 */
#pragma once
#include "container/container.h"
#include "linux/ids/subids.h"

enum { ID_KINDS = 2 }; /* index: enum subid_kind */

struct userns_container {
	const char *id, *root; /* root: its state root */
	enum container_status status;
	uint64_t user_namespace;        /* inode; 0: not running */
	oci_id_mappings maps[ID_KINDS]; /* empty: no user namespace of its own */
	string_list
		overlaps; /* other containers that use the same IDs from another user namespace */
};

struct host_user {
	const char *name;
	uint32_t id;
};

struct userns_map {
	const char *root; /* the caller's own state root */
	LIST(struct userns_container) containers;
	subid_list ranges[ID_KINDS];
	LIST(struct host_user) users[ID_KINDS]; /* users of /etc/passwd, groups of /etc/group */
	struct arena arena;
};

/*
 * Reads the containers of every state root that roots_find() knows. Free with userns_map_free(),
 * also after an error.
 */
int userns_map_read(const struct runtime *rt, struct userns_map *map, struct error *err);
void userns_map_free(struct userns_map *map);
#define cleanup_userns_map __attribute__((cleanup(userns_map_free)))

/*
 * Finds the container in those state roots (the first one wins), and returns its mappings in arena,
 * empty if it has no user namespace. Returns 0 or -1.
 */
int userns_find_maps(const struct runtime *rt, const char *id, struct arena *arena,
	oci_id_mappings maps[ID_KINDS], struct error *err);

/*
 * Converts a container ID to a host ID, or back. Returns -1 if it isn't mapped. An empty map is the
 * identity.
 */
int64_t userns_to_host(const oci_id_mappings *map, uint32_t id);
int64_t userns_to_container(const oci_id_mappings *map, uint32_t id);
