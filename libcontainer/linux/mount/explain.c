/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/explain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"

struct failure {
	const struct mounts *mounts;
	size_t failed;
	const struct mount_plan *plan;
	int rootfd;
	struct error *err;
};

/* Returns the mount that contains the destination; NULL: the root filesystem. */
static const struct mount_plan *mount_around(const struct failure *f)
{
	for (const struct mount_plan *plan = f->plan; plan-- > f->mounts->plan;)
		if (plan->kind != MOUNT_REMOUNT && plan->kind != MOUNT_SYMLINK &&
			path_is_below(f->plan->destination, plan->destination))
			return plan;
	return NULL;
}

static int read_only(const struct failure *f)
{
	const struct mount_plan *around = mount_around(f);

	if (around == NULL)
		return error_hint(f->err,
			"the root filesystem is read-only on the host: make %s there",
			f->plan->destination);
	return error_hint(f->err,
		"%s, mounted on %s from %s, is read-only: make the mountpoint in it",
		around->pointer, around->destination,
		around->mount->source != NULL ? around->mount->source : "nowhere");
}

static int no_directory(const struct failure *f)
{
	cleanup_free char *path = mem_strdup(f->plan->destination);
	struct stat st;

	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		cleanup_fd int fd = -1;

		*slash = '\0';
		fd = path_open(f->rootfd, path, O_PATH, NULL);
		if (fd < 0)
			return -1;
		if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
			return error_hint(f->err, "%s is not a directory", path);
		*slash = '/';
	}
	return -1;
}

static int no_entry(const struct failure *f)
{
	int tree = f->mounts->state[f->failed].tree;
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0 || st.st_nlink > 0)
		return -1;
	return error_hint(f->err,
		"the %s that is mounted at %s was deleted: unmount that, and mount it again",
		S_ISDIR(st.st_mode) ? "directory" : "file", f->plan->mount->source);
}

static int no_space(const struct failure *f)
{
	return error_hint(f->err,
		"fs.mount-max may be reached, the limit on the mounts of one mount namespace");
}

static int no_access(const struct failure *f)
{
	struct statfs fs;

	if (fstatfs(f->rootfd, &fs) < 0 || fs.f_type != FUSE_SUPER_MAGIC)
		return -1;
	return error_hint(f->err,
		"the root filesystem is FUSE: mounted without allow_other, only the user who "
		"mounted it may enter it");
}

int mounts_explain(const struct mounts *mounts, size_t failed, int rootfd, struct error *err)
{
	static const struct {
		int errnum;
		int (*explain)(const struct failure *f);
	} table[] = {
		{ EROFS, read_only },
		{ ENOTDIR, no_directory },
		{ ENOENT, no_entry },
		{ ENOSPC, no_space },
		{ EACCES, no_access },
	};
	const struct failure f = { mounts, failed, &mounts->plan[failed], rootfd, err };

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (err->code == table[i].errnum)
			return table[i].explain(&f);
	return -1;
}
