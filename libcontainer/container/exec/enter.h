/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entering a running container: what the host side determines, and how a child process enters.
 */
#pragma once
#include "container/state/state.h"

struct error;

struct entrance {
	int pidfd; /* of the container's init */
	int flags; /* CLONE_NEW... of namespaces to join: those that differ from the caller's */
	int root;  /* root directory, if it isn't the root of its mount namespace; else -1 */
};

/*
 * Opens what is needed to enter a container. Close it with entrance_close(). Fails with ESRCH if
 * the container has stopped.
 */
int entrance_open(struct entrance *entrance, const struct state *state, struct error *err);

/*
 * For a container without its own mount namespace: opens its root directory, which differs from
 * that namespace's root. Returns 0 or -1.
 */
int entrance_open_root(struct entrance *entrance, const struct state *state,
	const struct oci_config *config, struct error *err);
void entrance_close(struct entrance *entrance);

/*
 * In a child: becomes non-dumpable, so that no process in the container can attach to it or read
 * its files (CVE-2016-9962); joins all namespaces with one setns(2) (PID applies to children);
 * becomes container root in the container's root directory. Returns 0 or -1.
 */
int entrance_enter(const struct entrance *entrance, struct error *err);

/*
 * Sets all user and group IDs to 0 in the user namespace that this process has entered. Returns 0
 * or -1.
 */
int entrance_become_root(struct error *err);
