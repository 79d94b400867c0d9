/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Claims the container's ID by creating its state directory: mkdir(2) fails if it is taken. Then
 * the state and a copy of the configuration are written to it.
 */
#pragma once
#include "container/create/setup.h"
#include "container/state/ranges.h"

/*
 * Creates the state directory, unless setup_claim_ids() has, describes the container in
 * c->state, and writes the copy of config.json. Returns 0 or -1.
 */
int setup_claim(struct setup *c, struct error *err);

/*
 * Claims `size` host IDs for the container; context is the struct setup. First makes the state
 * directory, because the claim refers to it. Has the type that userns_options_apply() calls.
 * Returns 0 or -1.
 */
int setup_claim_ids(void *context, uint32_t size, struct id_block *ids, struct error *err);

/*
 * The undo of both: releases the IDs, removes the state directory, and runs poststop hooks if
 * earlier hooks may have run.
 */
void setup_unclaim(struct setup *c);

/* Writes the state as `created`: from now on start and exec work. Returns 0 or -1. */
int setup_write_state(struct setup *c, struct error *err);
