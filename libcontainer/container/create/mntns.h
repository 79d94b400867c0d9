/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tiny mount namespace. A mount namespace made by clone or unshare copies every mount of the
 * current one, so on the host its cost grows with the host's mounts. hull keeps a namespace with
 * three mounts to clone from, pinned by a private bind of its nsfs file below RUNSTATEDIR/hull: a
 * read-only tmpfs root, a full /proc and a full /sys (a user namespace may mount proc and sysfs
 * only if fully visible ones exist), and an empty directory MNTNS_PLACE for the rootfs. It is made
 * only on hosts with so many mounts that it saves time, and again after it was removed.
 */
#pragma once

#define MNTNS_PLACE "/rootfs"

/*
 * Opens the tiny mount namespace, creating it if needed. Returns a descriptor that the caller
 * closes; or -1 if it isn't worthwhile or not possible, with the reason in the debug log: then
 * clone() copies the host's namespace.
 */
int mntns_open(void);
