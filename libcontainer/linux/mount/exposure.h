/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who on the host can reach an ID-mapped tree. Root of the container writes files of host root
 * there, set-uid ones as well: whoever of the host can execute such a file becomes root of the
 * host.
 */
#pragma once
#include <stdbool.h>

struct error;

/* True if other users of the host can reach what lies at path (absolute): every directory above it
 * lets them pass, and set-uid bits count there. The mode of path itself doesn't matter: root of the
 * container may change it. */
bool exposure_exists(const char *path);

/* What becomes of an ID-mapped volume that is exposed: annotation io.hull.idmap.exposed. By origin:
 * a mapping that hull chose itself (the container's own, for an option without one) is refused; one
 * that the configuration spells out is the caller's decision, and hull warns. */
enum exposure_policy { EXPOSURE_BY_ORIGIN, EXPOSURE_REFUSE, EXPOSURE_WARN };

/* text: of the annotation, or NULL (by origin). Returns 0, or -1 with err set. */
int exposure_policy(const char *text, enum exposure_policy *policy, struct error *err);

/* Refuses the ID-mapped tree of `path` if it is exposed, or warns. property: the JSON pointer. */
int exposure_guard(
	const char *property, const char *path, enum exposure_policy policy, struct error *err);
