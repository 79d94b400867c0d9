/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locked mounts. A container with CAP_SYS_ADMIN in its own user namespace may remount and unmount
 * what is mounted there, unless the kernel has locked it. The kernel locks mounts at one moment
 * only: when a mount namespace is copied into another user namespace (mount_namespaces(7)). Both
 * functions make such a copy by a process that ends again, in a user namespace that nothing else
 * uses. A caller in any user namespace may do that, also without privileges
 * outside of it.
 */
#pragma once

struct error;

/* In the init, when it has entered the root filesystem with all that is mounted below it: moves
 * this process into a locked copy of its mount namespace. Every mount keeps its read-only, nosuid,
 * nodev, noexec and atime flags, and none can be unmounted or moved, nor what it covers uncovered.
 * Shared mounts become slaves: make them shared afterwards. procfd: the root of a trusted procfs.
 * Files that are open keep the mounts of the former namespace. Returns 0, or -1 with err set. */
int lock_namespace(int procfd, struct error *err);

/* A detached tree that is still to be attached: its flags, and the places of the mounts below its
 * top. Replaces *tree. */
int lock_tree(int *tree, struct error *err);
