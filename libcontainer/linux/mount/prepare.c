/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In the opener, after the container's user namespace exists: sets ID mappings, flags and
 * propagation of the trees.
 */
#include "base/error.h"
#include "base/sys.h"
#include "linux/mount/internal.h"

/*
 * True if the options set a propagation for the whole tree, so that setting a default first is
 * unnecessary.
 */
static bool sets_propagation(const struct mount_plan *plan)
{
	return (plan->options.propagation & MS_REC) && !(plan->options.propagation & MS_SHARED) &&
		plan->mapping.uids == NULL;
}

static int prepare(const struct mount_plan *plan, struct mount_state *state,
	struct mapping_pool *pool, struct error *err)
{
	if (!sets_propagation(plan) &&
		attributes_propagate(state->tree, attributes_propagation(plan, pool->preparation),
			plan->pointer, err) < 0)
		return -1;
	if (plan->mapping.uids != NULL && mapping_apply(plan, state, pool, err) < 0)
		return -1;
	if (attributes_clear_implied(plan, state->tree, err) < 0)
		return -1;
	return attributes_apply(state->tree, plan, err);
}

int mount_map_inner(const struct mounts *mounts, size_t i, int tree,
	const struct mount_preparation *preparation, struct error *err)
{
	struct mapping_pool pool = { .preparation = preparation };
	struct mount_state state = { .tree = tree };
	int result = mounts->plan[i].mapping.uids == NULL
		? error_set(err, EPROTO, "%s: no ID mapping", mounts->plan[i].pointer)
		: mapping_apply(&mounts->plan[i], &state, &pool, err);

	mapping_pool_close(&pool);
	return result;
}

int mounts_prepare(
	struct mounts *mounts, const struct mount_preparation *preparation, struct error *err)
{
	struct mapping_pool pool = { .preparation = preparation };
	int result = 0;

	for (size_t i = 0; i < mounts->n && result == 0; i++)
		if (mounts->state[i].tree >= 0)
			result = prepare(&mounts->plan[i], &mounts->state[i], &pool, err);
	mapping_pool_close(&pool);
	return result;
}
