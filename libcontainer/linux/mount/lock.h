/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locked mounts. A container with CAP_SYS_ADMIN in its own user namespace may remount and unmount
 * what is mounted there, unless the kernel has locked it. The kernel locks mounts only when a mount
 * namespace is copied into another user namespace (mount_namespaces(7)). Both functions create such
 * a copy with a temporary process, in a user namespace that nothing else uses. Any caller may do
 * that, even without privileges.
 */
#pragma once

struct error;

/*
 * In the init, after it has entered the root filesystem with everything mounted: moves this process
 * into a locked copy of its mount namespace. No mount can lose read-only, nosuid, nodev, noexec or
 * atime flags, be unmounted or moved, or be uncovered. Shared mounts become slaves: share them
 * afterwards. procfd: root of a trusted procfs. Open files still refer to the old namespace's
 * mounts. Returns 0 or -1.
 */
int lock_namespace(int procfd, struct error *err);

/*
 * Locks a detached tree before it is attached: flags, and the places of mounts below its top.
 * Replaces *tree. Returns 0 or -1.
 */
int lock_tree(int *tree, struct error *err);
