/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Poststop hooks, and the removal of a container's state directory. The hooks run when the
 * container is gone, and its ID can be used again (runtime.md, lifecycle 12 and 13): meanwhile the
 * directory is ROOT/@deleted/ID, which no ID can name. If hull is killed then, the next `delete`
 * finds it there and runs all hooks again.
 */
#pragma once
#include "container/hooks.h"
#include "container/state/state.h"

/*
 * Removes the container's directory, open as state_fd, and runs the hooks. Failing hooks are
 * warnings. Returns 0 or -1.
 */
int poststop_finish(int root_fd, int state_fd, const struct state *state,
	const oci_hook_list *hooks, const struct hook_place *place, struct error *err);

/*
 * The same with the hooks of the configuration in the directory, if the state says that it has any.
 */
int poststop_remove(
	const struct runtime *rt, int state_fd, const struct state *state, struct error *err);

/*
 * Finishes what a killed delete has left of the container. Returns 1; 0 if there is nothing, or
 * another hull is doing it; or -1.
 */
int poststop_resume(const struct runtime *rt, const char *id, struct error *err);
