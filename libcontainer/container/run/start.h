/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "container/wire/notify.h"

struct error;
struct runtime;
struct state;

/* Tells the init of a created container to execute its process, waits until it has, and runs the
 * poststart hooks; if one of these fails, the container is deleted. sock: the connection to the
 * init, which is closed; -1: the init waits at its start.sock. relay: is opened if its caller is
 * set; it has the pidfd of the container's first process then. */
int start_created(const struct runtime *rt, int state_fd, struct state *state, int sock,
	struct notify_relay *relay, struct error *err);

/* notify_relay_run(), which signals can end. */
int start_notify(struct notify_relay *relay, struct error *err);
