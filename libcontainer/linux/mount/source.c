/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sources of bind mounts: on the host, in the root filesystem, or in an earlier mount.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/explain.h"
#include "linux/mount/internal.h"

char *source_absolute(const struct mount_context *context, const struct mount_plan *plan)
{
	char bundle[PATH_MAX], link[FD_PATH_MAX];
	cleanup_free char *absolute = NULL;
	ssize_t len;

	if (plan->mount->source[0] == '/')
		return path_clean(plan->mount->source);
	len = readlink(fd_path(link, context->bundle_fd), bundle, sizeof bundle - 1);
	bundle[len > 0 ? len : 0] = '\0';
	absolute = path_absolute(bundle, plan->mount->source);
	return path_clean(absolute);
}

/* Returns the last of the earlier mounts that contains the path, or NULL. */
static struct mount_plan *mount_around(const struct mounts *mounts, const char *path)
{
	struct mount_plan *around = NULL;

	for (size_t len = strlen(path); len > 0 && around == NULL; len = place_parent(path, len))
		around = places_value(&mounts->destinations, path, len);
	return around;
}

/*
 * Returns true if the source is inside the rootfs, at a place that an earlier mount of the list
 * covers, so that the host sees something else there. Sets plan->inner for any source inside the
 * rootfs.
 */
static bool is_inside(
	const struct mount_context *context, const struct mounts *mounts, struct mount_plan *plan)
{
	cleanup_free char *source = source_absolute(context, plan);
	size_t root = strcmp(context->rootfs, "/") == 0 ? 0 : strlen(context->rootfs);

	if (!path_is_below(source, context->rootfs))
		return false;
	plan->inner = arena_strdup(context->arena, source + root);
	for (size_t len = strlen(plan->inner); len > 0; len = place_parent(plan->inner, len))
		if (places_has(&mounts->destinations, plan->inner, len))
			return true;
	return false;
}

static int read_symlink(const struct mount_context *context, struct mount_plan *plan)
{
	char target[4096];
	ssize_t len = readlinkat(context->bundle_fd, plan->mount->source, target, sizeof target);

	if (len < 0 || len == sizeof target)
		return -1;
	plan->link = arena_strndup(context->arena, target, (size_t)len);
	return 0;
}

/*
 * Only create may ID-map such a source: in a running container, processes that hull doesn't trust
 * decide what is mounted at a path.
 */
static int plan_inner(const struct mount_context *context, const struct mounts *mounts,
	struct mount_plan *plan, struct error *err)
{
	plan->kind = MOUNT_INNER_BIND;
	plan->around = mount_around(mounts, plan->inner);
	if (plan->mapping.uids == NULL)
		return 0;
	if (context->live)
		return error_set(err, 0,
			"%s: a source inside another mount of a running container can't be "
			"ID-mapped",
			plan->pointer);
	for (const struct mount_plan *around = plan->around; around != NULL;
		around = around->around)
		if (around->mapping.uids != NULL)
			return error_set(err, 0,
				"%s: its source is inside %s, which is ID-mapped: a part of it "
				"has the same mapping, and can't get another one",
				plan->pointer, around->pointer);
	if (plan->around != NULL)
		plan->around->has_sources = true;
	return 0;
}

int source_plan(const struct mount_context *context, const struct mounts *mounts,
	struct mount_plan *plan, struct error *err)
{
	if (plan->options.data.n > 0)
		return error_set(err, 0,
			"%s/options: \"%s\" is no option of a mount, and a bind mount has none of "
			"a filesystem",
			plan->pointer, plan->options.data.v[0].key);
	if (plan->options.remount) {
		plan->kind = MOUNT_REMOUNT;
		return 0;
	}
	if (plan->mount->source == NULL || plan->mount->source[0] == '\0')
		return error_set(err, 0, "%s/source: a bind mount needs one", plan->pointer);
	if (plan->options.copy_symlink && read_symlink(context, plan) == 0) {
		plan->kind = MOUNT_SYMLINK;
		return 0;
	}
	if (is_inside(context, mounts, plan))
		return plan_inner(context, mounts, plan, err);
	plan->kind = plan->inner != NULL ? MOUNT_ROOTFS_BIND : MOUNT_BIND;
	return 0;
}

