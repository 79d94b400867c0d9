/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/ids/subids.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/passwd.h"
#include "base/process.h"

const char *const subid_files[] = { [SUBUID] = "/etc/subuid", [SUBGID] = "/etc/subgid" };

static bool is_number(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* "owner:first:count" */
static bool parse_line(struct arena *arena, const char *line, size_t len, struct subid_range *range)
{
	cleanup_free char *copy = mem_printf("%.*s", (int)len, line);
	char *rest = copy, *owner = strsep(&rest, ":"), *first = strsep(&rest, ":"),
	     *count = strsep(&rest, ":");
	uintmax_t from, n;

	if (owner == NULL || *owner == '\0' || *owner == '#' || first == NULL || count == NULL ||
		!is_number(first) || !is_number(count))
		return false;
	from = strtoumax(first, NULL, 10);
	n = strtoumax(count, NULL, 10);
	if (n == 0 || from > UINT32_MAX || n > (uintmax_t)UINT32_MAX - from + 1)
		return false;
	*range = (struct subid_range){ arena_strdup(arena, owner), (uint32_t)from,
		n > UINT32_MAX ? UINT32_MAX : (uint32_t)n };
	return true;
}

void subids_parse(struct arena *arena, const char *text, subid_list *out, string_list *bad)
{
	size_t lines = 1;

	*out = (subid_list){ 0 };
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	out->v = arena_alloc(arena, lines * sizeof *out->v);
	if (bad != NULL)
		*bad = (string_list){ arena_alloc(arena, lines * sizeof *bad->v), 0 };
	for (const char *line = text; *line != '\0'; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");

		if (parse_line(arena, line, len, &out->v[out->n]))
			out->n++;
		else if (bad != NULL && len > 0 && *line != '#')
			bad->v[bad->n++] = arena_strndup(arena, line, len);
		line += len;
	}
}

int subids_read(struct arena *arena, enum subid_kind kind, subid_list *out, string_list *bad,
	struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	*out = (subid_list){ 0 };
	if (file_read(AT_FDCWD, subid_files[kind], &text, err) < 0)
		return errno == ENOENT ? 0 : -1;
	if (text.data != NULL)
		subids_parse(arena, text.data, out, bad);
	return 0;
}

/* Returns the source that nsswitch.conf names instead of files ("sss"), or NULL. */
static const char *source_of_subids(struct arena *arena)
{
	cleanup_buf struct buf text = { 0 };
	const char *line;
	char source[64];

	if (file_read(AT_FDCWD, "/etc/nsswitch.conf", &text, NULL) < 0)
		return NULL;
	for (line = text.data; line != NULL; line = strchr(line, '\n'), line += line != NULL)
		if (sscanf(line, " subid: %63s", source) == 1)
			return strcmp(source, "files") == 0 ? NULL : arena_strdup(arena, source);
	return NULL;
}

/* Runs getsubids(1), which prints "0: owner first count" for each range. */
static int ask_getsubids(struct arena *arena, enum subid_kind kind, const char *name,
	subid_list *out, struct error *err)
{
	char *const argv[] = { (char *)"getsubids", kind == SUBGID ? (char *)"-g" : (char *)name,
		kind == SUBGID ? (char *)name : NULL, NULL };
	cleanup_fd int from = -1, to = -1;
	cleanup_buf struct buf text = { 0 };
	posix_spawn_file_actions_t actions;
	extern char **environ;
	int ends[2], used, result;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "make a pipe");
	from = ends[0];
	to = ends[1];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
		0); /* getsubids prints an error for a user without ranges: hide it */
	errno = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (errno != 0)
		return error_errno(err, "run getsubids, which nsswitch.conf asks for");
	fd_close(&to);
	result = fd_read_all(from, &text, err);
	fd_close(&from);     /* one that still writes would never end */
	process_wait(child); /* ignore the status: it is 1 if the user has no ranges */
	if (result < 0)
		return -1;
	out->v = arena_alloc(arena, (text.len / 8 + 1) * sizeof *out->v);
	for (const char *line = text.data; line != NULL && *line != '\0'; line += used) {
		struct subid_range *range = &out->v[out->n];

		if (sscanf(line, "%*d: %*s %" SCNu32 " %" SCNu32 " %n", &range->first,
			    &range->count, &used) < 2)
			break;
		range->owner = arena_strdup(arena, name);
		out->n++;
	}
	return 0;
}

