/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tiny mount namespace. A mount namespace made by clone or unshare copies every mount of the
 * host, so its cost grows with the host; cloned from a namespace with three mounts it doesn't. hull
 * keeps one such namespace for the host, pinned by a private bind of its nsfs file below
 * RUNSTATEDIR/hull: a read-only tmpfs root, a full /proc and a full /sys (a user namespace may
 * mount proc and sysfs only where fully visible ones are), and an empty directory MNTNS_PLACE for
 * the rootfs. It is made only on a host with more mounts than it saves the copying of, and remade
 * when it is gone.
 */
#pragma once

#define MNTNS_PLACE "/rootfs"

/* Its fd, or -1 where it doesn't pay or can't be (the reason is logged at debug level): then the
 * host's namespace is copied. */
int mntns_open(void);
