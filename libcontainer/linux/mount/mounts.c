/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of kinds of mounts: what is done for each, and by which process.
 */
#include "linux/mount/mounts.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/mount/internal.h"

static const struct {
	/* the opener: opens a detached tree, which mounts_prepare() then prepares */
	int (*open)(const struct mount_context *context, const struct mount_plan *plan,
		struct mount_state *state, struct error *err);
	/* inside: the same, for a tree that exists only there */
	int (*open_inside)(struct mounts *mounts, size_t i, int rootfd,
		const struct mount_requests *requests, struct error *err);
	/* inside */
	int (*attach)(const struct mount_plan *plan, struct mount_state *state,
		const struct mount_target *target, struct error *err);
} kinds[] = {
	[MOUNT_BIND] = { source_open, NULL, attach_tree },
	[MOUNT_ROOTFS_BIND] = { source_open_in_rootfs, NULL, attach_tree },
	[MOUNT_INNER_BIND] = { NULL, source_open_inner, attach_tree },
	[MOUNT_FILESYSTEM] = { NULL, NULL, attach_filesystem },
	[MOUNT_HOST_MADE] = { filesystem_open, NULL, attach_tree },
	[MOUNT_FOREIGN] = { foreign_open, NULL, attach_tree },
	[MOUNT_CGROUP] = { NULL, NULL, attach_cgroup },
	[MOUNT_REMOUNT] = { NULL, NULL, attach_remount },
	[MOUNT_SYMLINK] = { NULL, NULL, NULL }, /* attach_symlink(): it has no mountpoint */
};

int mount_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err)
{
	/* in parentheses, because base/compat.h makes open() a macro on musl */
	return kinds[plan->kind].open != NULL ? (kinds[plan->kind].open)(context, plan, state, err)
					      : 0;
}

int mounts_open(const struct mount_context *context, struct mounts *mounts, struct error *err)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mount_open(context, &mounts->plan[i], &mounts->state[i], err) < 0)
			return -1;
	return 0;
}

void mounts_close(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		fd_close(&mounts->state[i].tree);
		mount_state_close_parts(&mounts->state[i]);
		if (mounts->plan[i].kind == MOUNT_CGROUP)
			cgroup_mount_plan_close(&mounts->state[i].cgroup);
	}
	mounts->n = 0;
	places_free(&mounts->destinations);
}

static int attach(struct mounts *mounts, size_t i, int rootfd,
	const struct mount_requests *requests, bool locks, struct error *err)
{
	const struct mount_plan *plan = &mounts->plan[i];
	struct mount_state *state = &mounts->state[i];
	struct mount_target target = { .fd = -1, .locks = locks };
	int result;

	if (strcmp(plan->destination, "/") == 0)
		return error_set(
			err, 0, "%s/destination: nothing can be mounted on /", plan->pointer);
	if (plan->kind == MOUNT_SYMLINK)
		return attach_symlink(plan, rootfd, err);
	if (kinds[plan->kind].open_inside != NULL &&
		kinds[plan->kind].open_inside(mounts, i, rootfd, requests, err) < 0)
		return -1;
	if (target_open(plan, state->tree, rootfd, requests, &target, err) < 0)
		return -1;
	result = kinds[plan->kind].attach(plan, state, &target, err);
	fd_close(&target.fd);
	return result;
}

int mount_attach(struct mounts *mounts, size_t i, int rootfd, const struct mount_requests *requests,
	struct error *err)
{
	return attach(mounts, i, rootfd, requests, false, err);
}

static int refuse_mountpoint(void *context, bool directory, const char *path, struct error *err)
{
	(void)context;
	return error_set(err, EACCES, "make the mountpoint %s, a %s, as the container's root", path,
		directory ? "directory" : "file");
}

int mount_attach_live(struct mounts *mounts, size_t i, int rootfd, bool locks, struct error *err)
{
	/*
	 * can't be called: a MOUNT_INNER_BIND with a mapping isn't planned for a running container
	 */
	const struct mount_requests nobody = { .make_mountpoint = refuse_mountpoint };
	const struct mount_plan *plan = &mounts->plan[i];
	int tree;

	if (attach(mounts, i, rootfd, &nobody, locks, err) < 0)
		return -1;
	tree = mounts->state[i].tree;
	return plan->late_propagation == 0 || tree < 0
		? 0
		: attributes_propagate(tree, plan->late_propagation, plan->pointer, err);
}
