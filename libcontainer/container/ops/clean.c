/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `doctor --clean`: removes what hull keeps between containers. All of it is made again when it is
 * needed, so this is safe while containers run. The FILES section of hull(8) lists the same places.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/list.h"
#include "container/container.h"
#include "container/state/ranges.h"

/* Caches of the host: each a directory, with the files in it. */
static const struct cache {
	const char *pattern;
	bool is_mounted; /* over itself */
} caches[] = {
	{ RUNSTATEDIR "/hull/@mntns", true },
	{ RUNSTATEDIR "/hull/@seccomp*", false },
	{ "/sys/fs/bpf/hull-devices-*", false },
};

static void note(string_list *removed, struct arena *arena, const char *path)
{
	*LIST_ADD(arena, removed) = arena_strdup(arena, path);
}

static int remove_directory(const char *path, struct error *err)
{
	cleanup_free char *pattern = mem_printf("%s/*", path);
	glob_t files = { 0 };

	if (glob(pattern, GLOB_PERIOD | GLOB_NOSORT, NULL, &files) == 0)
		for (size_t i = 0; i < files.gl_pathc; i++)
			unlink(files.gl_pathv[i]); /* what stays makes rmdir(2) fail */
	globfree(&files);
	return rmdir(path) < 0 && errno != ENOENT ? error_errno(err, "remove %s", path) : 0;
}

static int clean(
	const struct cache *cache, struct arena *arena, string_list *removed, struct error *err)
{
	glob_t found = { 0 };
	int result = 0;

	if (glob(cache->pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
			const char *path = found.gl_pathv[i];

			/* EINVAL: it isn't a mount point */
			if (cache->is_mounted && umount2(path, MNT_DETACH) < 0 && errno != EINVAL)
				result = error_errno(err, "unmount %s", path);
			else if ((result = remove_directory(path, err)) == 0)
				note(removed, arena, path);
		}
	globfree(&found);
	return result;
}

int container_clean(
	const struct runtime *rt, struct arena *arena, string_list *removed, struct error *err)
{
	*removed = (string_list){ 0 };
	for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(caches); i++)
		if (clean(&caches[i], arena, removed, err) < 0)
			return -1;
	if (ranges_forget(rt))
		note(removed, arena,
			"the record of IDs that --userns=auto gave to containers that are gone");
	if (rt->root_is_default && rmdir(rt->root) == 0)
		note(removed, arena, rt->root);
	return 0;
}
