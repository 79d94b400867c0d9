/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>

struct error;
struct runtime;
struct state;

/* Tells the init of a created container to execute its process, waits until it has, and runs the
 * poststart hooks; where one of these fails the container is deleted. sock: where the init waits,
 * which is closed; -1: it waits at its start.sock. With a notify socket it waits until the
 * container is ready; background: in another process. */
int start_created(const struct runtime *rt, int state_fd, struct state *state, int sock,
	const char *notify_socket, bool background, struct error *err);
