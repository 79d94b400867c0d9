/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hull tries if a tree can't be ID-mapped as a whole, in this order:
 * - the tree in parts, each mount alone. A mount that already has a mapping gets both (Linux 6.15).
 *   With the annotation io.hull.idmap.fallback=partial, a mount that can't be mapped stays
 *   unmapped, with a warning.
 * - with io.hull.idmap.fallback=plain: the tree without a mapping, with a warning.
 * - else an error that names the mount and its filesystem.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"
#include "linux/mount/mountinfo.h"

/* What splitting a tree needs. */
struct split {
	const struct mount_plan *plan;
	struct mount_state *state;
	const struct mount_preparation *preparation;
	int userns;
};

static void warn_unmapped(const struct error *why)
{
	log_warning("%s; it is mounted without a mapping: its files belong to 65534 inside, or to "
		    "whoever has their ids there",
		why->text);
}

/*
 * If the mount at `source` is ID-mapped: since Linux 6.15 a clone can get both mappings composed.
 * Returns -1 if that doesn't apply.
 */
static int open_mapped_again(int source, const struct split *split)
{
	struct arena *arena = split->preparation->context->arena;
	const struct mount_mapping *then = &split->plan->mapping;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	oci_id_mappings first_uids, first_gids, uids, gids;
	cleanup_fd int userns = -1;
	char path[FD_PATH_MAX];

	if (idmap_read(arena, fd_path(path, source), &first_uids, &first_gids) < 0)
		return -1;
	idmap_compose(arena, &first_uids, then->uids, &uids);
	idmap_compose(arena, &first_gids, then->gids, &gids);
	if (uids.n > 0 && gids.n > 0)
		userns = userns_make(&uids, &gids, split->preparation->privileged, NULL);
	attr.userns_fd = (unsigned)userns;
	return userns < 0 ? -1
			  : sys_open_tree_attr(source, "",
				    AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, &attr);
}

/* Clones only the mount at `point` and, if `map` is true, ID-maps it. */
static int open_part(
	int source, const char *point, const struct split *split, bool map, struct error *err)
{
	const struct mount_plan *plan = split->plan;
	cleanup_fd int tree =
		open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int again;

	if (tree < 0)
		return error_errno(err, "%s/source: open the mount of %s", plan->pointer, point);
	if (!map || idmap_apply(tree, split->userns, false, plan->pointer, point, err) == 0)
		return fd_take(&tree);
	again = err->code == EPERM ? open_mapped_again(source, split) : -1;
	if (again >= 0)
		return again;
	if (split->preparation->context->idmap_fallback != IDMAP_FALLBACK_PARTIAL ||
		!plan->mapping.recursive)
		return -1;
	warn_unmapped(err);
	return fd_take(&tree);
}

/*
 * Handles the mounts below directory `top` that a recursive clone would include: neither covered
 * nor unbindable ones.
 */
static int map_below(const char *top, const struct split *split, struct error *err)
{
	struct arena *arena = split->preparation->context->arena;
	mount_entries entries;

	if (mountinfo_read(arena, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];
		cleanup_fd int source = -1;
		int tree;

		if (strcmp(entry->point, top) == 0 || !path_is_below(entry->point, top) ||
			entry->unbindable)
			continue;
		source = open(entry->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (source < 0 || mount_id_of(source) != entry->id)
			continue;
		tree = open_part(source, entry->point, split, split->plan->mapping.recursive, err);
		if (tree < 0)
			return error_hint(err,
				"it is mounted below %s: idmap instead of ridmap leaves it out, "
				"as does the annotation "
				"io.hull.idmap.fallback with the value partial",
				top);
		mount_take_tree(split->state, arena,
			entry->point + (strcmp(top, "/") == 0 ? 0 : strlen(top)), tree);
	}
	return 0;
}

/* Sets what a recursive call would set on each mount of the tree. */
static int prepare_parts(const struct split *split, struct error *err)
{
	const struct mount_plan *plan = split->plan;
	const struct mount_state *state = split->state;
	unsigned long propagation = attributes_propagation(plan, split->preparation);

	for (size_t i = 0; i < state->parts.n; i++)
		if (attributes_propagate(state->parts.v[i].tree, propagation, plan->pointer, err) <
				0 ||
			attributes_set(state->parts.v[i].tree, plan->options.rec_attr_set,
				plan->options.rec_attr_clear, false, plan->pointer, err) < 0)
			return -1;
	return attributes_propagate(state->tree, propagation, plan->pointer, err);
}

/* Splits the tree into parts, which the init reassembles. The error names the mount. */
static int map_parts(const struct split *split, struct error *err)
{
	const struct mount_plan *plan = split->plan;
	const struct mount_context *context = split->preparation->context;
	cleanup_fd int source = openat(context->bundle_fd, plan->mount->source,
		O_PATH | O_CLOEXEC | (plan->options.src_nofollow ? O_NOFOLLOW : 0));
	char path[FD_PATH_MAX], top[PATH_MAX];
	int tree;

	if (source < 0 || realpath(fd_path(path, source), top) == NULL)
		return error_errno(err, "%s/source: %s", plan->pointer, plan->mount->source);
	tree = open_part(source, top, split, true, err);
	if (tree < 0 || (plan->options.recursive_bind && map_below(top, split, err) < 0)) {
		fd_close(&tree);
		mount_state_close_parts(split->state);
		return -1;
	}
	mount_take_tree(split->state, context->arena, "", tree);
	return prepare_parts(split, err);
}

/* Returns 1 if the tree is ID-mapped, 0 if it is mounted without a mapping, -1 after an error. */
int fallback_map_tree(const struct mount_plan *plan, struct mount_state *state,
	const struct mapping_pool *pool, int userns, const char *source, struct error *err)
{
	const struct split split = { plan, state, pool->preparation, userns };

	if (idmap_apply(state->tree, userns, plan->mapping.recursive, plan->pointer, source, err) ==
		0)
		return 1;
	if (plan->kind == MOUNT_BIND && map_parts(&split, err) == 0)
		return 1;
	if (pool->preparation->context->idmap_fallback != IDMAP_FALLBACK_PLAIN)
		return error_hint(err,
			"the annotation io.hull.idmap.fallback=plain mounts it without a mapping");
	warn_unmapped(err);
	return 0;
}
