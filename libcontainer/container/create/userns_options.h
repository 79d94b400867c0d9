/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Applies the command line's user namespace options (--userns, --uidmap, --gidmap, --idmap-rootfs)
 * to a configuration before it is validated.
 */
#pragma once
#include "container/state/ranges.h"

/*
 * Completes the configuration from the options. take() claims a block of IDs for --userns=auto.
 * Returns 1 if the configuration was changed, 0 if not, -1 after an error.
 */
int userns_options_apply(const struct userns_options *options, struct oci_config *config,
	int (*take)(void *context, uint32_t size, struct id_block *block, struct error *err),
	void *context, struct error *err);
