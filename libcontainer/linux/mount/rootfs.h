/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root filesystem. On the host side it is opened as a detached tree, and ID-mapped if its owner
 * has no ID in the container. Inside it is attached and becomes the root.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "spec/config.h"

struct error;

/*
 * When to ID-map the rootfs (annotation io.hull.rootfs.idmap): if its owner has no ID in the
 * container, always, or never.
 */
enum idmap_policy { IDMAP_AUTO, IDMAP_ALWAYS, IDMAP_NEVER };

/* Returns the directory `path`, with all mounts below it, as a detached tree; or -1. */
int rootfs_open(const char *path, struct error *err);

/* Parses the annotation; text NULL: auto. Returns 0 or -1. */
int rootfs_idmap_policy(const char *text, enum idmap_policy *policy, struct error *err);

/* Returns true if the policy asks for ID-mapping fd's tree, for a container with this mapping. */
bool rootfs_wants_idmap(
	int fd, enum idmap_policy policy, const oci_id_mappings *uids, bool privileged);

struct rootfs_mapping {
	enum idmap_policy policy;
	const oci_id_mappings *uids; /* the container's mapping */
	int userns_fd; /* a user namespace with that mapping; -1: the container has none */
	bool privileged;
};

/*
 * Sets the tree's propagation (see rootfs_propagation()) and, if the policy asks for it, its ID
 * mapping. Returns 1 if it is ID-mapped, 0 if not, -1 after an error.
 */
int rootfs_prepare(int tree, const char *path, unsigned long propagation,
	const struct rootfs_mapping *mapping, struct error *err);

/*
 * Converts linux.rootfsPropagation to mount flags (MS_SHARED|MS_REC ...); the default is a
 * recursive slave.
 */
unsigned long rootfs_propagation(const char *text);

/*
 * Inside, in the container's mount namespace: attaches the tree at `place` ("/": over the root).
 * Returns 0 or -1.
 */
int rootfs_attach(int tree, const char *place, struct error *err);

/*
 * Gets the tree's mount ID, which attaching doesn't change, for rootfs_detach(). Returns 0 or -1.
 */
int rootfs_mount_id(int tree, uint64_t *id, struct error *err);

/*
 * On the host: detaches the mount at `path`, with all mounts below it, if its ID is `id`; 0:
 * nothing was attached. Returns 0 or -1.
 */
int rootfs_detach(const char *path, uint64_t id, struct error *err);

/*
 * pivot_root(2): makes the tree the root of this mount namespace and detaches everything else.
 * Returns 0 or -1.
 */
int rootfs_enter(int tree, struct error *err);

/*
 * The same with MS_MOVE and chroot(2), for hosts whose root is the initramfs. The host's mounts
 * stay in the namespace but out of reach; its procfs and sysfs are unmounted or covered. place:
 * where the tree is mounted.
 */
int rootfs_enter_without_pivot(int tree, const char *place, struct error *err);

/* Makes the top mount read-only. Call it after everything is mounted below the tree. */
int rootfs_make_readonly(int tree, struct error *err);

/* Last: sets linux.rootfsPropagation on "/"; NULL: not configured. */
int rootfs_propagate(const char *propagation, struct error *err);
