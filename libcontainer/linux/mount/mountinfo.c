/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/mountinfo.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"

/*
 * Decodes \\ooo, by which the kernel escapes space, tab, newline and backslash
 * (proc_pid_mountinfo(5)).
 */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' &&
			from[3] != '\0') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

/*
 * "id parent major:minor root point options [shared:1 unbindable ...] - type source super-options"
 */
static bool parse_line(char *line, struct mount_entry *entry)
{
	char *dash = strstr(line, " - "), *fields[6];

	if (dash == NULL)
		return false;
	for (size_t i = 0; i < 6; i++) {
		fields[i] = strsep(&line, " ");
		if (fields[i] == NULL || line == NULL)
			return false;
	}
	*dash = '\0';
	dash += 3;
	*entry = (struct mount_entry){ .point = unescape(fields[4]),
		.root = unescape(fields[3]),
		.options = fields[5],
		.type = strsep(&dash, " "),
		.id = strtoull(fields[0], NULL, 10),
		.unbindable = strstr(line, "unbindable") != NULL };
	strsep(&dash, " "); /* skip the source */
	entry->filesystem_options = dash != NULL ? dash : "";
	return true;
}

void mountinfo_parse(struct arena *arena, const char *text, size_t len, mount_entries *out)
{
	size_t lines = 1;
	char *rest;

	*out = (mount_entries){ 0 };
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	out->v = arena_alloc(arena, lines * sizeof *out->v);
	rest = arena_strndup(arena, text, len);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		out->n += parse_line(line, &out->v[out->n]);
}

static int read_file(struct arena *arena, const char *path, mount_entries *out, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	mountinfo_parse(arena, text.data, text.len, out);
	return 0;
}

int mountinfo_read(struct arena *arena, mount_entries *out, struct error *err)
{
	return read_file(arena, "/proc/self/mountinfo", out, err);
}

int mountinfo_read_of(struct arena *arena, pid_t pid, mount_entries *out, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
	return read_file(arena, path, out, err);
}

const struct mount_entry *mountinfo_of(const mount_entries *entries, const char *path)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; i < entries->n; i++) {
		const struct mount_entry *entry = &entries->v[i];

		if (path_is_below(path, entry->point) &&
			(best == NULL || strlen(entry->point) >= strlen(best->point)))
			best = entry;
	}
	return best;
}

_Bool mount_options_have(const char *options, const char *option)
{
	size_t len = strlen(option);

	for (const char *at = options; at != NULL;
		at = strchr(at, ','), at = at != NULL ? at + 1 : NULL)
		if (strncmp(at, option, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	return false;
}

_Bool mount_entry_has(const struct mount_entry *entry, const char *option)
{
	return mount_options_have(entry->options, option);
}

uint64_t mount_id_of(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 && st.stx_mask & STATX_MNT_ID
		? st.stx_mnt_id
		: 0;
}
