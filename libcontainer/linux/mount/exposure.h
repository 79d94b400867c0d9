/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which other users of the host can reach an ID-mapped tree. Container root can create files in it
 * that belong to host root, set-uid ones too: a user who can execute one becomes host root.
 */
#pragma once
#include <stdbool.h>

#include "spec/config.h"

struct error;

/* The container's mapping: its IDs are no other users. */
struct exposure_ids {
	const oci_id_mappings *uids, *gids;
};

/*
 * Returns true if other users of the host can reach path (absolute): every directory above is
 * searchable for one of them, or belongs to one, and the mount allows set-uid. The mode of path
 * itself is ignored, because container root can change it.
 */
bool exposure_exists(const char *path, const struct exposure_ids *ids);

/*
 * What to do with an exposed ID-mapped volume: annotation io.hull.idmap.exposed. By origin: refuse
 * if hull chose the mapping (the container's, for an option without one); warn if the configuration
 * spells the mapping out.
 */
enum exposure_policy { EXPOSURE_BY_ORIGIN, EXPOSURE_REFUSE, EXPOSURE_WARN };

/* Parses the annotation; text NULL: by origin. Returns 0 or -1. */
int exposure_policy(const char *text, enum exposure_policy *policy, struct error *err);

/*
 * Refuses or warns about the ID-mapped tree of `path` if it is exposed. property: JSON pointer.
 * Returns 0 or -1.
 */
int exposure_guard(const char *property, const char *path, const struct exposure_ids *ids,
	enum exposure_policy policy, struct error *err);
