/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of a mount namespace, as /proc/PID/mountinfo lists them: for explanations, for
 * splitting trees, and for filesystems that aren't mounted at their usual place. Never base trust
 * on it. (hull-doctor uses libmount for diagnosis.)
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"

struct arena;
struct error;

struct mount_entry {
	const char *point;              /* mountpoint; absolute */
	const char *root;               /* root directory within the filesystem */
	const char *options;            /* per-mount: "rw,nosuid,idmapped" */
	const char *type;               /* filesystem type */
	const char *filesystem_options; /* per-superblock: "rw,cpu,cpuacct" */
	uint64_t id;
	_Bool unbindable;
};
typedef LIST(struct mount_entry) mount_entries;

/* Reads the mounts of this process's mount namespace. Everything is in arena. Returns 0 or -1. */
int mountinfo_read(struct arena *arena, mount_entries *out, struct error *err);

/*
 * Reads another process's mounts, with paths relative to its root directory: what a container did
 * to its mounts. Returns 0 or -1.
 */
int mountinfo_read_of(struct arena *arena, pid_t pid, mount_entries *out, struct error *err);

/* Parses the text of mountinfo into arena. Skips malformed lines. */
void mountinfo_parse(struct arena *arena, const char *text, size_t len, mount_entries *out);

/* Returns the mount that contains path (absolute, without symlinks), or NULL. */
const struct mount_entry *mountinfo_of(const mount_entries *entries, const char *path);

/* Returns true if the comma-separated list contains the option. */
_Bool mount_options_have(const char *options, const char *option);

/* Returns true if the mount has the per-mount option. */
_Bool mount_entry_has(const struct mount_entry *entry, const char *option);

/* Returns the ID of fd's mount; 0 if the kernel doesn't tell. */
uint64_t mount_id_of(int fd);
