/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device rules: the configuration's, followed by those for the devices that every container has.
 * They become one list. For each kind of access the last matching rule decides; without one it is
 * denied. On v2 the list becomes a program (devices_bpf.c), on v1 lines for devices.allow and
 * devices.deny.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "cgroup/internal.h"

/*
 * mknod for any node (which doesn't allow opening it); config-linux.md's "Default Devices";
 * pseudo-terminals; and /dev/net/tun, as in runc.
 */
static const struct device_match default_devices[] = {
	{ 'a', -1, -1, DEVICE_MKNOD, true },
	/* null, zero, full, random, urandom */
	{ 'c', 1, 3, DEVICE_ALL, true },
	{ 'c', 1, 5, DEVICE_ALL, true },
	{ 'c', 1, 7, DEVICE_ALL, true },
	{ 'c', 1, 8, DEVICE_ALL, true },
	{ 'c', 1, 9, DEVICE_ALL, true },
	/* tty, ptmx, pts; /dev/console is a pts: 5:1 would be the host's */
	{ 'c', 5, 0, DEVICE_ALL, true },
	{ 'c', 5, 2, DEVICE_ALL, true },
	{ 'c', 136, -1, DEVICE_ALL, true },
	/* net/tun */
	{ 'c', 10, 200, DEVICE_ALL, true },
};

static bool number_within(int64_t number, int64_t pattern)
{
	return pattern < 0 || number == pattern;
}

/* Returns true if `outer` matches every access that `inner` matches. */
static bool rule_covers(const struct device_match *outer, const struct device_match *inner)
{
	return (outer->type == 'a' || outer->type == inner->type) &&
		number_within(inner->major, outer->major) &&
		number_within(inner->minor, outer->minor);
}

/* Returns true if some access matches both. */
static bool rules_meet(const struct device_match *a, const struct device_match *b)
{
	return (a->type == 'a' || b->type == 'a' || a->type == b->type) &&
		(a->major < 0 || b->major < 0 || a->major == b->major) &&
		(a->minor < 0 || b->minor < 0 || a->minor == b->minor);
}

/* Type, numbers and letters have been validated. */
static struct device_match read_rule(const struct oci_device_rule *rule)
{
	struct device_match match = {
		.type = rule->type && *rule->type ? *rule->type : 'a',
		.major = rule->major.set ? rule->major.value : -1,
		.minor = rule->minor.set ? rule->minor.value : -1,
		.allow = rule->allow,
	};

	for (const char *letter = rule->access && *rule->access ? rule->access : "rwm"; *letter;
		letter++)
		match.access |= *letter == 'r' ? DEVICE_READ
			: *letter == 'w'       ? DEVICE_WRITE
					       : DEVICE_MKNOD;
	return match;
}

/* Removes from rule i the accesses that earlier rules already decide in the same way. */
static void drop_repeated(device_rules *rules, size_t i)
{
	struct device_match *rule = &rules->v[i];

	for (size_t j = i; rule->access && j--;) {
		const struct device_match *earlier = &rules->v[j];

		if (!(earlier->access & rule->access) || !rules_meet(earlier, rule))
			continue;
		if (earlier->allow != rule->allow)
			return;
		if (rule_covers(earlier, rule))
			rule->access &= ~earlier->access;
	}
	if (!rule->allow)
		rule->access = 0; /* without a rule it is denied anyway */
}

/*
 * Removes what has no effect: accesses for which a later rule covers everything that a rule
 * matches, and repetitions.
 */
static void simplify(device_rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->n; i++)
		drop_repeated(rules, i);
	for (size_t i = 0; i < rules->n; i++)
		for (size_t j = i + 1; j < rules->n; j++)
			if (rule_covers(&rules->v[j], &rules->v[i]))
				rules->v[i].access &= ~rules->v[j].access;
	for (size_t i = 0; i < rules->n; i++)
		if (rules->v[i].access)
			rules->v[kept++] = rules->v[i];
	rules->n = kept;
}

int device_rules_read(struct arena *arena, const struct oci_resources *resources,
	const string_map *annotations, device_rules *rules, struct error *err)
{
	const char *defaults = cgroup_annotation(annotations, "io.hull.devices.default");
	size_t n = resources ? resources->devices.n : 0;

	rules->v = arena_alloc(arena, (n + ARRAY_SIZE(default_devices)) * sizeof *rules->v);
	rules->n = 0;
	for (size_t i = 0; i < n; i++)
		rules->v[rules->n++] = read_rule(&resources->devices.v[i]);
	if (defaults && strcmp(defaults, "true") != 0 && strcmp(defaults, "false") != 0)
		return error_set(err, 0,
			"/annotations/io.hull.devices.default: \"%s\" isn't true or false",
			defaults);
	if (!defaults || strcmp(defaults, "true") == 0) {
		memcpy(&rules->v[rules->n], default_devices, sizeof default_devices);
		rules->n += ARRAY_SIZE(default_devices);
	}
	simplify(rules);
	return 0;
}

