/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The seccomp listener (config-linux.md, "The Container Process State"). A process under its own
 * filter may not be able to send anything, so a separate thread without a filter sends the
 * listener. The receiver, `start` or `run`, passes it to the agent at listenerPath, and lets the
 * process continue. (pidfd_getfd(2) from outside would need privileges that a rootless caller may
 * lack.)
 */
#pragma once
#include <sys/types.h>

#include "container/init/payload.h"

struct error;
struct oci_seccomp;
struct state;

/*
 * In the process: loads the filter. If it has a listener, sends that over sock to `start` or `run`,
 * and waits until it has been received. Returns 0 or -1.
 */
int listener_load(const struct payload_seccomp *filter, int sock, struct error *err);

/*
 * Host side, on SYNC_SECCOMP: passes `listener` to the agent. Takes ownership. pid is in the host's
 * PID namespace.
 */
int listener_forward(const struct oci_seccomp *config, struct state *state, pid_t pid, int listener,
	int sock, struct error *err);
