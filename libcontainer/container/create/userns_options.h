/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command line says about user namespaces (--userns, --uidmap, --gidmap, --idmap-rootfs),
 * put into a configuration before it is validated.
 */
#pragma once
#include "container/state/ranges.h"

/* Completes the configuration. take: gets a block of that size for --userns=auto. Does nothing
 * where no option is given. Returns 1 when the configuration is another one now, 0 when it isn't,
 * -1 after an error. */
int userns_options_apply(const struct userns_options *options, struct oci_config *config,
	int (*take)(void *context, uint32_t size, struct id_block *block, struct error *err),
	void *context, struct error *err);
