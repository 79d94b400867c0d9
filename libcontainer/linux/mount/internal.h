/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declarations shared by the files of linux/mount/. Functions return 0, or -1 with err set, unless
 * they say otherwise.
 */
#pragma once
#include "linux/mount/mounts.h"

/* ---- source.c: binds ---- */

/* Returns the host's absolute, clean path of a bind's source. The caller frees it. */
char *source_absolute(const struct mount_context *context, const struct mount_plan *plan);

/* Plans a bind: determines where its source is. */
int source_plan(const struct mount_context *context, const struct mounts *mounts,
	struct mount_plan *plan, struct error *err);

/* Returns a detached clone of the mount at path, still a peer of the original; or -1. */
int source_clone(const struct mount_plan *plan, int dirfd, const char *path, bool recursive,
	struct error *err);

/* The opener: opens a MOUNT_BIND or MOUNT_ROOTFS_BIND. */
int source_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err);
int source_open_in_rootfs(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err);

/* Inside: opens the i-th mount, a MOUNT_INNER_BIND, and applies its options. */
int source_open_inner(struct mounts *mounts, size_t i, int rootfd,
	const struct mount_requests *requests, struct error *err);

/* ---- filesystem.c ---- */

/*
 * Creates a superblock and returns it as a detached mount, or -1. A tmpfs without mode= gets the
 * mode of the directory `covers`, as in runc, unless that is -1.
 */
int filesystem_make(const struct mount_plan *plan, int covers, struct error *err);

/* The opener: opens a MOUNT_HOST_MADE. */
int filesystem_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err);

/* Returns true if the filesystem uses a block device, or directories, by path. */
bool filesystem_takes_host_paths(const char *type);

/* MOUNT_REMOUNT: returns whether the plan has options of the filesystem itself; applies them. */
bool filesystem_has_options(const struct mount_plan *plan);
int filesystem_reconfigure(const struct mount_plan *plan, int target, struct error *err);

/* ---- foreign.c ---- */

/*
 * Plans sysfs or mqueue of a namespace that the container's user namespace doesn't own (foreign.c).
 * Returns false if the mount is neither.
 */
bool foreign_plan(const struct mount_context *context, struct mount_plan *plan);

/* The opener: opens a MOUNT_FOREIGN. */
int foreign_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err);

/* ---- attributes.c ---- */

/*
 * Calls mount_setattr(2) unless there is nothing to change. propagation: MS_...; with MS_REC for
 * all mounts of the tree.
 */
int attributes_set(int tree, uint64_t set, uint64_t clear, bool recursive, const char *pointer,
	struct error *err);
int attributes_propagate(
	int tree, unsigned long propagation, const char *pointer, struct error *err);

/* Returns the propagation that the tree gets before its own options; 0: unchanged. */
unsigned long attributes_propagation(
	const struct mount_plan *plan, const struct mount_preparation *preparation);

/* Applies the options: flags of the top mount, recursive flags, propagation. */
int attributes_apply(int tree, const struct mount_plan *plan, struct error *err);

/* For a bind, before attributes_apply(): clears the source's flags that the options don't name. */
int attributes_clear_implied(const struct mount_plan *plan, int tree, struct error *err);

/* ---- mapping.c ---- */

/* Decides which ID mapping the mount gets (see mapping.c). */
int mapping_plan(const struct mount_context *context, struct mount_plan *plan, struct error *err);

/* The user namespaces made so far, one for each mapping that differs from the container's. */
struct mapping_pool {
	const struct mount_preparation *preparation;
	LIST(struct pooled_mapping) made;
};
void mapping_pool_close(struct mapping_pool *pool);

/*
 * ID-maps the tree as planned, with the fallbacks of fallback.c. Refuses a tree that other users of
 * the host can reach.
 */
int mapping_apply(const struct mount_plan *plan, struct mount_state *state,
	struct mapping_pool *pool, struct error *err);

/* ---- state.c ---- */

/* Closes the trees of the parts and empties the list. */
void mount_state_close_parts(struct mount_state *state);

/* ---- fallback.c ---- */

/* ID-maps the tree with userns: as a whole, or else by one of the fallbacks. */
int fallback_map_tree(const struct mount_plan *plan, struct mount_state *state,
	const struct mapping_pool *pool, int userns, const char *source, struct error *err);

/* ---- target.c ---- */

/* The place of a mount. */
struct mount_target {
	int fd;      /* O_PATH */
	bool is_new; /* hull created the mountpoint */
	bool locks;  /* lock the mount's flags before it is attached */
};

/* Opens the mountpoint, and creates it if it is missing, as the kind of file that `tree` is. */
int target_open(const struct mount_plan *plan, int tree, int rootfd,
	const struct mount_requests *requests, struct mount_target *target, struct error *err);

/*
 * Returns true for procfs and sysfs, new or bound from the host: the image can't have placed links
 * in them.
 */
bool target_is_kernel_filesystem(const struct mount_plan *plan);

/* ---- attach.c ---- */

/* Inside: one function for each kind of mount. state->tree is what later steps need. */
int attach_tree(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err);
int attach_filesystem(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err);
int attach_cgroup(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err);
int attach_remount(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err);
int attach_symlink(const struct mount_plan *plan, int rootfd, struct error *err);

/* ---- late.c ---- */

/* Plans what has to wait until every mount is attached. */
void late_plan(const struct mount_context *context, struct mounts *mounts);
