/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpcopyup: the content of the directory that a tmpfs is going to cover, copied into it. Both
 * sides are walked by fds, symlinks are copied and never followed.
 */
#pragma once

struct error;

/*
 * Copies the directory `from` (O_PATH suffices) to the tmpfs root `to`, without sockets and device
 * nodes. Returns 0 or -1.
 */
int copy_up(int from, int to, struct error *err);
