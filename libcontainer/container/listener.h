/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The seccomp listener (config-linux.md, "The Container Process State"). A process under its filter may not be able to send anything
 * any more, so it says beforehand which number its listener will have, loads the filter, and then only reads; whoever started it
 * fetches the listener with pidfd_getfd(2), hands it to the agent at listenerPath, and lets the process go on.
 */
#pragma once
#include <sys/types.h>

#include "container/payload.h"

struct error;
struct seccomp;
struct state;

/* In the process: loads the filter; with a listener waits until it has been fetched. sock: to the one who starts. */
int listener_load(const struct payload_seccomp *filter, int sock, struct error *err);

/* In the one who starts: at SYNC_SECCOMP, whose payload is `number`. pid: the process, a pid of the host's. */
int listener_forward(const struct seccomp *config, struct state *state, pid_t pid, int number, int sock, struct error *err);
