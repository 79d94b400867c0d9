/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processes in a container's PID namespace, as the host's /proc shows them: for containers
 * without a cgroup, and for an init that doesn't end.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct error;
struct pid_list;

/* Those that this user may look at. pidfd: the init's, which is asked whether the number was still
 * its own. */
int members_list(pid_t init, int pidfd, struct pid_list *pids, struct error *err);

/* Whether an init that was killed waits for a zombie: the kernel lets a PID namespace's first
 * process end only after all others were reaped, and one that somebody outside has started (`exec`)
 * is reaped by that process alone. Appends who has to reap what. */
bool members_unreaped(pid_t init, int pidfd, struct buf *why);
