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

/* The host's path of a bind's source, clean. The caller frees it. */
char *source_absolute(const struct mount_context *context, const struct mount_plan *plan);

/* Plans a bind and opens its source, unless an earlier mount of the container has to be there
 * first (MOUNT_INNER_BIND). */
int source_plan(const struct mount_context *context, const struct mount_plans *plans,
	struct mount_plan *plan, struct error *err);

/* Sets plan->tree: a detached clone of what is mounted at path, still a peer of it. */
int source_open(
	struct mount_plan *plan, int dirfd, const char *path, bool recursive, struct error *err);

/* Inside: the same for MOUNT_INNER_BIND, which is a MOUNT_TREE afterwards. */
int source_open_inner(struct mount_plan *plan, int rootfd, struct error *err);

/* ---- filesystem.c ---- */

/* A new superblock as a detached mount. target: where it will go, or -1; a tmpfs without mode=
 * takes over the mode of the directory that it covers, as runc does, unless that was made for it.
 * Returns the mount. */
int filesystem_make(struct mount_plan *plan, int target, struct error *err);

/* Whether it is made of a block device, or of directories. */
bool filesystem_takes_host_paths(const char *type);

/* MOUNT_REMOUNT: whether options of the filesystem itself are to be changed; changes them. */
bool filesystem_has_options(const struct mount_plan *plan);
int filesystem_reconfigure(const struct mount_plan *plan, int target, struct error *err);

/* sysfs and mqueue of a namespace that the container's user namespace doesn't own: see there. */
int filesystem_plan_foreign(struct mount_plan *plan, const char *host_path, uint64_t attributes,
	int namespace, struct error *err);

/* ---- attributes.c ---- */

/* mount_setattr(2), if there is anything to set. propagation: MS_..., with MS_REC of all mounts of
 * the tree. */
int attributes_set(int tree, uint64_t set, uint64_t clear, bool recursive, const char *pointer,
	struct error *err);
int attributes_propagate(
	int tree, unsigned long propagation, const char *pointer, struct error *err);

/* What the options name: recursive flags, the mount's own, propagation. */
int attributes_apply(
	int tree, const struct mount_options *options, const char *pointer, struct error *err);

/* Before that, for a bind: flags of the source that the options don't name. */
int attributes_clear_implied(const struct mount_plan *plan, int tree, struct error *err);

/* ---- prepare.c, parts.c ---- */

/* A mapping that a mount asks for, and a user namespace that has it. */
struct mapping {
	const oci_id_mappings *uids, *gids;
	int userns;
	bool partial; /* a mount that can't be mapped stays as it is, with a warning */
};

/* The container's own user namespace serves where the mapping is the same, else one that an earlier
 * mount with the same mapping has had made, else a new one. */
struct mapping_pool {
	const struct mount_context *context;
	int own;
	bool privileged;
	LIST(struct mapping) made;
};

/* Takes the tree of a bind apart: every mount of it is cloned and ID-mapped by itself, and put
 * together again inside. */
int parts_map(struct mount_plan *plan, const struct mapping_pool *pool,
	const struct mapping *mapping, unsigned long propagation, struct error *err);
void parts_close(struct mount_plan *plan);
