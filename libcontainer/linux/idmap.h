/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ID-mapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP), and the exact reason where the kernel refuses one: which filesystem,
 * what can.
 */
#pragma once
#include <stdbool.h>

struct error;

/* ID-maps the detached mount behind `tree` with the mapping of the user namespace; recursive: all mounts of the tree.
 * `where` and `path` are for the error: the property (a JSON pointer) and the host's path of the tree. */
int idmap_apply(int tree, int userns_fd, bool recursive, const char *where, const char *path, struct error *err);

/* The filesystem type behind fd by name ("ext4"), or "unknown (0x...)" . The text lives until the next call. */
const char *filesystem_name(int fd);