bool cgroup_same_devices(const struct oci_resources *one, const struct oci_resources *other,
	const string_map *annotations)
{
	cleanup_arena struct arena arena = { 0 };
	device_rules a, b;

	if (device_rules_read(&arena, one, annotations, &a, NULL) < 0 ||
		device_rules_read(&arena, other, annotations, &b, NULL) < 0 || a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.v[i].type != b.v[i].type || a.v[i].major != b.v[i].major ||
			a.v[i].minor != b.v[i].minor || a.v[i].access != b.v[i].access ||
			a.v[i].allow != b.v[i].allow)
			return false;
	return true;
}

/*
 * ---- v1 ----
 * A devices cgroup has a default, allow or deny, and a list of exceptions. Writing "a" to
 * devices.allow or devices.deny sets the default and clears the exceptions. Other lines add or
 * remove exceptions; only an equal exception can be removed.
 */

/*
 * Removes `rule` from the exceptions. Fails if an exception is wider than the rule: v1 can't
 * express what would remain.
 */
static int take_exception(
	struct device_exceptions *e, const struct device_match *rule, struct error *err)
{
	for (size_t i = 0; i < e->list.n; i++) {
		struct device_match *exception = &e->list.v[i];

		if (!(exception->access & rule->access) || !rules_meet(exception, rule))
			continue;
		if (!rule_covers(rule, exception)) {
			error_set(err, 0,
				"/linux/resources/devices: a rule for %c %" PRId64 ":%" PRId64
				" narrows an earlier, wider one of the other kind",
				rule->type, rule->major, rule->minor);
			return error_hint(err, "cgroup v1 can't express that, cgroup v2 can");
		}
		exception->access &= ~rule->access;
	}
	return 0;
}

/*
 * v1 allows an access only if a single exception covers it. So give each exception the accesses of
 * wider ones, and add one where two overlap (60:* and *:1).
 */
static void unite_exceptions(struct arena *arena, struct device_exceptions *e)
{
	size_t n = e->list.n, by_minor = 0, by_major = 0;
	struct device_match *all;

	for (size_t i = 0; i < n; i++) {
		by_minor += e->list.v[i].minor < 0;
		by_major += e->list.v[i].major < 0;
	}
	all = arena_alloc(arena, (n + by_minor * by_major) * sizeof *all);
	memcpy(all, e->list.v, n * sizeof *all);
	for (size_t i = 0; i < e->list.n; i++)
		for (size_t j = 0; j < e->list.n; j++)
			if (all[i].minor < 0 && all[j].major < 0 && rules_meet(&all[i], &all[j])) {
				all[n] = all[i];
				all[n++].minor = all[j].minor;
			}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < e->list.n; j++)
			if (rule_covers(&all[j], &all[i]))
				all[i].access |= all[j].access;
	e->list.v = all;
	e->list.n = n;
}

int device_exceptions_read(struct arena *arena, const device_rules *rules,
	struct device_exceptions *e, struct error *err)
{
	e->allow = false;
	e->list.v = arena_alloc(arena, (2 * rules->n + 1) * sizeof *e->list.v);
	e->list.n = 0;
	for (size_t i = 0; i < rules->n; i++) {
		const struct device_match *rule = &rules->v[i];

		if (rule->type == 'a' && rule->major < 0 && rule->minor < 0 &&
			rule->access == DEVICE_ALL) {
			e->allow = rule->allow;
			e->list.n = 0;
			continue;
		}
		for (const char *type = rule->type == 'a' ? "bc"
				: rule->type == 'b'       ? "b"
							  : "c";
			*type; type++) {
			struct device_match one = *rule;

			one.type = *type;
			if (rule->allow != e->allow)
				e->list.v[e->list.n++] = one;
			else if (take_exception(e, &one, err) < 0)
				return -1;
		}
	}
	if (!e->allow && e->list.n)
		unite_exceptions(arena, e);
	return 0;
}

