/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor`: checks who may assign which IDs. The rules for the kubelet are from kubernetes.io,
 * "Set up a node to support user namespaces".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/passwd.h"
#include "container/state/ranges.h"
#include "doctor.h"

/* Shared by the checks of one run. */
struct subids {
	subid_list all[2];          /* the lines of each file */
	subid_list taken;           /* all assigned ranges, plus those already recommended */
	struct subid_range kubelet; /* the range that it has or should have */
};

/* Returns the first user (or group) of the host whose ID is in the range, or NULL. */
static const char *host_user_in(
	struct arena *arena, enum subid_kind kind, const struct subid_range *range)
{
	enum account_kind accounts = kind == SUBUID ? ACCOUNT_USER : ACCOUNT_GROUP;
	cleanup_buf struct buf buf = { 0 };
	char *text = passwd_read(accounts, &buf);
	struct account account;

	while (passwd_next(&text, accounts, &account))
		if (account.id >= range->first && account.id - range->first < range->count)
			return arena_strdup(arena, account.name);
	return NULL;
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

/* Returns what is wrong with the kubelet's line in one file; NULL: nothing. */
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
		return arena_printf(
			arena, "%s: the IDs below %d belong to the host", file, ID_UNIT);
	if (range->count / ID_UNIT < KUBELET_PODS)
		return arena_printf(arena,
			"%s: %" PRIu32 " IDs are enough for %" PRIu32
			" pods; the kubelet's default is %d",
			file, range->count, range->count / ID_UNIT, KUBELET_PODS);
	if ((user = host_user_in(arena, kind, range)) != NULL)
		return arena_printf(arena, "%s: %s of the host lies in the range", file, user);
	if ((other = overlap(all, range)) != NULL)
		return arena_printf(
			arena, "%s: the range overlaps with that of %s", file, other->owner);
	return NULL;
}

/* Returns the commands that give the kubelet its range. */
static const char *kubelet_advice(
	struct doctor *d, const struct subids *s, uid_t uid, bool has_lines)
{
	struct arena *arena = &d->findings.arena;
	const char *add = "", *delete = "";
	uint32_t first = s->kubelet.first, last = first + s->kubelet.count - 1;

	if (first == 0)
		return "make room in /etc/subuid and /etc/subgid: no range for 110 pods is free";
	if (uid == (uid_t)-1)
		add = "useradd --system --no-create-home --shell /usr/sbin/nologin kubelet && ";
	if (has_lines)
		delete = uid == (uid_t)-1
			? "sed -i /^kubelet:/d /etc/subuid /etc/subgid && "
			: arena_printf(arena,
				  "sed -i -e /^kubelet:/d -e /^%u:/d /etc/subuid /etc/subgid && ",
				  uid);
	return arena_printf(arena,
		"%s%susermod --add-subuids %" PRIu32 "-%" PRIu32 " --add-subgids %" PRIu32
		"-%" PRIu32 " kubelet",
		add, delete, first, last, first, last);
}

/* Without a line of its own the kubelet uses all IDs from 65536, even those assigned to others. */
static void report_default(struct doctor *d, const struct subids *s, const char *advice)
{
	static const char *const check = "subordinate IDs of kubelet";
	const struct subid_range everything = { "kubelet", ID_UNIT, UINT32_MAX - ID_UNIT },
				 *other = overlap(&s->all[SUBUID], &everything);
	bool is_node =
		doctor_find_program(d, "kubelet") != NULL || access("/var/lib/kubelet", F_OK) == 0;

	if (is_node && other != NULL)
		doctor_report(d, VERDICT_WARNING, check, advice,
			"none: the kubelet uses all IDs from %d on, including those of %s", ID_UNIT,
			other->owner);
	else
		doctor_report(d, VERDICT_OK, check, NULL,
			"none: the kubelet uses all IDs from %d on", ID_UNIT);
}

/* Returns what is wrong with the kubelet's lines in both files taken together; NULL: nothing. */
static const char *judge_both(struct arena *arena, const struct subids *s, const subid_list own[2])
{
	const char *wrong = judge_kubelet(arena, SUBUID, &s->all[SUBUID], &own[SUBUID]);

	if (wrong == NULL)
		wrong = judge_kubelet(arena, SUBGID, &s->all[SUBGID], &own[SUBGID]);
	if (wrong == NULL &&
		(own[SUBUID].v->first != own[SUBGID].v->first ||
			own[SUBUID].v->count != own[SUBGID].v->count))
		wrong = "/etc/subuid and /etc/subgid must give kubelet the same range";
	return wrong;
}

static void check_kubelet(struct doctor *d, const struct subids *s)
{
	static const char *const check = "subordinate IDs of kubelet";
	uid_t uid = passwd_uid_of("kubelet");
	const char *wrong, *advice;
	subid_list own[2];

	for (int kind = SUBUID; kind <= SUBGID; kind++) {
		struct error err;

		if (subids_of(&d->findings.arena, kind, "kubelet", uid, &own[kind], &err) < 0) {
			doctor_report_error(d, VERDICT_BAD, check, &err);
			return;
		}
	}
	advice = kubelet_advice(d, s, uid, own[SUBUID].n + own[SUBGID].n > 0);
	if (own[SUBUID].n == 0 && own[SUBGID].n == 0)
		report_default(d, s, advice);
	else if ((wrong = judge_both(&d->findings.arena, s, own)) != NULL)
		doctor_report(d, VERDICT_BAD, check, advice, "%s", wrong);
	else if (uid == (uid_t)-1)
		doctor_report(d, VERDICT_WARNING, check,
			"useradd --system --no-create-home --shell /usr/sbin/nologin kubelet",
			"/etc/passwd has no user kubelet: the kubelet ignores its line and "
			"uses all IDs from %d on",
			ID_UNIT);
	else if (doctor_find_program(d, "getsubids") == NULL)
		doctor_report(d, VERDICT_BAD, check, "install the package uidmap (shadow-utils)",
			"the kubelet asks getsubids(1) for its range, and that program is missing");
	else
		doctor_report(d, VERDICT_OK, check, NULL,
			"%" PRIu32 " from %" PRIu32 " on: enough for %" PRIu32 " pods",
			own[SUBUID].v->count, own[SUBUID].v->first, own[SUBUID].v->count / ID_UNIT);
}

static void check_own(struct doctor *d)
{
	static const char check[] = "IDs for --userns=auto", prefix[] = "--userns=auto: ";
	struct arena *arena = &d->findings.arena;
	subid_list uids, gids;
	struct id_block block;
	const char *owner = "";
	struct error err;

	if (ranges_of_caller(arena, &uids, &gids, &owner, &err) < 0 ||
		ranges_choose(&d->rt, "doctor", ID_UNIT, &block, &err) < 0) {
		if (strncmp(err.text, prefix, sizeof prefix - 1) ==
			0) /* the check says it already */
			memmove(err.text, err.text + sizeof prefix - 1,
				strlen(err.text) - sizeof prefix + 2);
		doctor_report_error(d, VERDICT_WARNING, check, &err);
		return;
	}
	doctor_report(d, VERDICT_OK, check, NULL, "from the ranges of %s", owner);
}

/* Returns the command that gives a range's owner another one, and reserves that. */
static const char *move_advice(
	struct doctor *d, struct subids *s, enum subid_kind kind, const struct subid_range *range)
{
	static const char *const options[] = { [SUBUID] = "subuids", [SUBGID] = "subgids" };
	struct subid_range new = *range;

	new.first = subids_free(&s->taken, new.count);
	if (new.first == 0)
		return "give each user a range of its own";
	*LIST_ADD(&d->findings.arena, &s->taken) = new;
	return arena_printf(&d->findings.arena,
		"usermod --del-%s %" PRIu32 "-%" PRIu32 " --add-%s %" PRIu32 "-%" PRIu32 " %s",
		options[kind], range->first, range->first + range->count - 1, options[kind],
		new.first, new.first + new.count - 1, range->owner);
}

/* check_kubelet() checks the kubelet's own lines. */
static void check_overlaps(struct doctor *d, struct subids *s, enum subid_kind kind)
{
	const subid_list *all = &s->all[kind];

	for (size_t i = 0; i < all->n; i++) {
		const struct subid_range *range = &all->v[i], *other = overlap(all, range);
		const char *user = host_user_in(&d->findings.arena, kind, range);

		if (strcmp(range->owner, "kubelet") == 0)
			continue;
		if (other > range && strcmp(other->owner, "kubelet") != 0)
			doctor_report(d, VERDICT_WARNING, subid_files[kind],
				move_advice(d, s, kind, other), "the ranges of %s and %s overlap",
				range->owner, other->owner);
		if (user != NULL)
			doctor_report(d, VERDICT_WARNING, subid_files[kind],
				move_advice(d, s, kind, range),
				"%s %s of the host lies in the range of %s",
				kind == SUBUID ? "user" : "group", user, range->owner);
	}
}

static void report_bad_lines(struct doctor *d, enum subid_kind kind, const string_list *bad)
{
	for (size_t i = 0; i < bad->n; i++) {
		size_t len = strcspn(bad->v[i], "\r");

		doctor_report(d, VERDICT_WARNING, subid_files[kind], "fix this line; it is ignored",
			"\"%.*s\"%s isn't OWNER:FIRST:COUNT", (int)len, bad->v[i],
			bad->v[i][len] == '\r' ? ", with a carriage return," : "");
	}
}

void doctor_check_subids(struct doctor *d)
{
	struct arena *arena = &d->findings.arena;
	struct subids s = { 0 };
	struct error err;

	if (subids_taken(arena, &s.taken, &err) < 0) {
		doctor_report_error(d, VERDICT_BAD, "subordinate IDs", &err);
		return;
	}
	s.kubelet = subids_reserve_kubelet(arena, &s.taken);
	for (int kind = SUBUID; kind <= SUBGID; kind++) {
		string_list bad = { 0 };

		if (subids_read(arena, kind, &s.all[kind], &bad, &err) < 0) {
			doctor_report(d, VERDICT_BAD, subid_files[kind], NULL, "%s", err.text);
			return;
		}
		report_bad_lines(d, kind, &bad);
	}
	for (int kind = SUBUID; kind <= SUBGID; kind++)
		check_overlaps(d, &s, kind);
	check_kubelet(d, &s);
	check_own(d);
}
