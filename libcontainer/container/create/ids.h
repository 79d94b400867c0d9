/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ID mapping of the container's user namespace: written for a new one, read from a joined one.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Sets c->uid_mappings and c->gid_mappings. They come from the configuration; for a joined user
 * namespace without them, from the kernel, and they then also go into the copy of config.json that
 * exec uses. If both exist, as Kubernetes writes them, setup_map_ids() compares them. Returns 0
 * or -1.
 */
int setup_read_joined_mapping(struct setup *c, struct error *err);

/*
 * Writes the mapping of a new user namespace, or compares that of a joined one. Sets oom_score_adj,
 * which requires mapped IDs. Then lets the init continue (SYNC_MAPPED).
 */
int setup_map_ids(struct setup *c, struct error *err);

/*
 * Records the init's user namespace in the state: claimed IDs are in use as long as a process is in
 * it.
 */
void setup_note_user_namespace(struct setup *c);
