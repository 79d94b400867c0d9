/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities (capabilities(7)): process.capabilities as five sets of bits, given to the calling
 *process in two steps, since the change of user lies between them:
 *
 *	capabilities_drop_bounding()   needs CAP_SETPCAP
 *	setgroups, setresgid, setresuid
 *	capabilities_apply()           one capset(2), then the ambient set
 *
 * What is unknown or can't be granted is left out with a warning (config.md: "MUST log", "SHOULD
 *NOT fail").
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

/* Number of a capability by its name ("CAP_CHOWN"), -1 when it isn't known. */
int capability_from_name(const char *name);

/* Appends the name in upper case, as the spec writes it. */
void capability_name(int capability, struct buf *name);

/* Names to bits. NULL, an absent process.capabilities, is five empty sets, as in runc. Warns of
 * unknown names. */
void capabilities_resolve(const struct oci_capabilities *config, struct capability_sets *sets);

/* Takes out of the sets what this process can't grant, with a warning; drops from its bounding set
 * what isn't in theirs, and keeps its permitted set over the coming change of user. */
int capabilities_drop_bounding(struct capability_sets *sets, struct error *err);

/* Gives the process its other four sets, as capabilities_drop_bounding() left them; those in `held`
 * as well, until capabilities_limit() with none of them. */
int capabilities_apply(const struct capability_sets *sets, uint64_t held, struct error *err);
int capabilities_limit(const struct capability_sets *sets, uint64_t held, struct error *err);
