/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entering a running container: what the host side finds out about it, and what a child process
 * does to get in.
 */
#pragma once
#include "container/state/state.h"

struct error;

struct entrance {
	int pidfd; /* the container's init */
	int flags; /* CLONE_NEW... of its namespaces that aren't this process's own */
	int root;  /* its root directory, where that isn't the root of its mount namespace; else -1
		    */
};

/* An error where the container has stopped: errno is ESRCH. */
int entrance_open(struct entrance *entrance, const struct state *state, struct error *err);

/* The container's root, where it has no mount namespace of its own and so another root than that.
 */
int entrance_open_root(struct entrance *entrance, const struct state *state,
	const struct oci_config *config, struct error *err);
void entrance_close(struct entrance *entrance);

/* In a child: becomes non-dumpable, so that nobody in there may attach to it or look at its files
 * (CVE-2016-9962), joins all namespaces by one setns(2) - PID for its children -, and becomes root
 * of the container, in its root directory. */
int entrance_enter(const struct entrance *entrance, struct error *err);

/* Becomes user 0 and group 0 of the user namespace that this process has entered. */
int become_container_root(struct error *err);
