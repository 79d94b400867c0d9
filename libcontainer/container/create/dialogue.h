/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host side of the dialogue with the init, from the creation of its namespaces to SYNC_READY
 * (wire/sync.h).
 */
#pragma once
#include "container/create/creation.h"

/*
 * After the init has created its namespaces: moves network devices into them, and sends the trees.
 * Returns 0 or -1.
 */
int creation_furnish_namespaces(struct creation *c, struct error *err);

/*
 * Serves the init until it is ready: runs hooks, makes mountpoints, takes the terminal. Returns 0,
 * or -1 with the init's error.
 */
int creation_await_ready(struct creation *c, struct error *err);