/* True if the line gives its range to the user, by name or by number. */
static bool is_of(const struct subid_range *range, const char *name, uid_t uid)
{
	char number[16];

	snprintf(number, sizeof number, "%u", uid);
	return strcmp(range->owner, name) == 0 ||
		(uid != (uid_t)-1 && strcmp(range->owner, number) == 0);
}

int subids_of(struct arena *arena, enum subid_kind kind, const char *name, uid_t uid,
	subid_list *out, struct error *err)
{
	subid_list all;
	size_t n = 0;

	*out = (subid_list){ 0 };
	if (name != NULL && source_of_subids(arena) != NULL)
		return ask_getsubids(arena, kind, name, out, err);
	if (subids_read(arena, kind, &all, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (is_of(&all.v[i], name != NULL ? name : "", uid))
			all.v[n++] = all.v[i];
	*out = all;
	out->n = n;
	return 0;
}

/* ---- free ranges ---- */

static void add_range(struct arena *arena, subid_list *list, const struct subid_range *range)
{
	*LIST_ADD(arena, list) = *range;
}

static void add_accounts(struct arena *arena, enum account_kind kind, subid_list *taken)
{
	cleanup_buf struct buf buf = { 0 };
	char *text = passwd_read(kind, &buf);
	struct account account;

	while (passwd_next(&text, kind, &account))
		if (account.id >= ID_UNIT) /* lower IDs are never assigned to containers */
			add_range(arena, taken,
				&(struct subid_range){
					arena_strdup(arena, account.name), account.id, 1 });
}

int subids_taken(struct arena *arena, subid_list *taken, struct error *err)
{
	*taken = (subid_list){ 0 };
	for (int kind = SUBUID; kind <= SUBGID; kind++) {
		subid_list lines;

		if (subids_read(arena, kind, &lines, NULL, err) < 0)
			return -1;
		for (size_t i = 0; i < lines.n; i++)
			add_range(arena, taken, &lines.v[i]);
		add_accounts(arena, kind == SUBUID ? ACCOUNT_USER : ACCOUNT_GROUP, taken);
	}
	return 0;
}

/*
 * Returns the end of the taken range that reaches furthest into [first, first + count); 0: all are
 * free.
 */
static uint64_t end_of_taken(const subid_list *taken, uint64_t first, uint32_t count)
{
	uint64_t last = 0;

	for (size_t i = 0; i < taken->n; i++) {
		uint64_t end = (uint64_t)taken->v[i].first + taken->v[i].count;

		if (taken->v[i].first < first + count && end > first && end > last)
			last = end;
	}
	return last;
}

uint32_t subids_free(const subid_list *taken, uint32_t count)
{
	uint64_t first = ID_UNIT, end;

	while ((end = end_of_taken(taken, first, count)) > 0)
		first = (end + ID_UNIT - 1) / ID_UNIT * ID_UNIT;
	return first + count <= UINT32_MAX ? (uint32_t)first : 0; /* 4294967295 isn't an ID */
}

struct subid_range subids_reserve_kubelet(struct arena *arena, subid_list *taken)
{
	struct subid_range range = { "kubelet", 0, KUBELET_PODS * ID_UNIT };
	subid_list others = { arena_alloc(arena, (taken->n + 1) * sizeof *others.v), 0 };
	uid_t uid = passwd_uid_of(range.owner);

	for (size_t i = 0; i < taken->n; i++)
		if (!is_of(&taken->v[i], range.owner, uid))
			others.v[others.n++] = taken->v[i];
	for (size_t i = 0; i < taken->n; i++) {
		const struct subid_range *own = &taken->v[i];

		if (is_of(own, range.owner, uid) && own->first >= ID_UNIT &&
			own->first % ID_UNIT == 0 && own->count % ID_UNIT == 0 &&
			own->count >= range.count &&
			end_of_taken(&others, own->first, own->count) == 0)
			return *own;
	}
	range.first = subids_free(&others, range.count);
	if (range.first > 0)
		add_range(arena, taken, &range);
	return range;
}
