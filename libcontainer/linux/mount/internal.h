/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of mounts.h share among themselves. Functions return 0, or -1 with err set, unless
 * they say otherwise.
 */
#pragma once
#include "linux/mount/mounts.h"

static inline bool mount_has_id_mapping(const struct mount_plan *plan)
{
	return plan->mount->uid_mappings.n > 0 || plan->options.idmap ||
		plan->options.recursive_idmap;
}

/* ---- source.c ---- */

/* Returns the host's absolute, clean path of a bind's source. The caller frees it. */
char *source_absolute(const struct mount_context *context, const struct mount_plan *plan);

/*
 * Plans a bind and opens its source, unless the source is inside an earlier mount of the container
 * (MOUNT_INNER_BIND).
 */
int source_plan(const struct mount_context *context, const struct mount_plans *plans,
	struct mount_plan *plan, struct error *err);

/* Sets plan->tree to a detached clone of the mount at path. It is still a peer of the original. */
int source_open(
	struct mount_plan *plan, int dirfd, const char *path, bool recursive, struct error *err);

/* Inside: opens a MOUNT_INNER_BIND's source, and makes it a MOUNT_TREE. */
int source_open_inner(struct mount_plan *plan, int rootfd, struct error *err);

/* ---- filesystem.c ---- */

/*
 * Creates a superblock and returns it as a detached mount. target: the mountpoint, or -1. A tmpfs
 * without mode= gets the mode of the directory that it covers, as in runc, unless hull created the
 * directory.
 */
int filesystem_make(struct mount_plan *plan, int target, struct error *err);

/* Returns true if the filesystem uses a block device, or directories, by path. */
bool filesystem_takes_host_paths(const char *type);

/* For MOUNT_REMOUNT: whether it has options of the filesystem itself; and applies them. */
bool filesystem_has_options(const struct mount_plan *plan);
int filesystem_reconfigure(const struct mount_plan *plan, int target, struct error *err);

/*
 * Plans sysfs or mqueue of a namespace that the container's user namespace doesn't own; see the
 * definition.
 */
int filesystem_plan_foreign(struct mount_plan *plan, const char *host_path, uint64_t attributes,
	int namespace, struct error *err);

/* ---- attributes.c ---- */

/*
 * Calls mount_setattr(2) unless there is nothing to change. propagation: MS_...; with MS_REC for
 * all mounts of the tree.
 */
int attributes_set(int tree, uint64_t set, uint64_t clear, bool recursive, const char *pointer,
	struct error *err);
int attributes_propagate(
	int tree, unsigned long propagation, const char *pointer, struct error *err);

/* Applies the options: recursive flags, flags of the top mount, propagation. */
int attributes_apply(
	int tree, const struct mount_options *options, const char *pointer, struct error *err);

/* For a bind, before attributes_apply(): clears the source's flags that the options don't name. */
int attributes_clear_implied(const struct mount_plan *plan, int tree, struct error *err);

/* ---- prepare.c, parts.c ---- */

/* A mapping and a user namespace that has it. */
struct mapping {
	const oci_id_mappings *uids, *gids;
	int userns;
	bool partial; /* leave a mount that can't be mapped unmapped, with a warning */
};

/*
 * Finds a user namespace for a mapping: the container's own if it is equal, else one made for an
 * earlier mount, else a new one.
 */
struct mapping_pool {
	const struct mount_context *context;
	int own;
	bool privileged;
	LIST(struct mapping) made;
};

/* Splits a bind's tree: clones and ID-maps each mount separately; the init reassembles them. */
int parts_map(struct mount_plan *plan, const struct mapping_pool *pool,
	const struct mapping *mapping, unsigned long propagation, struct error *err);
void parts_close(struct mount_plan *plan);
