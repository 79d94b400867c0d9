/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names of a container's unit and of its slice.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cgroup/systemd/internal.h"

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/*
 * Escapes, like systemd-escape(1), bytes that aren't allowed in a unit's name (+ becomes \x2b), and
 * @, which would make it an instance of a template.
 */
static char *escape(struct arena *arena, const char *text)
{
	char *escaped = arena_alloc(arena, 4 * strlen(text) + 1), *to = escaped;

	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr(":-_.\\", *text))
			*to++ = *text;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
	*to = 0;
	return escaped;
}

static const char *refuse(struct error *err, const char *name, const char *why)
{
	error_set(err, 0, "/linux/cgroupsPath: \"%s\" isn't %s", name, why);
	return NULL;
}

const char *systemd_unit_name(struct arena *arena, const char *cgroups_path, const char *id,
	bool user, const char **slice, struct error *err)
{
	char *text = arena_strdup(arena,
		cgroups_path && *cgroups_path ? cgroups_path : arena_printf(arena, ":hull:%s", id));
	char *prefix = strchr(text, ':'), *name = prefix ? strchr(prefix + 1, ':') : NULL;

	if (!name || strchr(name + 1, ':'))
		return refuse(err, cgroups_path,
			"of the form slice:prefix:name, which the systemd manager wants");
	*prefix++ = 0;
	*name++ = 0;
	if (*text == 0)
		text = arena_strdup(arena, user ? "user.slice" : "system.slice");
	else if (strcmp(text, "-") == 0)
		text = arena_strdup(arena, "-.slice");
	if (!ends_with(text, ".slice") || strchr(text, '/'))
		return refuse(err, text, "the name of a slice, like system.slice");
	if (*name == 0 || strchr(name, '/') || strchr(prefix, '/'))
		return refuse(err, name, "the name of a unit");
	*slice = text;
	name = escape(arena, name);
	prefix = escape(arena, prefix);
	if (ends_with(name, ".slice"))
		return name;
	return *prefix ? arena_printf(arena, "%s-%s.scope", prefix, name)
		       : arena_printf(arena, "%s.scope", name);
}
