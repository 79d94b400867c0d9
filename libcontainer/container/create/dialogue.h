/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host side of the dialogue with the init, from the creation of its namespaces to SYNC_READY
 * (wire/sync.h).
 */
#pragma once
#include "container/create/setup.h"

/*
 * After the init has created its namespaces: moves network devices into them, and sends the trees.
 * Returns 0 or -1.
 */
int setup_furnish_namespaces(struct setup *c, struct error *err);

/* Moves the network devices back to the host. */
void setup_take_back_devices(struct setup *c);

/*
 * Serves the init until it is ready: runs hooks, makes mountpoints, takes the terminal. Returns 0,
 * or -1 with the init's error.
 */
int setup_await_ready(struct setup *c, struct error *err);
