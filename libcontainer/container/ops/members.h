/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processes in a container's PID namespace, as the host's /proc shows them. Used for containers
 * without a cgroup, and for an init that doesn't end.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct error;
struct pid_list;

/*
 * Lists the processes of init's PID namespace that this user may look at. pidfd: init's, to check
 * afterwards that the number was still valid. Returns 0 or -1.
 */
int members_list(pid_t init, int pidfd, struct pid_list *pids, struct error *err);

/*
 * Returns true if a killed init waits for a zombie, and appends to why which process has to reap
 * it. The first process of a PID namespace ends only after all others were reaped; one that was
 * started from outside (`exec`) must be reaped by its parent.
 */
bool members_unreaped(pid_t init, int pidfd, struct buf *why);
