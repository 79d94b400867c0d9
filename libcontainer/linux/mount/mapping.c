/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ID mapping of a mount: where it comes from, and which user namespace has it.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"

/* UIDs and GIDs each take their mapping from the first row that has one. */
int mapping_plan(const struct mount_context *context, struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	const struct {
		const oci_id_mappings *uids, *gids;
		bool asks; /* true: a mapping in this row asks for an ID-mapped mount */
	} sources[] = {
		/* idmap=uids=...;gids=... */
		{ &options->uid_mappings, &options->gid_mappings, false },
		/* mounts[].uidMappings, gidMappings */
		{ &plan->mount->uid_mappings, &plan->mount->gid_mappings,
			plan->mount->uid_mappings.n > 0 },
		/* linux.uidMappings, gidMappings, for the options idmap and ridmap */
		{ context->uid_mappings, context->gid_mappings,
			options->idmap || options->recursive_idmap },
	};
	struct mount_mapping *mapping = &plan->mapping;
	bool asked = false;

	for (size_t i = ARRAY_SIZE(sources); i-- > 0;) {
		asked = asked || sources[i].asks;
		if (mapping->uids == NULL || sources[i].uids->n > 0)
			mapping->uids = sources[i].uids;
		if (mapping->gids == NULL || sources[i].gids->n > 0)
			mapping->gids = sources[i].gids;
	}
	mapping->recursive = options->recursive_idmap;
	mapping->implied = mapping->uids == context->uid_mappings;
	if (asked && mapping->uids->n == 0)
		return error_set(err, 0,
			"%s: idmap needs uidMappings and gidMappings, or a container with a user "
			"namespace",
			plan->pointer);
	if (!asked)
		*mapping = (struct mount_mapping){ 0 };
	return 0;
}

/* Kept until mapping_pool_close(). */
struct pooled_mapping {
	const struct mount_mapping *mapping;
	int userns;
};

static bool same(const struct mount_mapping *mapping, const oci_id_mappings *uids,
	const oci_id_mappings *gids)
{
	return id_mappings_same(mapping->uids, uids) && id_mappings_same(mapping->gids, gids);
}

/*
 * True if the superblock belongs to the container's user namespace: the kernel doesn't ID-map such
 * mounts with it.
 */
static bool is_of_container(const struct mount_plan *plan)
{
	return plan->around != NULL && plan->around->kind == MOUNT_FILESYSTEM;
}

/*
 * Uses the container's user namespace if its mapping is equal, else one made for an earlier mount,
 * else a new one. Returns its fd, which the pool owns; or -1.
 */
static int mapping_find(struct mapping_pool *pool, const struct mount_plan *plan, struct error *err)
{
	const struct mount_preparation *preparation = pool->preparation;
	const struct mount_context *context = preparation->context;
	const struct mount_mapping *mapping = &plan->mapping;
	int userns = preparation->userns_fd;

	if (userns >= 0 && !is_of_container(plan) &&
		same(mapping, context->uid_mappings, context->gid_mappings))
		return userns;
	for (size_t i = 0; i < pool->made.n; i++)
		if (same(mapping, pool->made.v[i].mapping->uids, pool->made.v[i].mapping->gids))
			return pool->made.v[i].userns;
	userns = userns_make(mapping->uids, mapping->gids, preparation->privileged, err);
	if (userns < 0)
		return error_prefix(err, "%s/uidMappings", plan->pointer);
	*LIST_ADD(context->arena, &pool->made) = (struct pooled_mapping){ mapping, userns };
	return userns;
}

void mapping_pool_close(struct mapping_pool *pool)
{
	while (pool->made.n > 0)
		fd_close(&pool->made.v[--pool->made.n].userns);
}

/*
 * Returns the bind of a host path through which the host can reach the files, and appends to
 * `below` where in its source the mount begins; NULL if there is none. (create/trees.c
 * checks the rootfs itself.)
 */
static const struct mount_plan *bind_of_host(const struct mount_plan *plan, struct buf *below)
{
	const struct mount_plan *bind = NULL;

	if (plan->kind == MOUNT_BIND)
		return plan;
	if (plan->kind != MOUNT_INNER_BIND || plan->around == NULL)
		return NULL;
	bind = bind_of_host(plan->around, below);
	buf_printf(below, "%s", plan->inner + strlen(plan->around->destination));
	return bind;
}

/* True if the host still has this file at the path, rather than another mount over it. */
static bool is_file(const char *path, int tree)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(tree, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino;
}

/* Checks a volume to which container root can write as host root. */
static int guard(const struct mount_plan *plan, int tree, const struct mount_context *context,
	struct error *err)
{
	uint64_t readonly = plan->options.attr_set | plan->options.rec_attr_set;
	enum exposure_policy policy = context->exposure_policy;
	cleanup_buf struct buf below = { 0 };
	const struct mount_plan *bind = bind_of_host(plan, &below);
	cleanup_free char *source = NULL, *path = NULL;

	if (policy == EXPOSURE_BY_ORIGIN)
		policy = plan->mapping.implied ? EXPOSURE_REFUSE : EXPOSURE_WARN;
	if (!context->user_namespace || bind == NULL || plan->late_readonly ||
		readonly & MOUNT_ATTR_RDONLY || id_mappings_to_host(plan->mapping.uids, 0) < 0)
		return 0;
	source = source_absolute(context, bind);
	if (below.len > 0)
		path = mem_printf("%s%s", source, below.data);
	if (exposure_guard(plan->pointer, path != NULL && is_file(path, tree) ? path : source,
		    &(struct exposure_ids){ context->uid_mappings, context->gid_mappings }, policy,
		    err) == 0)
		return 0;
	return error_hint(err, "the annotation io.hull.idmap.exposed=warn mounts it all the same");
}

int mapping_apply(const struct mount_plan *plan, struct mount_state *state,
	struct mapping_pool *pool, struct error *err)
{
	const struct mount_context *context = pool->preparation->context;
	cleanup_free char *absolute = plan->options.bind ? source_absolute(context, plan) : NULL;
	const char *source = absolute != NULL ? absolute
		: plan->mount->source != NULL ? plan->mount->source
					      : plan->mount->type;
	int userns = mapping_find(pool, plan, err), mapped;

	if (userns < 0)
		return -1;
	mapped = fallback_map_tree(plan, state, pool, userns, source, err);
	return mapped > 0 ? guard(plan, state->tree, context, err) : mapped;
}
