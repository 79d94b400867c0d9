/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ID-mapped trees that have to be taken apart: some of their mounts have a mapping already, or
 * can have none.
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

/*
 * If the mount at `source` is ID-mapped: since Linux 6.15 a clone can get both mappings composed.
 * Returns -1 if that doesn't apply.
 */
static int open_mapped_again(
	int source, const struct mapping_pool *pool, const struct mapping *then)
{
	struct arena *arena = pool->context->arena;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	oci_id_mappings first_uids, first_gids, uids, gids;
	cleanup_fd int userns = -1;
	char path[FD_PATH_MAX];

	if (idmap_read(arena, fd_path(path, source), &first_uids, &first_gids) < 0)
		return -1;
	idmap_compose(arena, &first_uids, then->uids, &uids);
	idmap_compose(arena, &first_gids, then->gids, &gids);
	if (uids.n > 0 && gids.n > 0)
		userns = userns_make(&uids, &gids, pool->privileged, NULL);
	attr.userns_fd = (unsigned)userns;
	return userns < 0 ? -1
			  : sys_open_tree_attr(source, "",
				    AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, &attr);
}

/*
 * Clones only the mount at `point` and ID-maps it unless mapping is NULL. With `partial`, warns and
 * leaves it unmapped if it can't be.
 */
static int open_part(int source, const char *point, const struct mount_plan *plan,
	const struct mapping_pool *pool, const struct mapping *mapping, struct error *err)
{
	cleanup_fd int tree =
		open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int again;

	if (tree < 0)
		return error_errno(err, "%s/source: open the mount of %s", plan->pointer, point);
	if (mapping == NULL ||
		idmap_apply(tree, mapping->userns, false, plan->pointer, point, err) == 0)
		return fd_take(&tree);
	again = err->code == EPERM ? open_mapped_again(source, pool, mapping) : -1;
	if (again >= 0)
		return again;
	if (!mapping->partial)
		return -1;
	log_warning("%s; it is mounted without a mapping: its files belong to 65534 inside, or to "
		    "whoever has their ids there",
		err->text);
	return fd_take(&tree);
}

void mount_take_tree(struct mount_plan *plan, struct arena *arena, const char *path, int tree)
{
	if (path[0] == '\0') {
		fd_close(&plan->tree);
		plan->tree = tree;
		return;
	}
	*LIST_ADD(arena, &plan->parts) = (struct mount_part){ arena_strdup(arena, path), tree };
}

/*
 * Handles the mounts below directory `top` that a recursive clone would include: not those that are
 * covered or unbindable.
 */
static int map_below(struct mount_plan *plan, const char *top, const struct mapping_pool *pool,
	const struct mapping *mapping, struct error *err)
{
	struct arena *arena = pool->context->arena;
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
		tree = open_part(source, entry->point, plan, pool,
			plan->options.recursive_idmap ? mapping : NULL, err);
		if (tree < 0)
			return error_hint(err,
				"it is mounted below %s: idmap instead of ridmap leaves it out, "
				"as does the annotation "
				"io.hull.idmap.fallback with the value partial",
				top);
		mount_take_tree(plan, arena,
			entry->point + (strcmp(top, "/") == 0 ? 0 : strlen(top)), tree);
	}
	return 0;
}

/*
 * Splits the tree: clones and ID-maps each mount separately; the init reassembles them. For trees
 * in which some mounts are ID-mapped already or can't be; the error then names the mount.
 */
int parts_map(struct mount_plan *plan, const struct mapping_pool *pool,
	const struct mapping *mapping, unsigned long propagation, struct error *err)
{
	cleanup_fd int source = openat(pool->context->bundle_fd, plan->mount->source,
		O_PATH | O_CLOEXEC | (plan->options.src_nofollow ? O_NOFOLLOW : 0));
	char path[FD_PATH_MAX], top[PATH_MAX];
	int tree;

	if (source < 0 || realpath(fd_path(path, source), top) == NULL)
		return error_errno(err, "%s/source: %s", plan->pointer, plan->mount->source);
	tree = open_part(source, top, plan, pool, mapping, err);
	if (tree < 0 ||
		(plan->options.recursive_bind && map_below(plan, top, pool, mapping, err) < 0)) {
		fd_close(&tree);
		parts_close(plan);
		return -1;
	}
	mount_take_tree(plan, pool->context->arena, "", tree);
	plan->tree_is_new = true;
	for (size_t i = 0; i < plan->parts.n; i++)
		if (attributes_propagate(plan->parts.v[i].tree, propagation, plan->pointer, err) <
				0 ||
			attributes_set(plan->parts.v[i].tree, plan->options.rec_attr_set,
				plan->options.rec_attr_clear, false, plan->pointer, err) < 0)
			return -1;
	return attributes_propagate(plan->tree, propagation, plan->pointer, err);
}

void parts_close(struct mount_plan *plan)
{
	while (plan->parts.n > 0)
		fd_close(&plan->parts.v[--plan->parts.n].tree);
}
