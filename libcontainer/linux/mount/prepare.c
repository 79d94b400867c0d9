/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On the host's side, when the container's user namespace is there: ID mappings, flags and
 * propagation of the trees.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"

/* The mount's own mapping, from its option or property, else the container's. */
static const oci_id_mappings *mapping_of(const oci_id_mappings *option,
	const oci_id_mappings *property, const oci_id_mappings *container)
{
	return option->n > 0 ? option : property->n > 0 ? property : container;
}

static void keep_mapping(struct mapping_pool *pool, const struct mapping *mapping)
{
	*LIST_ADD(pool->context->arena, &pool->made) = *mapping;
}

static int find_mapping(struct mapping_pool *pool, const struct mount_plan *plan,
	struct mapping *mapping, struct error *err)
{
	const struct mount_context *context = pool->context;

	mapping->uids = mapping_of(
		&plan->options.uid_mappings, &plan->mount->uid_mappings, context->uid_mappings);
	mapping->gids = mapping_of(
		&plan->options.gid_mappings, &plan->mount->gid_mappings, context->gid_mappings);
	mapping->userns = pool->own;
	if (pool->own >= 0 && mapping_same(mapping->uids, context->uid_mappings) &&
		mapping_same(mapping->gids, context->gid_mappings))
		return 0;
	if (mapping->uids->n == 0)
		return error_set(err, 0,
			"%s: idmap needs uidMappings and gidMappings, or a container with a user "
			"namespace",
			plan->pointer);
	for (size_t i = 0; i < pool->made.n; i++) {
		const struct mapping *made = &pool->made.v[i];

		mapping->userns = made->userns;
		if (mapping_same(mapping->uids, made->uids) &&
			mapping_same(mapping->gids, made->gids))
			return 0;
	}
	mapping->userns = userns_make(mapping->uids, mapping->gids, pool->privileged, err);
	if (mapping->userns < 0)
		return error_prefix(err, "%s/uidMappings", plan->pointer);
	keep_mapping(pool, mapping);
	return 0;
}

/*
 * Checks a volume that container root can write to as host root. (Sources inside the rootfs are
 * guarded with the rootfs.)
 */
static int guard(const struct mount_plan *plan, const struct mapping *mapping, const char *source,
	const struct mount_context *context, struct error *err)
{
	uint64_t readonly = plan->options.attr_set | plan->options.rec_attr_set;
	enum exposure_policy policy = context->exposure_policy;

	if (policy == EXPOSURE_BY_ORIGIN)
		policy = mapping->uids == context->uid_mappings ? EXPOSURE_REFUSE : EXPOSURE_WARN;
	if (!context->user_namespace || !plan->options.bind || plan->inner != NULL ||
		plan->late_readonly || readonly & MOUNT_ATTR_RDONLY ||
		mapping_to_host(mapping->uids, 0) < 0 ||
		exposure_guard(plan->pointer, source, policy, err) == 0)
		return 0;
	return error_hint(err, "the annotation io.hull.idmap.exposed=warn mounts it all the same");
}

static int map_ids(struct mount_plan *plan, struct mapping_pool *pool, unsigned long propagation,
	struct error *err)
{
	enum idmap_fallback fallback = pool->context->idmap_fallback;
	cleanup_free char *absolute =
		plan->options.bind ? source_absolute(pool->context, plan) : NULL;
	const char *source = absolute != NULL ? absolute
		: plan->mount->source != NULL ? plan->mount->source
					      : plan->mount->type;
	struct mapping mapping = { .partial = fallback == IDMAP_FALLBACK_PARTIAL &&
			plan->options.recursive_idmap };

	if (find_mapping(pool, plan, &mapping, err) < 0)
		return -1;
	if (idmap_apply(plan->tree, mapping.userns, plan->options.recursive_idmap, plan->pointer,
		    source, err) == 0 ||
		(plan->options.bind && plan->inner == NULL &&
			parts_map(plan, pool, &mapping, propagation, err) == 0))
		return guard(plan, &mapping, source, pool->context, err);
	if (fallback != IDMAP_FALLBACK_PLAIN)
		return error_hint(err,
			"the annotation io.hull.idmap.fallback=plain mounts it without a mapping");
	log_warning("%s; it is mounted without a mapping: its files belong to 65534 inside, or to "
		    "whoever has their ids there",
		err->text);
	return 0;
}

/*
 * A clone is a peer of the host's mount, and propagates to it what is mounted over it in the
 * container. Make it private, unless both its own options and the rootfs's ask for sharing.
 */
static int prepare_tree(struct mount_plan *plan, struct mapping_pool *pool,
	unsigned long default_propagation, struct error *err)
{
	unsigned long propagation = plan->cloned ? default_propagation : 0;
	const struct mount_options *options = &plan->options;

	if ((propagation & MS_SHARED) && !(plan->options.propagation & MS_SHARED))
		propagation = MS_SLAVE | MS_REC;
	/* unless the options set another propagation for the whole tree */
	if (((options->propagation & MS_REC) == 0 || (options->propagation & MS_SHARED) ||
		    mount_has_id_mapping(plan)) &&
		attributes_propagate(plan->tree, propagation, plan->pointer, err) < 0)
		return -1;
	if (mount_has_id_mapping(plan) && map_ids(plan, pool, propagation, err) < 0)
		return -1;
	if (attributes_clear_implied(plan, plan->tree, err) < 0)
		return -1;
	return attributes_apply(plan->tree, options, plan->pointer, err);
}

int mounts_prepare(struct mount_plans *plans, const struct mount_context *context, int userns_fd,
	unsigned long default_propagation, bool privileged, struct error *err)
{
	struct mapping_pool pool = {
		.context = context, .own = userns_fd, .privileged = privileged
	};
	int result = 0;

	for (size_t i = 0; i < plans->n && result == 0; i++)
		if (plans->v[i].kind == MOUNT_TREE)
			result = prepare_tree(&plans->v[i], &pool, default_propagation, err);
	while (pool.made.n > 0)
		fd_close(&pool.made.v[--pool.made.n].userns);
	return result;
}
