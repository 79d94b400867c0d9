/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor`: who may give away which ids. The rules for the kubelet are those of kubernetes.io,
 * "Set up a node to support user namespaces".
 */
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container/doctor/doctor_checks.h"
#include "container/state/ranges.h"

enum { MAX_PODS = 110 }; /* of the kubelet, unless it is configured otherwise */

/* The first user (or group) of the host whose id lies in the range, or NULL. */
static const char *host_user_in(
	struct arena *arena, enum subid_kind kind, const struct subid_range *range)
{
	FILE *file = fopen(kind == SUBUID ? "/etc/passwd" : "/etc/group", "re");
	const struct passwd *user = NULL;
	const struct group *group = NULL;
	const char *name = NULL;

	while (file != NULL && name == NULL &&
		(kind == SUBUID ? (user = fgetpwent(file)) != NULL
				: (group = fgetgrent(file)) != NULL)) {
		uint32_t id = kind == SUBUID ? user->pw_uid : group->gr_gid;

		if (id >= range->first && id - range->first < range->count)
			name = arena_strdup(arena, kind == SUBUID ? user->pw_name : group->gr_name);
	}
	if (file != NULL)
		fclose(file);
	return name;
}

static const struct subid_range *overlap(const subid_list *all, const struct subid_range *range)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct subid_range *other = &all->v[i];

		if (strcmp(other->owner, range->owner) != 0 &&
			other->first < (uint64_t)range->first + range->count &&
			range->first < (uint64_t)other->first + other->count)
			return other;
	}
	return NULL;
}

/* What is wrong with the kubelet's line in one of the files; NULL: nothing. */
static const char *judge_kubelet(
	struct arena *arena, enum subid_kind kind, const subid_list *all, const subid_list *own)
{
	const char *file = subid_files[kind], *user;
	const struct subid_range *range = own->v, *other;

	if (own->n != 1)
		return arena_printf(
			arena, "%zu lines for kubelet in %s: there must be one", own->n, file);
	if (range->first % ID_UNIT != 0 || range->count % ID_UNIT != 0)
		return arena_printf(arena,
			"%s: start %" PRIu32 " and length %" PRIu32 " must be multiples of %d",
			file, range->first, range->count, ID_UNIT);
	if (range->first < ID_UNIT)
		return arena_printf(arena, "%s: the ids below %d are the host's", file, ID_UNIT);
	if (range->count / ID_UNIT < MAX_PODS)
		return arena_printf(arena,
			"%s: %" PRIu32 " ids are enough for %" PRIu32
			" pods, the kubelet's default is %d",
			file, range->count, range->count / ID_UNIT, MAX_PODS);
	if ((user = host_user_in(arena, kind, range)) != NULL)
		return arena_printf(arena, "%s: %s of the host lies in the range", file, user);
	if ((other = overlap(all, range)) != NULL)
		return arena_printf(
			arena, "%s: the range overlaps with that of %s", file, other->owner);
	return NULL;
}

/* Without a line of its own the kubelet takes all ids from 65536 on: also those that somebody else
 * was given. */
static void report_default(
	struct doctor *d, const char *why, const char *advice, const subid_list *all)
{
	static const char *const check = "subordinate IDs of kubelet";
	const struct subid_range everything = { "kubelet", ID_UNIT, UINT32_MAX - ID_UNIT },
				 *other = overlap(all, &everything);
	bool is_node =
		doctor_find_program(d, "kubelet") != NULL || access("/var/lib/kubelet", F_OK) == 0;

	if (is_node && other != NULL)
		doctor_report(d, VERDICT_WARNING, check, advice,
			"%s: the kubelet uses all IDs from %d on, also those of %s", why, ID_UNIT,
			other->owner);
	else
		doctor_report(d, VERDICT_OK, check, NULL, "%s: the kubelet uses all IDs from %d on",
			why, ID_UNIT);
}

static void check_kubelet(struct doctor *d, const subid_list all[2])
{
	static const char *const check = "subordinate IDs of kubelet";
	static const char *const advice =
		"usermod --add-subuids 65536-7274495 --add-subgids 65536-7274495 kubelet (110 pods)";
	struct arena *arena = &d->findings->arena;
	uid_t uid = user_number_of("kubelet");
	subid_list own[2];
	const char *wrong;

	for (int kind = SUBUID; kind <= SUBGID; kind++) {
		struct error err;

		if (subids_of(arena, kind, "kubelet", uid, &own[kind], &err) < 0) {
			doctor_report(d, VERDICT_BAD, check, advice, "%s", err.text);
			return;
		}
	}
	if (own[SUBUID].n == 0 && own[SUBGID].n == 0) {
		report_default(d, "none", advice, &all[SUBUID]);
		return;
	}
	wrong = judge_kubelet(arena, SUBUID, &all[SUBUID], &own[SUBUID]);
	if (wrong == NULL)
		wrong = judge_kubelet(arena, SUBGID, &all[SUBGID], &own[SUBGID]);
	if (wrong == NULL &&
		(own[SUBUID].v->first != own[SUBGID].v->first ||
			own[SUBUID].v->count != own[SUBGID].v->count))
		wrong = "/etc/subuid and /etc/subgid must give kubelet the same range";
	if (wrong != NULL)
		doctor_report(d, VERDICT_BAD, check, advice, "%s", wrong);
	else if (uid == (uid_t)-1)
		doctor_report(d, VERDICT_WARNING, check,
			"useradd --system --no-create-home --shell /usr/sbin/nologin kubelet",
			"/etc/passwd has no user kubelet, and so the kubelet passes over its line and uses all IDs from %d on",
			ID_UNIT);
	else if (doctor_find_program(d, "getsubids") == NULL)
		doctor_report(d, VERDICT_BAD, check, "install the package uidmap (shadow-utils)",
			"the kubelet asks getsubids(1) for its range, and that isn't there");
	else
		doctor_report(d, VERDICT_OK, check, NULL,
			"%" PRIu32 " from %" PRIu32 " on: enough for %" PRIu32 " pods",
			own[SUBUID].v->count, own[SUBUID].v->first, own[SUBUID].v->count / ID_UNIT);
}

static void check_own(struct doctor *d)
{
	static const char check[] = "IDs for --userns=auto", prefix[] = "--userns=auto: ";
	struct arena *arena = &d->findings->arena;
	subid_list uids, gids;
	struct id_block block;
	const char *owner = "";
	struct error err;

	if (ranges_of_caller(arena, &uids, &gids, &owner, &err) < 0 ||
		ranges_choose(d->rt, "doctor", ID_UNIT, &block, &err) < 0) {
		if (strncmp(err.text, prefix, sizeof prefix - 1) ==
			0) /* the check says it already */
			memmove(err.text, err.text + sizeof prefix - 1,
				strlen(err.text) - sizeof prefix + 2);
		doctor_report_error(d, VERDICT_WARNING, check, &err);
		return;
	}
	doctor_report(d, VERDICT_OK, check, NULL, "from the ranges of %s", owner);
}

static void check_overlaps(struct doctor *d, enum subid_kind kind, const subid_list *all)
{
	struct arena *arena = &d->findings->arena;

	for (size_t i = 0; i < all->n; i++) {
		const struct subid_range *other = overlap(all, &all->v[i]);
		const char *user = host_user_in(arena, kind, &all->v[i]);

		if (other > &all->v[i])
			doctor_report(d, VERDICT_WARNING, subid_files[kind],
				"give each user a range of its own",
				"the ranges of %s and %s overlap", all->v[i].owner, other->owner);
		if (user != NULL)
			doctor_report(d, VERDICT_WARNING, subid_files[kind], "move the range",
				"%s %s of the host lies in the range of %s",
				kind == SUBUID ? "user" : "group", user, all->v[i].owner);
	}
}

static void report_bad_lines(struct doctor *d, enum subid_kind kind, const string_list *bad)
{
	for (size_t i = 0; i < bad->n; i++) {
		size_t len = strcspn(bad->v[i], "\r");

		doctor_report(d, VERDICT_WARNING, subid_files[kind],
			"mend the line: every program passes over it",
			"\"%.*s\"%s isn't OWNER:FIRST:COUNT", (int)len, bad->v[i],
			bad->v[i][len] == '\r' ? ", with a carriage return," : "");
	}
}

void doctor_check_subids(struct doctor *d)
{
	struct arena *arena = &d->findings->arena;
	subid_list all[2];

	for (int kind = SUBUID; kind <= SUBGID; kind++) {
		struct error err;
		string_list bad = { 0 };

		if (subids_read(arena, kind, &all[kind], &bad, &err) < 0) {
			doctor_report(d, VERDICT_BAD, subid_files[kind], NULL, "%s", err.text);
			return;
		}
		report_bad_lines(d, kind, &bad);
		check_overlaps(d, kind, &all[kind]);
	}
	check_kubelet(d, all);
	check_own(d);
}
