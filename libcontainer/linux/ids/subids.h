/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subordinate ids: which ranges of user and group ids /etc/subuid and /etc/subgid (subuid(5)) give
 * to whom; from getsubids(1) where nsswitch.conf(5) names another source than the files.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"
#include "spec/config.h"

struct arena;
struct error;

enum { ID_UNIT = 65536, KUBELET_PODS = 110 }; /* IDs of a pod; the kubelet's default for maxPods */

enum subid_kind { SUBUID, SUBGID };
extern const char *const subid_files[]; /* by kind */

struct subid_range {
	const char *owner; /* as the file has it: a name or a number */
	uint32_t first, count;
};
typedef LIST(struct subid_range) subid_list;

/* Every range of the file, in its order. Lines that are neither ranges nor comments are passed
 * over, as by all programs that read these files; bad, unless it is NULL, gets them. A missing file
 * is an empty one. */
void subids_parse(struct arena *arena, const char *text, subid_list *out, string_list *bad);
int subids_read(struct arena *arena, enum subid_kind kind, subid_list *out, string_list *bad,
	struct error *err);

/* The ranges of one user: lines with the name (NULL: none) or the number. */
int subids_of(struct arena *arena, enum subid_kind kind, const char *name, uid_t uid,
	subid_list *out, struct error *err);

/* Every range that somebody has: the lines of both files, and the users and groups of the host,
 * each a range of one. */
int subids_taken(struct arena *arena, subid_list *taken, struct error *err);

/* The first of `count` free IDs in a row, starting at a multiple of ID_UNIT above 0; 0 if there are
 * none. */
uint32_t subids_free(const subid_list *taken, uint32_t count);

/* The range that the kubelet has, if it is fit for KUBELET_PODS pods and nobody else has any of it;
 * otherwise a free one that it should have, which is appended to taken. first is 0 if there is
 * none. */
struct subid_range subids_reserve_kubelet(struct arena *arena, subid_list *taken);
