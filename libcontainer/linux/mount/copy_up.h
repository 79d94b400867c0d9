/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpcopyup: the content of the directory that a tmpfs is going to cover, copied into it. Both
 * sides are walked by fds, symlinks are copied and never followed.
 */
#pragma once

struct error;

/* from: an fd (O_PATH will do) of the directory; to: the root of the tmpfs. Sockets and device
 * nodes are left out. */
int copy_up(int from, int to, struct error *err);
