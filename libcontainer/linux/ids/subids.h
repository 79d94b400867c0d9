/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subordinate IDs: which ranges of user and group IDs /etc/subuid and /etc/subgid assign to whom
 * (subuid(5)). If nsswitch.conf(5) names another source than files, getsubids(1) is asked.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json/json.h"
#include "spec/config.h"

struct arena;
struct error;

enum { ID_UNIT = 65536, KUBELET_PODS = 110 }; /* IDs per pod; the kubelet's default for maxPods */

enum subid_kind { SUBUID, SUBGID };
extern const char *const subid_files[]; /* index: enum subid_kind */

struct subid_range {
	const char *owner; /* a name or a number, as in the file */
	uint32_t first, count;
};
typedef LIST(struct subid_range) subid_list;

/*
 * Appends every range of the text, in order. Skips malformed lines, as other programs do; collects
 * them in bad unless that is NULL. An empty text has no ranges.
 */
void subids_parse(struct arena *arena, const char *text, subid_list *out, string_list *bad);
int subids_read(struct arena *arena, enum subid_kind kind, subid_list *out, string_list *bad,
	struct error *err);

/*
 * Appends the ranges of one user: lines with the name (NULL: none) or the number. Returns 0 or -1.
 */
int subids_of(struct arena *arena, enum subid_kind kind, const char *name, uid_t uid,
	subid_list *out, struct error *err);

/*
 * Collects all assigned ranges: the lines of both files, and each user and group of the host as a
 * range of one. Returns 0 or -1.
 */
int subids_taken(struct arena *arena, subid_list *taken, struct error *err);

/*
 * Returns the first of `count` consecutive free IDs, at a multiple of ID_UNIT above 0; 0 if there
 * are none.
 */
uint32_t subids_free(const subid_list *taken, uint32_t count);

/*
 * Returns the kubelet's range, if it suffices for KUBELET_PODS pods and overlaps no other;
 * otherwise a free one for it, which is appended to taken. first is 0 if there is none.
 */
struct subid_range subids_reserve_kubelet(struct arena *arena, subid_list *taken);
