/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.user: becoming it, its home directory, and the ownership of the pipes that it gets as
 * standard streams.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;

/* Sets supplementary groups, group and user of the calling process, for good. keep_groups: it keeps
 * the caller's groups (annotation run.oci.keep_original_groups). Where setgroups(2) is denied
 * (user_namespaces(7)) additionalGids are an error; without any the process keeps the groups it
 * has, which are nobody's in the container. */
int user_set(const struct oci_user *user, bool keep_groups, struct error *err);

/* Home directory of uid in the container's /etc/passwd, "/" where there is none. root: an fd of the
 * container's root.
 */
const char *user_home(struct arena *arena, int root, uid_t uid);

/* On the host's side: gives the pipes among fds 0, 1 and 2 to host_uid, so that a process which
 * isn't root can open /dev/stdin, /dev/stdout and /dev/stderr. Terminals and files of the host stay
 * whose they are. Best effort. */
void user_own_pipes(uid_t host_uid);
