/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work on mounts in a mount namespace of its own, which is gone when it is done; what stays are
 * detached trees.
 */
#pragma once

struct error;

/* For a child of process_apart(): a private copy of the mount namespace behind mntns (-1: of the
 * caller's), with an empty directory that nobody else sees as the working directory. */
int stage_enter(int mntns, struct error *err);

/* There, once: what mount(2) makes, as a detached tree. Returns it, or -1 with errno. */
int stage_mount(const char *source, const char *type, unsigned long flags, const char *data);

/* Every mount of the n trees gets the attributes that it has - read-only, nosuid, nodev, noexec,
 * atime - for good, and stays where it is, as mount_namespaces(7) says of mounts that come from a
 * more privileged mount namespace: root of a container that has CAP_SYS_ADMIN in the user namespace
 * behind userns_fd can't take them away. Puts other descriptors in the place of trees[]. */
int stage_lock(int mntns, int userns_fd, int *const *trees, unsigned n, struct error *err);
