/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the bundle: its config.json, completed with the command line's options, and validated.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Opens the bundle and reads, completes and validates its configuration. Sets c->bundle, bundle_fd,
 * rootfs, config, config_text and what follows from them; for --userns=auto also claims the ID
 * (setup_claim_ids()). The undo is setup_unclaim(). Returns 0 or -1.
 */
int setup_load(struct setup *c, struct error *err);
