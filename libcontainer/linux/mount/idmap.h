/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ID-mapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP). If the kernel refuses one, the error names
 * the filesystem and the kernel that supports it.
 */
#pragma once
#include <stdbool.h>

#include "spec/config.h"

struct error;

/*
 * What to do if a mount can't be ID-mapped (annotation io.hull.idmap.fallback): fail; mount it
 * without a mapping; or leave only those mounts of a recursive bind unmapped that can't be mapped.
 */
enum idmap_fallback { IDMAP_FALLBACK_ERROR, IDMAP_FALLBACK_PLAIN, IDMAP_FALLBACK_PARTIAL };
int idmap_fallback_policy(const char *text, enum idmap_fallback *policy, struct error *err);

/*
 * ID-maps the detached mount `tree` with the mapping of userns_fd; recursive: all mounts of the
 * tree or none. For errors: `where`, the JSON pointer, and `path`, the tree's absolute host path.
 * Returns 0 or -1.
 */
int idmap_apply(int tree, int userns_fd, bool recursive, const char *where, const char *path,
	struct error *err);

/*
 * Reads the ID mapping of path's mount, in terms of this process's user namespace. Returns 0; -1 if
 * it has none or the kernel can't tell (before 6.15).
 */
int idmap_read(struct arena *arena, const char *path, oci_id_mappings *uids, oci_id_mappings *gids);

/*
 * Composes two mappings: applies `first`, then `then`; host IDs of the one are container IDs of the
 * other. The result is in arena.
 */
void idmap_compose(struct arena *arena, const oci_id_mappings *first, const oci_id_mappings *then,
	oci_id_mappings *out);

/*
 * Names the filesystem type of fd ("ext4"), or "unknown (0x...)". The text is valid until the next
 * call.
 */
const char *idmap_filesystem_name(int fd);
