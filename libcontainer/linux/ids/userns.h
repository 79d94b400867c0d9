/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User namespaces: writing uid_map, gid_map and setgroups of a process (user_namespaces(7)),
 * directly when privileged, through newuidmap and newgidmap otherwise; and user namespaces made
 * only for their mapping, for ID-mapped mounts.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

enum { USERNS_MAP_LINES = 340 };

/* Gives the user namespace of pid its mappings. privileged: this process has CAP_SETUID and
 * CAP_SETGID in the parent user namespace; otherwise a mapping of only the caller's own ids is
 * written directly with setgroups denied, and everything else by the set-uid helpers newuidmap(1)
 * and newgidmap(1). */
int userns_write_maps(pid_t pid, const oci_id_mappings *uids, const oci_id_mappings *gids,
	bool privileged, struct error *err);

/* A user namespace that has nothing but this mapping, held by the returned fd alone. */
int userns_make(const oci_id_mappings *uids, const oci_id_mappings *gids, bool privileged,
	struct error *err);

/* The other way: what the kernel shows of the namespace of pid (/proc/PID/uid_map). Lines go to
 * `arena`. */
int userns_read_map(
	struct arena *arena, pid_t pid, const char *file, oci_id_mappings *map, struct error *err);

/* The mappings of a user namespace that only an fd names. */
int userns_read_joined(struct arena *arena, int userns_fd, oci_id_mappings *uids,
	oci_id_mappings *gids, struct error *err);

/* Host id for a container id, or -1 when it has none; and back. */
int64_t mapping_to_host(const oci_id_mappings *map, uint32_t container_id);
int64_t mapping_to_container(const oci_id_mappings *map, uint32_t host_id);
bool mapping_same(const oci_id_mappings *a, const oci_id_mappings *b);

/* The same ids for the same ids, whatever their lines are. */
bool mapping_equivalent(const oci_id_mappings *a, const oci_id_mappings *b);

/* True if the calling process has this capability in its own user namespace (capget(2)). */
bool process_has_capability(int capability);

/* True when the calling process is in the initial user namespace (its uid_map is the identity over
 * all ids). */
bool userns_is_initial(void);
