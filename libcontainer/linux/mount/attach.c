/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside: attaches each mount to its mountpoint.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/copy_up.h"
#include "linux/mount/internal.h"
#include "linux/mount/lock.h"

int mount_attach_detached(int tree, int target)
{
	return move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static bool kinds_differ(int tree, int target)
{
	struct stat a, b;

	return fstat(tree, &a) == 0 && fstat(target, &b) == 0 &&
		S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode);
}

static int attach(const struct mount_plan *plan, int tree, int target, struct error *err)
{
	if (mount_attach_detached(tree, target) == 0)
		return 0;
	error_errno(err, "%s: attach the mount to %s", plan->pointer, plan->destination);
	return kinds_differ(tree, target)
		? error_hint(
			  err, "a file can't be mounted on a directory, nor a directory on a file")
		: -1;
}

static int copy(const struct mount_plan *plan, int target, int tree, struct error *err)
{
	if (!plan->options.tmpcopyup || copy_up(plan, target, tree, err) == 0)
		return 0;
	error_prefix(err, "%s/options/tmpcopyup", plan->pointer);
	if (err == NULL || err->code != ENOSPC)
		return -1;
	err->code = 0; /* mounts_explain() would look for the cause elsewhere */
	return error_hint(err, "the tmpfs is full: its options size and nr_inodes are its limits");
}

int attach_filesystem(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err)
{
	const struct mount_options *options = &plan->options;
	cleanup_fd int tree = filesystem_make(plan, target->is_new ? -1 : target->fd, err);

	if (tree < 0)
		return -1;
	if (copy(plan, target->fd, tree, err) < 0)
		return -1;
	if ((options->rec_attr_set != 0 || options->attr_clear != 0 ||
		    options->rec_attr_clear != 0) &&
		attributes_apply(tree, plan, err) < 0)
		return -1;
	if (target->locks && lock_tree(&tree, err) < 0)
		return error_prefix(err, "%s", plan->pointer);
	if (attach(plan, tree, target->fd, err) < 0 ||
		attributes_propagate(tree, options->propagation, plan->pointer, err) < 0)
		return -1;
	if (plan->late_readonly || plan->late_propagation || plan->has_sources ||
		target_is_kernel_filesystem(plan))
		state->tree = fd_take(&tree);
	return 0;
}

int attach_remount(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err)
{
	if (plan->late_readonly)
		state->tree = fcntl(target->fd, F_DUPFD_CLOEXEC, 3);
	if (!plan->options.bind && filesystem_has_options(plan) &&
		filesystem_reconfigure(plan, target->fd, err) < 0)
		return -1;
	return attributes_apply(target->fd, plan, err);
}

int attach_symlink(const struct mount_plan *plan, int rootfd, struct error *err)
{
	const char *name;
	cleanup_fd int parent = path_open_parent(rootfd, plan->destination, &name, err);
	char there[PATH_MAX];
	ssize_t len;

	if (parent < 0)
		return error_prefix(err, "%s/destination", plan->pointer);
	if (symlinkat(plan->link, parent, name) == 0)
		return 0;
	if (errno != EEXIST)
		return error_errno(
			err, "%s: make the symlink %s", plan->pointer, plan->destination);
	len = readlinkat(parent, name, there, sizeof there);
	if (len >= 0 && (size_t)len == strlen(plan->link) &&
		memcmp(there, plan->link, (size_t)len) == 0)
		return 0;
	return error_set(err, EEXIST,
		"%s/options: copy-symlink: %s exists and is not the symlink to %s", plan->pointer,
		plan->destination, plan->link);
}

/* Attaches the parts of a split tree to their mountpoints in what is already attached. */
static int attach_parts(
	const struct mount_plan *plan, struct mount_state *state, bool locks, struct error *err)
{
	for (size_t i = 0; i < state->parts.n; i++) {
		struct mount_part *part = &state->parts.v[i];
		/*
		 * the path had no symlinks when it was recorded; if it has one now, somebody who
		 * shares the volume has just made it
		 */
		cleanup_fd int target = path_open_exact(state->tree, part->path, O_PATH, err);

		if (target < 0 || (locks && lock_tree(&part->tree, err) < 0))
			return error_prefix(err, "%s", plan->pointer);
		if (mount_attach_detached(part->tree, target) < 0)
			return error_errno(err, "%s: attach the mount to %s%s", plan->pointer,
				plan->destination, part->path);
	}
	return 0;
}

int attach_tree(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err)
{
	if (copy(plan, target->fd, state->tree, err) < 0)
		return -1;
	if (target->locks && lock_tree(&state->tree, err) < 0)
		return error_prefix(err, "%s", plan->pointer);
	return attach(plan, state->tree, target->fd, err) < 0
		? -1
		: attach_parts(plan, state, target->locks, err);
}

int attach_cgroup(const struct mount_plan *plan, struct mount_state *state,
	const struct mount_target *target, struct error *err)
{
	cleanup_fd int root = cgroup_mount(target->fd, &state->cgroup, err);

	if (root < 0)
		return error_prefix(err, "%s", plan->pointer);
	if (attributes_propagate(root, plan->options.propagation, plan->pointer, err) < 0)
		return -1;
	if (plan->has_sources)
		state->tree = fd_take(&root);
	return 0;
}
