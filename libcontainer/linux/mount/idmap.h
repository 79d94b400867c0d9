/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ID-mapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP), and the exact reason where the kernel
 * refuses one: which filesystem, what can.
 */
#pragma once
#include <stdbool.h>

#include "spec/config.h"

struct error;

/* What becomes of a mount that can't be ID-mapped (annotation io.hull.idmap.fallback): an error; it
 * isn't ID-mapped; of a recursive one only those mounts that can't aren't. */
enum idmap_fallback { IDMAP_FALLBACK_ERROR, IDMAP_FALLBACK_PLAIN, IDMAP_FALLBACK_PARTIAL };
int idmap_fallback_policy(const char *text, enum idmap_fallback *policy, struct error *err);

/* ID-maps the detached mount behind `tree` with the mapping of the user namespace; recursive: all
 * mounts of the tree, or none. `where` and `path` are for the error: the property (a JSON pointer)
 * and the host's path of the tree, absolute. */
int idmap_apply(int tree, int userns_fd, bool recursive, const char *where, const char *path,
	struct error *err);

/* The mapping of the mount that path lies on, as this process's user namespace counts. -1: it has
 * none, or the kernel doesn't say (before 6.15). */
int idmap_read(struct arena *arena, const char *path, oci_id_mappings *uids, oci_id_mappings *gids);

/* What an id becomes by `first`, then by `then`: the host ids of one are the container ids of the
 * other. */
void idmap_compose(struct arena *arena, const oci_id_mappings *first, const oci_id_mappings *then,
	oci_id_mappings *out);

/* The filesystem type behind fd by name ("ext4"), or "unknown (0x...)" . The text lives until the
 * next call. */
const char *filesystem_name(int fd);