static void exception_text(const struct device_match *rule, char text[64])
{
	char major[24] = "*", minor[24] = "*";

	if (rule->major >= 0)
		snprintf(major, sizeof major, "%" PRId64, rule->major);
	if (rule->minor >= 0)
		snprintf(minor, sizeof minor, "%" PRId64, rule->minor);
	snprintf(text, 64, "%c %s:%s %s%s%s", rule->type, major, minor,
		rule->access & DEVICE_READ ? "r" : "", rule->access & DEVICE_WRITE ? "w" : "",
		rule->access & DEVICE_MKNOD ? "m" : "");
}

static const char *file_name(bool allow)
{
	return allow ? "devices.allow" : "devices.deny";
}

/* The kernel accepts one line per write. */
static int write_line(int file, const struct cgroup_hierarchy *hierarchy, bool allow,
	const char *text, struct error *err)
{
	if (write(file, text, strlen(text)) >= 0)
		return 0;
	error_errno(err, "/linux/resources/devices: write \"%s\" to %s/%s", text,
		hierarchy->directory, file_name(allow));
	return cgroup_explain_write(
		&(struct cgroup_write){ hierarchy, -1, "devices", file_name(allow), text, false },
		err);
}

/*
 * Parses a cgroup's current exceptions, lines like "c 1:3 rwm". The line "a *:* rwm" alone means
 * that the default is to allow.
 */
static void read_list(struct arena *arena, const char *text, struct device_exceptions *e)
{
	size_t n = 1;

	for (const char *at = text; *at; at++)
		n += *at == '\n';
	*e = (struct device_exceptions){ .list.v = arena_alloc(arena, n * sizeof *e->list.v) };
	for (const char *line = text; line; line = cgroup_next_line(line)) {
		struct device_match rule = { .major = -1, .minor = -1 };
		char major[24], minor[24], access[8];

		if (sscanf(line, "%c %23[0-9*]:%23[0-9*] %7[rwm]", &rule.type, major, minor,
			    access) != 4)
			continue;
		if (rule.type == 'a') {
			e->allow = true;
			continue;
		}
		sscanf(major, "%" SCNd64, &rule.major);
		sscanf(minor, "%" SCNd64, &rule.minor);
		for (const char *letter = access; *letter; letter++)
			rule.access |= *letter == 'r' ? DEVICE_READ
				: *letter == 'w'      ? DEVICE_WRITE
						      : DEVICE_MKNOD;
		e->list.v[e->list.n++] = rule;
	}
}

/*
 * Add new exceptions before removing old ones, so that whatever both lists agree on never changes
 * in between.
 */
static int change_exceptions(const int files[2], struct cgroup_hierarchy *hierarchy,
	const struct device_exceptions *old, const struct device_exceptions *new, struct error *err)
{
	char line[64];

	for (size_t i = 0; i < new->list.n; i++) {
		exception_text(&new->list.v[i], line);
		if (new->list.v[i].access &&
			write_line(files[!new->allow], hierarchy, !new->allow, line, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < old->list.n; i++) {
		struct device_match gone = old->list.v[i];

		for (size_t j = 0; j < new->list.n; j++) {
			const struct device_match *kept = &new->list.v[j];

			if (kept->type == gone.type && kept->major == gone.major &&
				kept->minor == gone.minor)
				gone.access &= ~kept->access;
		}
		exception_text(&gone, line);
		if (gone.access &&
			write_line(files[new->allow], hierarchy, new->allow, line, err) < 0)
			return -1;
	}
	return 0;
}

int devices_apply_v1(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy,
	const device_rules *rules, bool update, struct error *err)
{
	struct device_exceptions new, old = { .allow = true };
	cleanup_buf struct buf text = { 0 };
	cleanup_fd int deny = -1, allow = -1;

	if (device_exceptions_read(cgroup->arena, rules, &new, err) < 0 ||
		cgroup_directory(hierarchy, err) < 0)
		return -1;
	deny = openat(hierarchy->fd, file_name(false), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	allow = openat(hierarchy->fd, file_name(true), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (deny < 0 || allow < 0)
		return error_errno(err, "/linux/resources/devices: open %s/%s",
			hierarchy->directory, file_name(deny >= 0));
	if (update) {
		if (file_read(hierarchy->fd, "devices.list", &text, err) < 0)
			return -1;
		read_list(cgroup->arena, text.data, &old);
	}
	if (!update || old.allow != new.allow ||
		old.allow) { /* with "allow", devices.list doesn't show the exceptions */
		if (write_line(new.allow ? allow : deny, hierarchy, new.allow, "a", err) < 0)
			return -1;
		old.list.n = 0;
	}
	return change_exceptions((int[]){ deny, allow }, hierarchy, &old, &new, err);
}
