/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Kernel filesystems of a namespace that the container's user namespace doesn't own. sysfs belongs
 * to a network namespace and mqueue to an IPC namespace; only the user namespace that owns it can
 * mount one. If the container's doesn't, hull mounts that of the joined namespace. If the container
 * shares the host's namespace, hull binds the host's: all of /sys read-only (runc#5309),
 * /dev/mqueue unchanged.
 */
#include <sched.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/mount/internal.h"

enum { SYSFS, MQUEUE };

static const struct {
	const char *type, *host_path, *namespace;
	uint64_t attributes;
} foreign[] = {
	[SYSFS] = { "sysfs", "/sys", "network",
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC },
	[MQUEUE] = { "mqueue", "/dev/mqueue", "ipc", 0 },
};

static size_t row_of(const struct mount_plan *plan)
{
	size_t row = 0;

	while (row < ARRAY_SIZE(foreign) && strcmp(plan->mount->type, foreign[row].type) != 0)
		row++;
	return row;
}

bool foreign_plan(const struct mount_context *context, struct mount_plan *plan)
{
	size_t row = row_of(plan);

	if (row == ARRAY_SIZE(foreign) ||
		(row == SYSFS ? context->owns_network : context->owns_ipc))
		return false;
	plan->kind = MOUNT_FOREIGN;
	plan->namespace = row == SYSFS ? context->network : context->ipc;
	if (plan->namespace >= 0)
		plan->options.attr_set |= foreign[row].attributes;
	else
		plan->options.data.n = 0;
	return true;
}

static int make_in_namespace(void *context, int giver, struct error *err)
{
	const struct mount_plan *plan = context;
	cleanup_fd int tree = -1;

	if (setns(plan->namespace, 0) < 0)
		return error_errno(
			err, "%s: enter the namespace of the %s", plan->pointer, plan->mount->type);
	tree = filesystem_make(plan, -1, err);
	return tree < 0 ? -1 : process_give(giver, tree, err);
}

int foreign_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err)
{
	size_t row = row_of(plan);
	const char *host_path = foreign[row].host_path;
	struct mount_attr attr = { .attr_set = foreign[row].attributes };

	(void)context;
	if (plan->namespace >= 0)
		return process_apart(
			0, make_in_namespace, (void *)(uintptr_t)plan, &state->tree, 1, err);
	state->tree = source_clone(plan, AT_FDCWD, host_path, true, err);
	/*
	 * the host has no mqueue mounted, but the host side is in the same namespace: a new mount
	 * shows it
	 */
	if (state->tree < 0 && row == MQUEUE && err != NULL && err->code == ENOENT)
		state->tree = filesystem_make(plan, -1, err);
	if (state->tree < 0)
		return -1;
	if (mount_setattr(state->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return error_errno(err, "%s: make %s read-only", plan->pointer, host_path);
	log_info("%s: the container's user namespace doesn't own its %s namespace, so %s of the "
		 "host is bound%s instead of a new %s",
		plan->pointer, foreign[row].namespace, host_path,
		attr.attr_set & MOUNT_ATTR_RDONLY ? " read-only" : "", plan->mount->type);
	return 0;
}
