/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

struct error;
struct runtime;
struct state;

/*
 * Deletes a container whose init the caller has reaped. state_fd: its state directory, open since
 * it was created. Does nothing if somebody has deleted that directory, because the ID may belong to
 * another container by now. Returns 0 or -1.
 */
int delete_ended(const struct runtime *rt, int state_fd, struct state *state, struct error *err);
