/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mount options, one a line. Whatever they are, set and clear never contradict each other but for
 * the access time, and lines of idmap= are the same number of IDs before and after they are made
 * absolute.
 */
#include "spec/mount_options.h"

#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sys.h"
#include "fuzz.h"

static uint64_t ids(const oci_id_mappings *mappings)
{
	uint64_t n = 0;

	for (size_t i = 0; i < mappings->n; i++)
		n += mappings->v[i].size;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_id_mapping lines[] = { { 0, 1000, 1 }, { 1, 100000, 65535 },
		{ 70000, 4294900000, 10 } };
	const oci_id_mappings container = { lines, ARRAY_SIZE(lines) };
	cleanup_arena struct arena arena = { 0 };
	struct oci_mount mount = { .destination = "/d", .type = size % 2 ? "ext4" : "tmpfs" };
	struct mount_options out;
	struct error err;
	char *text = arena_strndup(&arena, (const char *)data, size), *rest;
	uint64_t uids, gids;

	mount.options.v = arena_alloc(&arena, (size + 1) * sizeof *mount.options.v);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		mount.options.v[mount.options.n++] = line;
	if (mount_options_parse(&arena, "/mounts/0", &mount, &out, &err) < 0)
		return 0;
	require((out.attr_set & out.attr_clear & ~(uint64_t)MOUNT_ATTR__ATIME) == 0,
		"set or cleared");
	require((out.rec_attr_set & out.rec_attr_clear & ~(uint64_t)MOUNT_ATTR__ATIME) == 0,
		"set or cleared, recursively");
	require((out.attr_set & MOUNT_ATTR__ATIME) == 0 ||
			(out.attr_clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME,
		"access time is one value");
	require(!out.recursive_bind || out.bind, "rbind is a bind");
	uids = ids(&out.uid_mappings);
	gids = ids(&out.gid_mappings);
	if (mount_options_resolve(&arena, "/mounts/0", &out, &container, &container, &err) == 0)
		require(ids(&out.uid_mappings) == uids && ids(&out.gid_mappings) == gids,
			"as many IDs as before");
	return 0;
}
