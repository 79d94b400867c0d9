/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpcopyup: copies the directory that a tmpfs is going to cover into the tmpfs. Both sides are
 * accessed through fds; symlinks are copied and never followed.
 */
#pragma once

struct error;

struct mount_plan;

/*
 * Copies the directory `from` (O_PATH suffices) to the tmpfs root `to`, without sockets and device
 * nodes. The root keeps the mode and the owner that the mount's options name. Returns 0 or -1.
 */
int copy_up(const struct mount_plan *plan, int from, int to, struct error *err);
