/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.user: changing to it, its home directory, and the owner of pipes that it gets as standard
 * streams.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;

/*
 * Sets supplementary groups, group and user of the calling process, permanently. keep_groups: keeps
 * the caller's groups (annotation run.oci.keep_original_groups). If setgroups(2) is denied
 * (user_namespaces(7)), additionalGids is an error; without it the process keeps its groups, which
 * are unmapped in the container. Returns 0 or -1.
 */
int user_set(const struct oci_user *user, bool keep_groups, struct error *err);

/*
 * Returns uid's home directory from the container's /etc/passwd, "/" by default. root: fd of the
 * container's root. In arena.
 */
const char *user_home(struct arena *arena, int root, uid_t uid);

/*
 * Host side: gives pipes among fds 0, 1 and 2 to host_uid, so that an unprivileged process can open
 * /dev/stdin, /dev/stdout and /dev/stderr. Leaves terminals and files alone. Ignores errors.
 */
void user_own_pipes(uid_t host_uid);
