/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities (capabilities(7)), with libcap. process.capabilities becomes five sets of bits,
 * which the calling process gets in two steps, because the change of user comes between them:
 *
 *	capabilities_drop_bounding()	needs CAP_SETPCAP
 *	setgroups, setresgid, setresuid
 *	capabilities_apply()		one capset(2), then the ambient set
 *
 * Unknown capabilities, and those that can't be granted, are left out with a warning (config.md:
 * "MUST log", "SHOULD NOT fail").
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

/* Returns the number of a capability ("CAP_CHOWN"), or -1 if it isn't known. */
int capability_from_name(const char *name);

/* Appends the name in upper case, as in the specification, or the number if it has none. */
void capability_name(int capability, struct buf *name);

/*
 * Converts names to bits, and warns about unknown ones. NULL (no process.capabilities) gives five
 * empty sets, as in runc.
 */
void capabilities_resolve(const struct oci_capabilities *config, struct capability_sets *sets);

/*
 * Removes from the sets what this process can't grant, with a warning. Drops everything else from
 * its bounding set, and keeps its permitted set across the coming change of user. Returns 0 or -1.
 */
int capabilities_drop_bounding(struct capability_sets *sets, struct error *err);

/*
 * Sets the other four sets, as capabilities_drop_bounding() left them, plus `held`, which
 * capabilities_limit() takes away. Both return 0 or -1.
 */
int capabilities_apply(const struct capability_sets *sets, uint64_t held, struct error *err);
int capabilities_limit(const struct capability_sets *sets, uint64_t held, struct error *err);
