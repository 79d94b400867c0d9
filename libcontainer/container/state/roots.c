/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/state/roots.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* The --root that each engine passes to its runtime. */
static const char *const patterns[] = {
	RUNSTATEDIR "/hull", /* NOLINT(bugprone-suspicious-missing-comma): two literals, one path */
	"/run/containerd/runc/*",  /* containerd: one per namespace */
	"/run/docker/runtime-*/*", /* Docker: runtime-runc/moby */
	"/run/runc",               /* CRI-O, podman: the default root of the runtime that */
	"/run/crun",               /* hull replaces */
	"/run/user/*/hull",        /* rootless */
	"/run/user/*/runc",
	"/run/user/*/crun",
	"/run/user/*/containerd/runc/*",
	"/run/user/*/docker/runtime-*/*",
};

static void add_root(string_list *roots, struct arena *arena, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (strcmp(roots->v[i], path) == 0)
			return;
	*LIST_ADD(arena, roots) = arena_strdup(arena, path);
}

static void add_matches(string_list *roots, struct arena *arena, const char *pattern)
{
	glob_t found = { 0 };

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_root(roots, arena, found.gl_pathv[i]);
	globfree(&found);
}

void roots_find(const struct runtime *rt, struct arena *arena, string_list *roots)
{
	static const char *const own[] = { "hull", "runc", "crun", "containerd/runc/*" };
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");

	*roots = (string_list){ 0 };
	add_root(roots, arena, rt->root);
	if (!rt->root_is_default)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		add_matches(roots, arena, patterns[i]);
	for (size_t i = 0; runtime_dir != NULL && *runtime_dir == '/' && i < ARRAY_SIZE(own); i++)
		add_matches(roots, arena, arena_printf(arena, "%s/%s", runtime_dir, own[i]));
}
