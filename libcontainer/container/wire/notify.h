/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sd_notify(3) through hull: the caller's NOTIFY_SOCKET can't be reached from inside, so the
 * container gets one of its own at /run/notify/notify.sock (a directory of the state, bound there),
 * and its READY=1 is passed on together with the container's MAINPID.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

/* At create: makes the directory in the state, and adds the mount and NOTIFY_SOCKET to the
 * configuration. */
int notify_add(struct oci_config *config, const char *state_path, int state_fd, struct error *err);

/* At start, before the container's process is executed: binds the container's socket. Returns it.
 */
int notify_bind(int state_fd, struct error *err);

/* Passes READY=1 on to the caller's socket, then waits until that has taken it in (BARRIER=1).
 * Returns when it has, or when the container has ended. */
int notify_forward(int sock, const char *caller, pid_t pid, int pidfd, struct error *err);
