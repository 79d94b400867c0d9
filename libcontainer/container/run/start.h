/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "container/wire/notify.h"

struct error;
struct runtime;
struct state;

/*
 * Tells the init of a created container to execute its process, waits until it has, and runs
 * poststart hooks. If a hook fails, deletes the container. sock: the connection to the init, which
 * is closed; -1: connect to start.sock. relay: opened if relay->caller is set. Returns 0 or -1.
 */
int start_created(const struct runtime *rt, int state_fd, struct state *state, int sock,
	struct notify_relay *relay, struct error *err);

/* notify_relay_run(), interruptible by signals. */
int start_notify(struct notify_relay *relay, struct error *err);
