/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places in the container: mountpoints, and paths below mounts.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/internal.h"

/*
 * Files below /proc that a mount may cover: those that tools read and engines replace (lxcfs). Any
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

static int check_proc(const struct mount_plan *plan, int tree, int target, struct error *err)
{
	const char *destination = plan->destination;

	if (plan->kind == MOUNT_REMOUNT) /* changes an existing mount and covers nothing */
		return 0;
	if (strcmp(destination, "/proc") == 0) {
		if (tree < 0 ? plan->kind == MOUNT_FILESYSTEM &&
					strcmp(plan->mount->type, "proc") == 0
			     : is_procfs(tree))
			return 0;
		return error_set(err, 0, "%s/destination: only a procfs may be mounted on /proc",
			plan->pointer);
	}
	/*
	 * even if the mountpoint was missing before: somebody may have placed a symlink to a procfs
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
	const struct mount_requests *requests, struct error *err)
{
	int target = directory ? path_make_directory(rootfd, destination, 0755, err)
			       : path_make_file(rootfd, destination, 0644, err);

	if (target >= 0 || (errno != EACCES && errno != EPERM && errno != EOVERFLOW))
		return target;
	if (requests->make_mountpoint(requests->context, directory, destination, err) < 0)
		return -1;
	return path_open(rootfd, destination, O_PATH, err);
}

/*
 * proc and sysfs are mounted only on real directories: through a symlink, the image could choose
 * the place (CVE-2023-27561, CVE-2025-54867).
 */
static int open_mountpoint(const struct mount_plan *plan, int tree, int rootfd,
	const struct mount_requests *requests, bool *is_new, struct error *err)
{
	const char *destination = plan->destination, *type = plan->mount->type;
	bool kernel_filesystem = plan->kind == MOUNT_FILESYSTEM &&
		(strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
	int flags = O_PATH | (plan->options.dest_nofollow || kernel_filesystem ? O_NOFOLLOW : 0);
	cleanup_fd int target = path_open(rootfd, destination, flags, NULL);
	struct stat st;

	*is_new = target < 0 && errno == ENOENT;
	if (*is_new)
		target = make_target(
			destination, source_is_directory(plan, tree), rootfd, requests, err);
	else if (target < 0)
		error_errno(err, "open %s in the root filesystem", destination);
	if (target < 0)
		return error_prefix(err, "%s/destination", plan->pointer);
	if (kernel_filesystem && (fstat(target, &st) < 0 || !S_ISDIR(st.st_mode)))
		return error_set(err, 0,
			"%s/destination: %s must be mounted on a directory, and %s is none",
			plan->pointer, type, destination);
	return fd_take(&target);
}

int target_open(const struct mount_plan *plan, int tree, int rootfd,
	const struct mount_requests *requests, struct mount_target *target, struct error *err)
{
	target->fd = open_mountpoint(plan, tree, rootfd, requests, &target->is_new, err);
	if (target->fd >= 0 && check_proc(plan, tree, target->fd, err) < 0)
		fd_close(&target->fd);
	return target->fd < 0 ? -1 : 0;
}

bool target_is_kernel_filesystem(const struct mount_plan *plan)
{
	const char *type = plan->mount->type, *source = plan->mount->source;

	if (plan->options.bind)
		return source != NULL &&
			(strcmp(source, "/proc") == 0 || strcmp(source, "/sys") == 0);
	return type != NULL && (strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
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

int mounts_open_path(const struct mounts *mounts, int rootfd, const char *path, struct error *err)
{
	for (size_t i = is_plain(path) ? mounts->n : 0; i-- > 0;) {
		const struct mount_plan *plan = &mounts->plan[i];
		const char *destination = plan->destination;
		size_t len = 0;

		while (destination[len] != '\0' && destination[len] == path[len])
			len++;
		if (plan->kind == MOUNT_REMOUNT || destination[len] != '\0' ||
			(path[len] != '/' && path[len] != '\0'))
			continue;
		if (mounts->state[i].tree < 0 || !target_is_kernel_filesystem(plan))
			break;
		return path_open(
			mounts->state[i].tree, path[len] != '\0' ? path + len : "/", O_PATH, err);
	}
	return path_open(rootfd, path, O_PATH, err);
}
