/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities (capabilities(7)), by libcap: process.capabilities as five sets of bits, given to
 *the calling process in two steps, because the change of user lies between them:
 *
 *	capabilities_drop_bounding()   needs CAP_SETPCAP
 *	setgroups, setresgid, setresuid
 *	capabilities_apply()           one capset(2), then the ambient set
 *
 * What is unknown or can't be granted is left out with a warning (config.md: "MUST log", "SHOULD
 * NOT fail").
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "spec/config.h"

struct buf;
struct error;

struct capability_sets {
	uint64_t bounding, effective, inheritable, permitted, ambient; /* 1 << CAP_... */
};

/* Returns the number of a capability by its name ("CAP_CHOWN"), or -1 where it isn't known. */
int capability_from_name(const char *name);

/* Appends the name in upper case, as the spec writes it, or the number where there is no name. */
void capability_name(int capability, struct buf *name);

/* Turns names into bits, and warns of unknown names. NULL, an absent process.capabilities, is five
 * empty sets, as in runc. */
void capabilities_resolve(const struct oci_capabilities *config, struct capability_sets *sets);

/* Takes out of the sets what this process can't grant, with a warning. Drops from its bounding set
 * what isn't in theirs, and makes its permitted set survive the coming change of user. Returns 0,
 * or -1 and fills in *err. */
int capabilities_drop_bounding(struct capability_sets *sets, struct error *err);

/* Gives the process its other four sets, as capabilities_drop_bounding() left them, and those in
 * `held` as well, until capabilities_limit() is called with none of them. Both return 0, or -1 and
 * fill in *err. */
int capabilities_apply(const struct capability_sets *sets, uint64_t held, struct error *err);
int capabilities_limit(const struct capability_sets *sets, uint64_t held, struct error *err);
