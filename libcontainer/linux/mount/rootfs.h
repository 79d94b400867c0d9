/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root filesystem: opened on the host's side as a detached tree, ID-mapped where its owner lies
 * outside of the container's mapping, put in place and entered inside.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "spec/config.h"

struct error;

/* When the rootfs is ID-mapped (annotation io.hull.rootfs.idmap): when its owner has no id in the
 * container, always, never. */
enum idmap_policy { IDMAP_AUTO, IDMAP_ALWAYS, IDMAP_NEVER };

/* Opens the directory `path` with all mounts below it as a detached tree. */
int rootfs_open(const char *path, struct error *err);

/* Text of the annotation (NULL: auto) to the policy. */
int rootfs_idmap_policy(const char *text, enum idmap_policy *policy, struct error *err);

/* Whether the policy asks for an ID mapping of what lies behind the fd, for a container with this
 * map. */
bool rootfs_wants_idmap(
	int fd, enum idmap_policy policy, const oci_id_mappings *uids, bool privileged);

struct rootfs_mapping {
	enum idmap_policy policy;
	const oci_id_mappings *uids; /* the container's */
	int userns_fd;               /* has that mapping; -1: the container has none of its own */
	bool privileged;
};

/* Sets the propagation of the tree (see rootfs_propagation()) and, if the policy asks for it, its
 * ID mapping. Returns 1 if it is ID-mapped now, 0 if it isn't, -1 after an error. */
int rootfs_prepare(int tree, const char *path, unsigned long propagation,
	const struct rootfs_mapping *mapping, struct error *err);

/* linux.rootfsPropagation as mount flags (MS_SHARED|MS_REC ...); the default is a recursive slave.
 */
unsigned long rootfs_propagation(const char *text);

/* Inside, in the container's own mount namespace: attaches the tree on `place` ("/": over the
 * root). */
int rootfs_attach(int tree, const char *place, struct error *err);

/* The id of a mount, which it keeps when it is attached: for rootfs_detach(). */
int rootfs_mount_id(int tree, uint64_t *id, struct error *err);

/* On the host: lets go of what rootfs_attach() put on `path`, with all that is mounted below it, if
 * that is what is there. id 0: nothing was. */
int rootfs_detach(const char *path, uint64_t id, struct error *err);

/* Makes the tree the root of this mount namespace and lets go of everything else. */
int rootfs_enter(int tree, struct error *err);

/* The same by moving the mount and chroot(2), for hosts whose root is the initramfs. The host's
 * mounts stay in the namespace, out of reach; its procfs and sysfs go, or are covered. place: where
 * the tree is mounted. */
int rootfs_enter_without_pivot(int tree, const char *place, struct error *err);

/* After everything is mounted below the tree. */
int rootfs_make_readonly(int tree, struct error *err);

/* At the very end, of "/": linux.rootfsPropagation, NULL where the configuration has none. */
int rootfs_propagate(const char *propagation, struct error *err);
