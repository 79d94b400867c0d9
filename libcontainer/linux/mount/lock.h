/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locked mounts. A container with CAP_SYS_ADMIN in its own user namespace may remount and unmount
 * what is mounted there, unless the kernel has locked it. The kernel locks mounts at one moment
 * only: when a mount namespace is copied into another user namespace (mount_namespaces(7)). Both
 * functions make such a copy, in a process that ends again, in a user namespace that nothing else
 * uses, and clone the copy. A caller in any user namespace may do that, also without privileges
 * outside of it.
 */
#pragma once

struct error;

/* In the init, when all of the container is mounted below *root, which is mounted at `place` in
 * this process's mount namespace ("/": over this process's root directory): replaces the whole tree
 * by a locked copy. Every mount of the copy keeps its read-only, nosuid, nodev, noexec and atime
 * flags, and none but the top one can be unmounted or moved. Replaces *root. Shared mounts become
 * slaves, and the kernel refuses (EPERM) unbindable ones: set both afterwards. Changes the working
 * directory. Returns 0, or -1 with err set. */
int lock_root(int *root, const char *place, struct error *err);

/* The same for the flags of a detached tree; the mounts below its top can't be unmounted
 * separately. Replaces *tree. */
int lock_tree(int *tree, struct error *err);
