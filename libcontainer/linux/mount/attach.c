/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside: each mount is put in its place.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/copy_up.h"
#include "linux/mount/internal.h"
#include "linux/mount/lock.h"

int tree_attach(int tree, int target)
{
	return move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/*
 * Files below /proc that may be covered: those that tools read and engines replace (lxcfs). Any
 * other would let a volume fake what the kernel reports (CVE-2019-16884, CVE-2019-19921).
 */
static bool may_cover_procfs(const char *destination)
{
	static const char *const allowed[] = {
		"/proc/cpuinfo",
		"/proc/diskstats",
		"/proc/meminfo",
		"/proc/stat",
		"/proc/swaps",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/slabinfo",
		"/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
		"/proc/net/dev",
	};

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (strcmp(destination, allowed[i]) == 0)
			return true;
	return false;
}

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int check_proc(const struct mount_plan *plan, int target, struct error *err)
{
	const char *destination = plan->destination;

	if (plan->kind == MOUNT_REMOUNT) /* changes an existing mount, covers nothing */
		return 0;
	if (strcmp(destination, "/proc") == 0) {
		if ((plan->kind == MOUNT_FILESYSTEM && strcmp(plan->mount->type, "proc") == 0) ||
			(plan->kind == MOUNT_TREE && is_procfs(plan->tree)))
			return 0;
		return error_set(err, 0, "%s/destination: only a procfs may be mounted on /proc",
			plan->pointer);
	}
	/*
	 * also if the mountpoint was missing before: somebody may have placed a link to a procfs
	 * meanwhile
	 */
	if (is_procfs(target) && !may_cover_procfs(destination))
		return error_set(err, 0,
			"%s/destination: %s lies inside a procfs and can't be mounted over",
			plan->pointer, destination);
	return 0;
}

static bool source_is_directory(const struct mount_plan *plan, int tree)
{
	struct stat st;

	return plan->kind == MOUNT_FILESYSTEM || plan->kind == MOUNT_CGROUP ||
		fstat(tree, &st) < 0 || S_ISDIR(st.st_mode);
}

static int make_target(const char *destination, bool directory, int rootfd,
	const struct mountpoint_maker *maker, struct error *err)
{
	int target = directory ? path_make_directory(rootfd, destination, 0755, err)
			       : path_make_file(rootfd, destination, 0644, err);

	if (target >= 0 || (errno != EACCES && errno != EPERM && errno != EOVERFLOW))
		return target;
	if (maker->make(maker->context, directory, destination, err) < 0)
		return -1;
	return path_open(rootfd, destination, O_PATH, err);
}

/*
 * Returns an O_PATH fd of the mountpoint, created if missing. proc and sysfs are mounted on real
 * directories only: with a symlink the image would choose where (CVE-2023-27561, CVE-2025-54867).
 */
static int open_target(struct mount_plan *plan, int rootfd, int tree,
	const struct mountpoint_maker *maker, struct error *err)
{
	const char *destination = plan->destination, *type = plan->mount->type;
	bool kernel_filesystem = plan->kind == MOUNT_FILESYSTEM &&
		(strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
	int flags = O_PATH | (plan->options.dest_nofollow || kernel_filesystem ? O_NOFOLLOW : 0);
	int target = path_open(rootfd, destination, flags, NULL);
	struct stat st;

	plan->target_is_new = target < 0 && errno == ENOENT;
	if (plan->target_is_new)
		target = make_target(
			destination, source_is_directory(plan, tree), rootfd, maker, err);
	else if (target < 0)
		error_errno(err, "open %s in the root filesystem", destination);
	if (target < 0)
		return error_prefix(err, "%s/destination", plan->pointer);
	if (kernel_filesystem && (fstat(target, &st) < 0 || !S_ISDIR(st.st_mode))) {
		close(target);
		return error_set(err, 0,
			"%s/destination: %s must be mounted on a directory, and %s is none",
			plan->pointer, type, destination);
	}
	return target;
}

/* A kernel filesystem or a bind of a host path: the image can't have placed links in it. */
static bool is_kernel_filesystem(const struct mount_plan *plan)
{
	const char *type = plan->mount->type, *source = plan->mount->source;

	if (plan->options.bind)
		return source != NULL &&
			(strcmp(source, "/proc") == 0 || strcmp(source, "/sys") == 0);
	return type != NULL && (strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
}

/*
 * A new tmpfs that will be read-only is empty: keep it writable until mounts_finish(), because
 * podman's pods mount below /dev.
 */
static int attach_filesystem(struct mount_plan *plan, int target, bool locks, struct error *err)
{
	cleanup_fd int tree = -1;

	if (!locks && strcmp(plan->mount->type, "tmpfs") == 0 &&
		(plan->options.attr_set & MOUNT_ATTR_RDONLY)) {
		plan->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		plan->late_readonly = true;
	}
	tree = filesystem_make(plan, target, err);
	if (tree < 0)
		return -1;
	if (plan->options.tmpcopyup && copy_up(target, tree, err) < 0)
		return error_prefix(err, "%s/options/tmpcopyup", plan->pointer);
	if (plan->options.rec_attr_set != 0 || plan->options.attr_clear != 0 ||
		plan->options.rec_attr_clear != 0)
		if (attributes_apply(tree, &plan->options, plan->pointer, err) < 0)
			return -1;
	if (locks && lock_tree(&tree, err) < 0)
		return error_prefix(err, "%s", plan->pointer);
	if (tree_attach(tree, target) < 0)
		return error_errno(
			err, "%s: attach the mount to %s", plan->pointer, plan->destination);
	if (attributes_propagate(tree, plan->options.propagation, plan->pointer, err) < 0)
		return -1;
	if (plan->late_readonly || plan->late_propagation || is_kernel_filesystem(plan))
		plan->tree = fd_take(&tree);
	return 0;
}

/*
 * True if the path's spelling is canonical, so that comparing prefixes is exact; other paths go
 * through openat2().
 */
static bool is_plain(const char *path)
{
	return path[0] == '/' && path[strlen(path) - 1] != '/' && strstr(path, "//") == NULL &&
		strstr(path, "/.") == NULL;
}

int mounts_open_path(
	const struct mount_plans *plans, int rootfd, const char *path, struct error *err)
{
	for (size_t i = is_plain(path) ? plans->n : 0; i-- > 0;) {
		const struct mount_plan *plan = &plans->v[i];
		const char *destination = plan->destination;
		size_t len = 0;

		while (destination[len] != '\0' && destination[len] == path[len])
			len++;
		if (plan->kind == MOUNT_REMOUNT || destination[len] != '\0' ||
			(path[len] != '/' && path[len] != '\0'))
			continue;
		if (plan->tree < 0 || !is_kernel_filesystem(plan))
			break;
		return path_open(plan->tree, path[len] != '\0' ? path + len : "/", O_PATH, err);
	}
	return path_open(rootfd, path, O_PATH, err);
}

int mounts_finish(const struct mount_plans *plans, struct error *err)
{
	for (size_t i = 0; i < plans->n; i++)
		if (plans->v[i].late_readonly &&
			attributes_set(plans->v[i].tree, MOUNT_ATTR_RDONLY, 0, false,
				plans->v[i].pointer, err) < 0)
			return -1;
	return 0;
}

int mounts_propagate(const struct mount_plans *plans, int rootfd, struct error *err)
{
	for (size_t i = 0; i < plans->n; i++) {
		const struct mount_plan *plan = &plans->v[i];
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

static int remount(struct mount_plan *plan, int target, struct error *err)
{
	if (!plan->options.bind && filesystem_has_options(plan) &&
		filesystem_reconfigure(plan, target, err) < 0)
		return -1;
	return attributes_apply(target, &plan->options, plan->pointer, err);
}

static int make_symlink(struct mount_plan *plan, int rootfd, struct error *err)
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

/* Attaches each part to its mountpoint in what is already attached. */
static int attach_parts(struct mount_plan *plan, bool locks, struct error *err)
{
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct mount_part *part = &plan->parts.v[i];
		/*
		 * recorded without links; one appears only if somebody who shares the volume has
		 * just made it
		 */
		cleanup_fd int target = path_open_exact(plan->tree, part->path, O_PATH, err);

		if (target < 0 || (locks && lock_tree(&part->tree, err) < 0))
			return error_prefix(err, "%s", plan->pointer);
		if (tree_attach(part->tree, target) < 0)
			return error_errno(err, "%s: attach the mount to %s%s", plan->pointer,
				plan->destination, part->path);
	}
	return 0;
}

static bool kinds_differ(int tree, int target)
{
	struct stat a, b;

	return fstat(tree, &a) == 0 && fstat(target, &b) == 0 &&
		S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode);
}

static int attach_at(struct mount_plan *plan, int target, bool locks, struct error *err)
{
	cleanup_fd int root = -1;

	switch (plan->kind) {
	case MOUNT_TREE:
		if (plan->options.tmpcopyup && copy_up(target, plan->tree, err) < 0)
			return error_prefix(err, "%s/options/tmpcopyup", plan->pointer);
		if (locks && lock_tree(&plan->tree, err) < 0)
			return error_prefix(err, "%s", plan->pointer);
		if (tree_attach(plan->tree, target) == 0)
			return attach_parts(plan, locks, err);
		error_errno(err, "%s: attach the mount to %s", plan->pointer, plan->destination);
		return kinds_differ(plan->tree, target)
			? error_hint(err,
				  "a file can't be mounted on a directory, nor a directory on a "
				  "file")
			: -1;
	case MOUNT_FILESYSTEM: return attach_filesystem(plan, target, locks, err);
	case MOUNT_CGROUP:
		root = cgroup_mount(target, &plan->cgroup, err);
		if (root < 0)
			return error_prefix(err, "%s", plan->pointer);
		return attributes_propagate(root, plan->options.propagation, plan->pointer, err);
	case MOUNT_REMOUNT:
		if (plan->late_readonly)
			plan->tree = fcntl(target, F_DUPFD_CLOEXEC, 3);
		return remount(plan, target, err);
	default: return error_set(err, 0, "%s: no such kind of mount", plan->pointer);
	}
}

static int attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	bool locks, struct error *err)
{
	cleanup_fd int target = -1;

	if (strcmp(plan->destination, "/") == 0)
		return error_set(
			err, 0, "%s/destination: nothing can be mounted on /", plan->pointer);
	if (plan->kind == MOUNT_SYMLINK)
		return make_symlink(plan, rootfd, err);
	if (plan->kind == MOUNT_INNER_BIND && source_open_inner(plan, rootfd, err) < 0)
		return -1;
	target = open_target(plan, rootfd, plan->tree, maker, err);
	if (target < 0 || check_proc(plan, target, err) < 0)
		return -1;
	return attach_at(plan, target, locks, err);
}

int mount_attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	struct error *err)
{
	return attach(plan, rootfd, maker, false, err);
}

static int refuse_mountpoint(void *context, bool directory, const char *path, struct error *err)
{
	(void)context;
	return error_set(err, EACCES, "make the mountpoint %s, a %s, as the container's root", path,
		directory ? "directory" : "file");
}

int mount_attach_live(struct mount_plan *plan, int rootfd, bool locks, struct error *err)
{
	const struct mountpoint_maker nobody = { refuse_mountpoint, NULL };
	unsigned long late = plan->late_propagation;

	if (attach(plan, rootfd, &nobody, locks, err) < 0)
		return -1;
	return late == 0 || plan->tree < 0
		? 0
		: attributes_propagate(plan->tree, late, plan->pointer, err);
}
