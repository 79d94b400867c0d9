/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpcopyup: copies the directory that a tmpfs is going to cover into the tmpfs. Both sides are
 * accessed through fds; symlinks are copied and never followed.
 */
#pragma once

struct error;

/*
 * Copies the directory `from` (O_PATH suffices) to the tmpfs root `to`, without sockets and device
 * nodes. Returns 0 or -1.
 */
int copy_up(int from, int to, struct error *err);
