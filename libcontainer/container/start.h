/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

struct error;
struct runtime;
struct state;

/* Tells the init of a created container to execute its process, waits until it has, and runs the poststart hooks; where one
 * of these fails the container is deleted. */
int start_created(const struct runtime *rt, int state_fd, struct state *state, const char *notify_socket, struct error *err);
