/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The flags and the propagation of a mount.
 */
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/sys.h"
#include "linux/mount/internal.h"

static const struct explanation rows[] = {
	{ EPERM, NULL, NULL,
		"a flag that is locked on the source (nosuid, nodev, noexec, ro, atime) can't be "
		"cleared here: add it to the options" },
	EXPLANATIONS_END,
};

int attributes_set(int tree, uint64_t set, uint64_t clear, bool recursive, const char *pointer,
	struct error *err)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear };
	unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	if ((set == 0 && clear == 0) || mount_setattr(tree, "", flags, &attr, sizeof attr) == 0)
		return 0;
	error_errno(err, "%s/options: set the attributes of the mount", pointer);
	return explain(rows, NULL, NULL, err);
}

/* True if the tree is a clone of a host mount, and therefore its peer. */
static bool is_clone(const struct mount_plan *plan)
{
	return plan->kind == MOUNT_BIND || plan->kind == MOUNT_ROOTFS_BIND ||
		(plan->kind == MOUNT_FOREIGN && plan->namespace < 0);
}

/*
 * A clone is a peer of the host's mount: mounts made on it in the container propagate to the host.
 * Make it private, unless both its own options and the rootfs's ask for sharing.
 */
unsigned long attributes_propagation(
	const struct mount_plan *plan, const struct mount_preparation *preparation)
{
	unsigned long propagation = is_clone(plan) ? preparation->propagation : 0;

	return (propagation & MS_SHARED) && !(plan->options.propagation & MS_SHARED)
		? MS_SLAVE | MS_REC
		: propagation;
}

int attributes_propagate(
	int tree, unsigned long propagation, const char *pointer, struct error *err)
{
	struct mount_attr attr = { .propagation = propagation & ~(unsigned long)MS_REC };
	unsigned flags = AT_EMPTY_PATH | (propagation & MS_REC ? AT_RECURSIVE : 0);

	return attr.propagation == 0 || mount_setattr(tree, "", flags, &attr, sizeof attr) == 0
		? 0
		: error_errno(err, "%s/options: set the propagation of the mount", pointer);
}

/*
 * Flags of a bind's source that the options don't name. They are kept if the options name no flag
 * at all. Else they are cleared, as mount(8) and runc do, unless the kernel has locked them. A
 * container with a user namespace keeps them.
 */
int attributes_clear_implied(const struct mount_plan *plan, int tree, struct error *err)
{
	const struct mount_options *options = &plan->options;
	uint64_t named = options->attr_set | options->attr_clear | options->rec_attr_set |
		(plan->late_readonly ? MOUNT_ATTR_RDONLY : 0);
	struct mount_attr attr = { .attr_clr = (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
						       MOUNT_ATTR_NOSYMFOLLOW) &
			~named };

	if (!options->bind || plan->keeps_flags ||
		((options->attr_set | options->attr_clear) == 0 && options->superblock.n == 0))
		return 0;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0 && errno != EPERM)
		return error_errno(err, "%s/options: clear flags of the source", plan->pointer);
	return 0;
}

static bool is_readonly(int tree)
{
	struct statvfs fs;

	return fstatvfs(tree, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/*
 * As in runc, a recursive option prevails over one that isn't, whichever is last. Mounts below the
 * top one become read-only here even if the top one does so late: mounts_finish() can't tell them
 * from mounts of the list.
 */
int attributes_apply(int tree, const struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	bool top_waits = plan->late_readonly && (options->rec_attr_set & MOUNT_ATTR_RDONLY) &&
		!is_readonly(tree);

	if (attributes_set(
		    tree, options->attr_set, options->attr_clear, false, plan->pointer, err) < 0 ||
		attributes_set(tree, options->rec_attr_set, options->rec_attr_clear, true,
			plan->pointer, err) < 0)
		return -1;
	if (top_waits && attributes_set(tree, 0, MOUNT_ATTR_RDONLY, false, plan->pointer, err) < 0)
		return -1;
	return attributes_propagate(tree, options->propagation, plan->pointer, err);
}
