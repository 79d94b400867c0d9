/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tiny mount namespace. A mount namespace made by clone or unshare copies every mount of the
 * host, so its cost grows with the host; cloned from a namespace with three mounts it doesn't. hull
 * keeps one such namespace for the host, pinned by a private bind of its nsfs file below
 * RUNSTATEDIR/hull: a read-only tmpfs root, a full /proc and a full /sys (a user namespace may
 * mount proc and sysfs only where fully visible ones are), and an empty directory MNTNS_PLACE for
 * the rootfs. It is made only on a host with so many mounts that it saves time, and made again
 * when it is gone.
 */
#pragma once

#define MNTNS_PLACE "/rootfs"

/*
 * Opens the tiny mount namespace, creating it if needed. Returns a descriptor that the caller
 * closes; or -1 if it isn't worthwhile or not possible, with the reason in the debug log: then
 * clone() copies the host's namespace.
 */
int mntns_open(void);
