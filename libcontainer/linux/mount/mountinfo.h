/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of a mount namespace, as /proc/PID/mountinfo lists them: for explanations, for trees
 * that are taken apart, and for filesystems that aren't mounted where they usually are. Never use
 * it to decide what to trust. (Diagnosis is hull-doctor's, with libmount.)
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"

struct arena;
struct error;

struct mount_entry {
	const char *point;              /* where it is mounted; absolute */
	const char *root;               /* which directory of the filesystem */
	const char *options;            /* of the mount: "rw,nosuid,idmapped" */
	const char *type;               /* of the filesystem */
	const char *filesystem_options; /* "rw,cpu,cpuacct" */
	uint64_t id;
	_Bool unbindable;
};
typedef LIST(struct mount_entry) mount_entries;

int mountinfo_read(struct arena *arena, mount_entries *out, struct error *err);

/* The mounts of another process, as paths below its root directory: what a container has done to
 * its mounts. */
int mountinfo_read_of(struct arena *arena, pid_t pid, mount_entries *out, struct error *err);

/* Parses the text of such a file. Lines that can't be parsed are skipped. */
void mountinfo_parse(struct arena *arena, const char *text, size_t len, mount_entries *out);

/* The mount that path (absolute, without symbolic links) lies on, or NULL. */
const struct mount_entry *mountinfo_of(const mount_entries *entries, const char *path);

/* True if the option is in a comma-separated list. */
_Bool mount_options_have(const char *options, const char *option);

/* True if the option is one of the mount's. */
_Bool mount_entry_has(const struct mount_entry *entry, const char *option);

/* The id of the mount that fd lies on, 0 where the kernel doesn't say. */
uint64_t mount_id_of(int fd);
