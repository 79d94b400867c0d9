/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to wait until all mounts are attached: read-only, because mountpoints below may still
 * have to be created; and propagation, which locking would remove.
 */
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/internal.h"

static void defer_readonly(struct mount_plan *plan)
{
	plan->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	plan->late_readonly = true;
}

/*
 * A new tmpfs is empty, and podman's pods mount below a read-only /dev: so it always stays writable
 * until mounts_finish(). A bind does so only if another mount of the list is below it.
 */
static bool may_wait(const struct mount_plan *plan, bool is_above)
{
	const char *type = plan->mount->type;
	const struct mount_options *options = &plan->options;

	if (!(((options->attr_set & ~options->rec_attr_clear) | options->rec_attr_set) &
		    MOUNT_ATTR_RDONLY))
		return false;
	return plan->kind == MOUNT_FILESYSTEM || plan->kind == MOUNT_HOST_MADE
		? strcmp(type, "tmpfs") == 0
		: plan->options.bind && plan->kind != MOUNT_SYMLINK && is_above;
}

static void plan_readonly(struct mounts *mounts)
{
	cleanup_places struct places above = { 0 }; /* parents of the later mounts, up to / */

	for (size_t i = mounts->n; i-- > 0;) {
		struct mount_plan *plan = &mounts->plan[i];
		size_t len = strlen(plan->destination);

		if (may_wait(plan, places_has(&above, plan->destination, len)))
			defer_readonly(plan);
		do
			len = place_parent(plan->destination, len);
		while (len > 0 && places_add(&above, plan->destination, len, NULL));
	}
}

/*
 * A bind of a mount that becomes read-only late is cloned before that, so it must become read-only
 * too.
 */
static void pass_on_readonly(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		struct mount_plan *plan = &mounts->plan[i];
		const struct mount_options *options = &plan->options;

		if (plan->around != NULL && plan->around->late_readonly &&
			!((options->attr_clear | options->rec_attr_clear) & MOUNT_ATTR_RDONLY) &&
			(plan->keeps_flags ||
				((options->attr_set | options->attr_clear) == 0 &&
					options->superblock.n == 0)))
			plan->late_readonly = true;
	}
}

void late_plan(const struct mount_context *context, struct mounts *mounts)
{
	for (size_t i = 0; context->locks && i < mounts->n; i++) {
		struct mount_plan *plan = &mounts->plan[i];

		if (!(plan->options.propagation & (MS_SHARED | MS_UNBINDABLE)))
			continue;
		plan->late_propagation = plan->options.propagation;
		plan->options.propagation = 0;
	}
	if (context->live) /* nothing will be mounted below it, and nobody calls mounts_finish() */
		return;
	plan_readonly(mounts);
	pass_on_readonly(mounts);
}

int mounts_finish(const struct mounts *mounts, struct error *err)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->plan[i].late_readonly &&
			attributes_set(mounts->state[i].tree, MOUNT_ATTR_RDONLY, 0, false,
				mounts->plan[i].pointer, err) < 0)
			return -1;
	return 0;
}

int mounts_propagate(const struct mounts *mounts, int rootfd, struct error *err)
{
	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount_plan *plan = &mounts->plan[i];
		unsigned long propagation = plan->late_propagation;
		cleanup_fd int mount = -1;

		if (propagation == 0)
			continue;
		mount = path_open(rootfd, plan->destination, O_PATH, err);
		if (mount < 0 || attributes_propagate(mount, propagation, plan->pointer, err) < 0)
			return -1;
	}
	return 0;
}
