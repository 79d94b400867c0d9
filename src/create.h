/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What create and run share: reading the container's sockets from the environment.
 */
#pragma once

struct create_options;

/*
 * Fills in id, NOTIFY_SOCKET, RUN_OCI_SECCOMP_RECEIVER and LISTEN_FDS, the latter only if
 * LISTEN_PID is this process.
 */
void create_environment(struct create_options *options, const char *id);
