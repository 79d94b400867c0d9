/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the bundle: its config.json, completed with the command line's options, and validated.
 */
#pragma once
#include "container/create/setup.h"

/*
 * Opens the bundle and reads its configuration: sets c->bundle, bundle_fd, config and config_text.
 * Takes as long as the file does, which may be a FIFO. Returns 0 or -1.
 */
int setup_read(struct setup *c, struct error *err);

/*
 * Completes and validates the configuration that was read. Sets c->rootfs and what else follows
 * from it; for --userns=auto also claims the ID (setup_claim_ids()). The undo is setup_unclaim().
 * Returns 0 or -1.
 */
int setup_complete(struct setup *c, struct error *err);
