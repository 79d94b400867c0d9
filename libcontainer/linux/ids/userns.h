/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User namespaces. Writes uid_map, gid_map and setgroups of a process (user_namespaces(7)):
 * directly if privileged, else through newuidmap and newgidmap. Creates user namespaces that only
 * hold a mapping, for ID-mapped mounts.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

enum { USERNS_MAP_LINES = 340 };

/*
 * Writes the mappings of pid's user namespace. privileged: this process has CAP_SETUID and
 * CAP_SETGID in the parent user namespace. Otherwise a mapping of only the caller's own IDs is
 * written directly, with setgroups denied, and any other by newuidmap(1) and newgidmap(1). Returns
 * 0 or -1.
 */
int userns_write_maps(pid_t pid, const oci_id_mappings *uids, const oci_id_mappings *gids,
	bool privileged, struct error *err);

/*
 * Creates a user namespace with this mapping. Returns its descriptor, which alone keeps it alive;
 * or -1.
 */
int userns_make(const oci_id_mappings *uids, const oci_id_mappings *gids, bool privileged,
	struct error *err);

/*
 * Reads a mapping of pid from the kernel; file: "uid_map" or "gid_map". Lines are in arena. Returns
 * 0 or -1.
 */
int userns_read_map(
	struct arena *arena, pid_t pid, const char *file, oci_id_mappings *map, struct error *err);

/* Reads the mappings of a user namespace given by its descriptor. Returns 0 or -1. */
int userns_read_joined(struct arena *arena, int userns_fd, oci_id_mappings *uids,
	oci_id_mappings *gids, struct error *err);

/* Converts a container ID to a host ID, or back; -1 if it isn't mapped. */
int64_t id_mappings_to_host(const oci_id_mappings *map, uint32_t container_id);
int64_t id_mappings_to_container(const oci_id_mappings *map, uint32_t host_id);
bool id_mappings_same(const oci_id_mappings *a, const oci_id_mappings *b);

/* Returns true if both map the same IDs, however they are divided into lines. */
bool id_mappings_equivalent(const oci_id_mappings *a, const oci_id_mappings *b);

/* Returns true if the calling process has this capability in its user namespace (capget(2)). */
bool userns_has_capability(int capability);

/*
 * Returns true if the calling process is in the initial user namespace (its uid_map is the identity
 * for all IDs).
 */
bool userns_is_initial(void);
