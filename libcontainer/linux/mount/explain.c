/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/explain.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "linux/namespaces/refusals.h"

struct failure {
	const struct mounts *mounts;
	const struct mount_plan *plan;
	int tree, rootfd;
};

/* ---- limits ---- */

/* Each tree that isn't attached is an anonymous mount namespace, which the kernel counts. */
static bool namespaces_reached(const void *operation, struct buf *why)
{
	(void)operation;
	if (!namespaces_limit_reached(CLONE_NEWNS, why))
		return false;
	buf_puts(why, "; until it is attached, each mount of the configuration counts as one");
	return true;
}

static unsigned long count_lines(const char *text)
{
	unsigned long n = 0;

	for (; text != NULL && (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* Returns true if the mount namespace may get fewer mounts than `tree` has. */
static bool mounts_reached(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	cleanup_buf struct buf here = { 0 }, most = { 0 };
	unsigned long n, limit;

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", &here, NULL) < 0 ||
		file_read(AT_FDCWD, "/proc/sys/fs/mount-max", &most, NULL) < 0)
		return false;
	n = count_lines(here.data);
	limit = strtoul(most.data, NULL, 10);
	if (n < limit && !(f->tree >= 0 && f->plan->options.recursive_bind))
		return false;
	buf_printf(why,
		"the sysctl fs.mount-max allows %lu mounts in a mount namespace: the container's "
		"has %lu already",
		limit, n);
	if (n < limit)
		buf_printf(why, ", and %s brings more than %lu", f->plan->mount->source, limit - n);
	return true;
}

static bool disk_full(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	struct statfs fs;

	if (fstatfs(f->rootfd, &fs) < 0 || (fs.f_bavail > 0 && (fs.f_ffree > 0 || fs.f_files == 0)))
		return false;
	buf_printf(
		why, "the root filesystem has no room for the mountpoint %s", f->plan->destination);
	return true;
}

/* ---- paths ---- */

/* Returns the mount that contains the destination; NULL: the root filesystem. */
static const struct mount_plan *mount_around(const struct failure *f)
{
	for (const struct mount_plan *plan = f->plan; plan-- > f->mounts->plan;)
		if (plan->kind != MOUNT_REMOUNT && plan->kind != MOUNT_SYMLINK &&
			path_is_below(f->plan->destination, plan->destination))
			return plan;
	return NULL;
}

static bool read_only(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	const struct mount_plan *around = mount_around(f);

	if (around == NULL)
		buf_printf(why, "the root filesystem is read-only on the host: make %s there",
			f->plan->destination);
	else
		buf_printf(why,
			"%s, mounted on %s from %s, is read-only: make the mountpoint in it",
			around->pointer, around->destination,
			around->mount->source != NULL ? around->mount->source : "nowhere");
	return true;
}

static bool no_directory(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	cleanup_free char *path = mem_strdup(f->plan->destination);
	struct stat st;

	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		cleanup_fd int fd = -1;

		*slash = '\0';
		fd = path_open(f->rootfd, path, O_PATH, NULL);
		if (fd < 0)
			return false;
		if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
			buf_printf(why, "%s is not a directory", path);
			return true;
		}
		*slash = '/';
	}
	return false;
}

static bool deleted(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	struct stat st;

	if (f->tree < 0 || fstat(f->tree, &st) < 0 || st.st_nlink > 0)
		return false;
	buf_printf(why,
		"the %s that is mounted at %s was deleted: unmount that, and mount it again",
		S_ISDIR(st.st_mode) ? "directory" : "file", f->plan->mount->source);
	return true;
}

static bool foreign_fuse(const void *operation, struct buf *why)
{
	const struct failure *f = operation;
	struct statfs fs;

	(void)why;
	return fstatfs(f->rootfd, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC;
}

/* ---- paths of the host ---- */

static bool is_foreign_fuse(const char *path)
{
	struct statfs fs;

	return access(path, F_OK) < 0 && errno == EACCES && statfs(path, &fs) == 0 &&
		fs.f_type == FUSE_SUPER_MAGIC;
}

/* Returns true if this process can't pass this directory of the path. */
static bool stops(const char *path, struct buf *why)
{
	struct stat st;

	if (is_foreign_fuse(path))
		buf_printf(why,
			"%s is FUSE: mounted without allow_other, only the user who mounted it "
			"may enter it",
			path);
	else if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			buf_printf(why, "%s doesn't exist", path);
	} else if (!S_ISDIR(st.st_mode))
		buf_printf(why, "%s is not a directory", path);
	else if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		buf_printf(
			why, "the caller may not enter %s (mode %04o)", path, st.st_mode & 07777);
	return why->len > 0;
}

/*
 * Finds the first directory of the path that this process can't pass, or that is FUSE of another
 * user.
 */
static bool culprit(const void *operation, struct buf *why)
{
	cleanup_free char *path = mem_strdup(operation);

	for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		if (stops(path, why))
			return true;
	}
	return is_foreign_fuse(path) && stops(path, why);
}

static const struct explanation path_rows[] = {
	{ EPERM, NULL, NULL,
		"the host's mounts can be used only with CAP_SYS_ADMIN: other callers need new "
		"user and mount namespaces in /linux/namespaces" },
	{ ENOENT, NULL, culprit, NULL },
	{ ENOTDIR, NULL, culprit, NULL },
	{ EACCES, NULL, culprit, NULL },
	EXPLANATIONS_END,
};

static const struct explanation attach_rows[] = {
	{ EROFS, NULL, read_only, NULL },
	{ ENOTDIR, NULL, no_directory, NULL },
	{ ENOENT, NULL, deleted, NULL },
	{ ENOSPC, NULL, namespaces_reached, NULL },
	{ ENOSPC, NULL, mounts_reached, NULL },
	{ ENOSPC, NULL, disk_full, NULL },
	{ EACCES, NULL, foreign_fuse,
		"the root filesystem is FUSE: mounted without allow_other, only the user who "
		"mounted it may enter it" },
	EXPLANATIONS_END,
};

static const struct explanation open_rows[] = {
	{ ENOSPC, NULL, namespaces_reached, NULL },
	EXPLANATIONS_END,
};

static const struct explanation exact_rows[] = {
	{ ELOOP, NULL, NULL,
		"a symlink is on the way: whoever can change it would decide what is opened with "
		"the host's rights" },
	EXPLANATIONS_END,
};

int mounts_explain(const struct mounts *mounts, size_t failed, int rootfd, struct error *err)
{
	const struct failure f = { mounts, &mounts->plan[failed], mounts->state[failed].tree,
		rootfd };

	return explain(attach_rows, NULL, &f, err);
}

int mounts_explain_trees(struct error *err)
{
	return explain(open_rows, NULL, NULL, err);
}

int mounts_explain_path(const char *path, struct error *err)
{
	return explain(path_rows, NULL, path, err);
}

int mounts_explain_exact(struct error *err)
{
	return explain(exact_rows, NULL, NULL, err);
}
