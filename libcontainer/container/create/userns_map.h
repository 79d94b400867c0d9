/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who has which ids of the host: the maps of the containers beside the ranges of /etc/subuid and
 * /etc/subgid and the host's users (`hull userns`).
 */
#pragma once
#include "container/container.h"
#include "linux/ids/subids.h"

enum { ID_KINDS = 2 }; /* index: enum subid_kind */

struct userns_container {
	const char *id;
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
	LIST(struct userns_container) containers;
	subid_list ranges[ID_KINDS];
	LIST(struct host_user) users[ID_KINDS]; /* of /etc/passwd and /etc/group */
	struct arena arena;
};

/* Free with userns_map_free() also after an error. */
int userns_map_read(const struct runtime *rt, struct userns_map *map, struct error *err);
void userns_map_free(struct userns_map *map);
#define cleanup_userns_map __attribute__((cleanup(userns_map_free)))

/* The maps of one container; empty ones without a user namespace. */
int userns_maps_of(const struct runtime *rt, const char *id, struct arena *arena,
	oci_id_mappings maps[ID_KINDS], struct error *err);

/* The id of the host for an id of the container, and back; -1 when it has none. Empty maps are the
 * identity. */
int64_t userns_to_host(const oci_id_mappings *map, uint32_t id);
int64_t userns_to_container(const oci_id_mappings *map, uint32_t id);
