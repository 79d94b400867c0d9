/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of this mount namespace, as /proc/self/mountinfo lists them, for explanations and for
 * trees that are taken apart; never for finding out what to trust.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"

struct arena;
struct error;

struct mount_entry {
	const char *point;   /* where it is mounted; absolute */
	const char *root;    /* which directory of the filesystem */
	const char *options; /* of the mount: "rw,nosuid,idmapped" */
	const char *type;    /* of the filesystem */
	uint64_t id;
	_Bool unbindable;
};
typedef LIST(struct mount_entry) mount_entries;

int mountinfo_read(struct arena *arena, mount_entries *out, struct error *err);

/* The mounts of another process, as paths below its root directory: what a container has done to
 * its mounts. */
int mountinfo_read_of(struct arena *arena, pid_t pid, mount_entries *out, struct error *err);

/* The text of such a file. Lines that are none are left out. */
void mountinfo_parse(struct arena *arena, const char *text, size_t len, mount_entries *out);

/* The mount that path (absolute, without symbolic links) lies on, or NULL. */
const struct mount_entry *mountinfo_of(const mount_entries *entries, const char *path);

/* Whether one of the entry's comma-separated options is this one. */
_Bool mount_entry_has(const struct mount_entry *entry, const char *option);

/* The id of the mount that fd lies on, 0 where the kernel doesn't say. */
uint64_t mount_id_of(int fd);