int source_clone(const struct mount_plan *plan, int dirfd, const char *path, bool recursive,
	struct error *err)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0) |
		(path[0] == '\0' ? AT_EMPTY_PATH : 0) |
		(plan->options.src_nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	int tree = open_tree(dirfd, path, flags);

	if (path[0] == '\0')
		path = plan->mount->source;
	if (tree >= 0)
		return tree;
	if (errno == EINVAL && !recursive) {
		error_errno(err, "%s/source: open %s", plan->pointer, path);
		return error_hint(err,
			"a part of it is covered by a mount that may not be uncovered here: use "
			"rbind");
	}
	error_errno(err, "%s/source: open %s", plan->pointer, path);
	return mounts_explain_path(path, err);
}

int source_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err)
{
	state->tree = source_clone(
		plan, context->bundle_fd, plan->mount->source, plan->options.recursive_bind, err);
	return state->tree < 0 ? -1 : 0;
}

/* Symlinks in the image resolve within the container, never to a host file (CVE-2022-23648). */
int source_open_in_rootfs(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err)
{
	cleanup_fd int root = open(context->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC), source = -1;

	if (root < 0)
		return error_errno(err, "/root/path: open %s", context->rootfs);
	source = path_open(root, plan->inner[0] != '\0' ? plan->inner : "/",
		O_PATH | (plan->options.src_nofollow ? O_NOFOLLOW : 0), err);
	if (source < 0)
		return error_prefix(err, "%s/source: %s", plan->pointer, plan->mount->source);
	state->tree = source_clone(plan, source, "", plan->options.recursive_bind, err);
	return state->tree < 0 ? -1 : 0;
}

int mount_open_source(const struct mounts *mounts, size_t i, int rootfd, struct error *err)
{
	const struct mount_plan *plan = &mounts->plan[i], *around = plan->around;
	int base = around != NULL ? mounts->state[around - mounts->plan].tree : rootfd, fd;
	const char *path = plan->inner + (around != NULL ? strlen(around->destination) : 0);

	if (path[0] == '\0' && base >= 0)
		return fcntl(base, F_DUPFD_CLOEXEC, 3);
	fd = path_open_exact(base, path, O_PATH, err);
	if (fd >= 0)
		return fd;
	error_prefix(err, "%s/source", plan->pointer);
	return mounts_explain_exact(err);
}

/*
 * If the file isn't ID-mapped, container root may be unable to reach what host root owns: then the
 * host side opens the source.
 */
static int open_inner(const struct mounts *mounts, size_t i, int rootfd,
	const struct mount_requests *requests, struct error *err)
{
	const struct mount_plan *plan = &mounts->plan[i];
	int flags = O_PATH | (plan->options.src_nofollow ? O_NOFOLLOW : 0), source;

	if (plan->mapping.uids != NULL) {
		source = mount_open_source(mounts, i, rootfd, err);
	} else {
		source = path_open(rootfd, plan->inner, flags, err);
		if (source < 0)
			error_prefix(err, "%s/source", plan->pointer);
	}
	return source < 0 && errno == EACCES && requests->open_source != NULL
		? requests->open_source(requests->context, i, err)
		: source;
}

int source_open_inner(struct mounts *mounts, size_t i, int rootfd,
	const struct mount_requests *requests, struct error *err)
{
	const struct mount_plan *plan = &mounts->plan[i];
	struct mount_state *state = &mounts->state[i];
	cleanup_fd int source = open_inner(mounts, i, rootfd, requests, err);

	if (source < 0)
		return -1;
	state->tree = source_clone(plan, source, "", plan->options.recursive_bind, err);
	if (state->tree < 0 ||
		(plan->mapping.uids != NULL &&
			requests->map_inner(requests->context, i, state->tree, err) < 0) ||
		attributes_clear_implied(plan, state->tree, err) < 0)
		return -1;
	return attributes_apply(state->tree, plan, err);
}
