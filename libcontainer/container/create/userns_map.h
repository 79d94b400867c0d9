/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull userns`: the host IDs of containers, the ranges of /etc/subuid and /etc/subgid, and the
 * host's users.
 */
#pragma once
#include "container/container.h"
#include "linux/ids/subids.h"

enum { ID_KINDS = 2 }; /* index: enum subid_kind */

struct userns_container {
	const char *id, *root;          /* root: the state root that it is in */
	enum container_status status;   /* 0: not known */
	uint64_t user_namespace;        /* inode; 0: it doesn't run */
	oci_id_mappings maps[ID_KINDS]; /* empty: without a user namespace of its own */
	string_list overlaps; /* ids of containers that have ids of its too, in another user
				 namespace */
};

struct host_user {
	const char *name;
	uint32_t id;
};

struct userns_map {
	const char *root; /* the caller's own state root */
	LIST(struct userns_container) containers;
	subid_list ranges[ID_KINDS];
	LIST(struct host_user) users[ID_KINDS]; /* of /etc/passwd and /etc/group */
	struct arena arena;
};

/* Reads the containers of every state root that roots_find() knows. Free with userns_map_free(),
 * also after an error. */
int userns_map_read(const struct runtime *rt, struct userns_map *map, struct error *err);
void userns_map_free(struct userns_map *map);
#define cleanup_userns_map __attribute__((cleanup(userns_map_free)))

/* The maps of one container, from the first of those state roots that has it; empty maps if it has
 * no user namespace. */
int userns_find_maps(const struct runtime *rt, const char *id, struct arena *arena,
	oci_id_mappings maps[ID_KINDS], struct error *err);

/* The id of the host for an id of the container, and back; -1 when it has none. Empty maps are the
 * identity. */
int64_t userns_to_host(const oci_id_mappings *map, uint32_t id);
int64_t userns_to_container(const oci_id_mappings *map, uint32_t id);
