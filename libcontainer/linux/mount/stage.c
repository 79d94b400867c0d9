/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/stage.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/sys.h"

int stage_enter(int mntns, struct error *err)
{
	cleanup_fd int fsfd = -1, tree = -1;

	if (mntns >= 0 && setns(mntns, CLONE_NEWNS) < 0)
		return error_errno(err, "enter the small mount namespace");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(err, "make a mount namespace to work in");
	fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fsfd >= 0 && fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		tree = fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	if (tree < 0 || move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(tree) < 0)
		return error_errno(err, "make a directory to work in");
	return 0;
}

int stage_mount(const char *source, const char *type, unsigned long flags, const char *data)
{
	static const char place[] = "mount";

	if (mkdir(place, 0700) < 0 || mount(source, place, type, flags, data) < 0)
		return -1;
	return open_tree(AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

struct locking {
	int mntns, userns_fd;
	int *const *trees;
	unsigned n;
};

static int attach(int tree, unsigned number, struct error *err)
{
	char name[16];
	struct stat st;

	snprintf(name, sizeof name, "%u", number);
	if (fstat(tree, &st) < 0 ||
		(S_ISDIR(st.st_mode) ? mkdir(name, 0700) : mknod(name, S_IFREG | 0600, 0)) < 0 ||
		move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "lock the attributes of a mount: attach it");
	return 0;
}

/* The kernel locks what a mount namespace has when it is copied into another user namespace. Root
 * of that one may attach to any process in it that is dumpable, or shares memory with this one. */
static int lock_all(void *context, int giver, struct error *err)
{
	const struct locking *l = context;

	if (stage_enter(l->mntns, err) < 0)
		return -1;
	for (unsigned i = 0; i < l->n; i++)
		if (attach(*l->trees[i], i, err) < 0)
			return -1;
	if (setns(l->userns_fd, CLONE_NEWUSER) < 0 || process_hide(NULL) < 0 ||
		unshare(CLONE_NEWNS) < 0)
		return error_errno(err,
			"lock the attributes of mounts: copy them into the container's user namespace");
	for (unsigned i = 0; i < l->n; i++) {
		cleanup_fd int locked = -1;
		char name[16];

		snprintf(name, sizeof name, "%u", i);
		locked = open_tree(AT_FDCWD, name,
			OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
		if (locked < 0)
			return error_errno(err, "lock the attributes of a mount: clone it");
		if (process_give(giver, locked, err) < 0)
			return -1;
	}
	return 0;
}

int stage_lock(int mntns, int userns_fd, int *const *trees, unsigned n, struct error *err)
{
	cleanup_free int *locked = mem_alloc((n + 1) * sizeof *locked);
	struct locking locking = { mntns, userns_fd, trees, n };

	if (n == 0)
		return 0;
	if (process_apart(lock_all, &locking, locked, n, err) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++) { /* the old one lies behind the new one */
		close(*trees[i]);
		*trees[i] = locked[i];
	}
	return 0;
}
