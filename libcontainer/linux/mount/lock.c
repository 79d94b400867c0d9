/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/mount/stage.h"

/* In the copied mount namespace: the kernel has moved the working directory to the copy. */
static int clone_locked(void *context, int giver, struct error *err)
{
	const char *path = context;
	cleanup_fd int tree = open_tree(AT_FDCWD, path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH |
			AT_SYMLINK_NOFOLLOW);

	if (tree < 0)
		return error_errno(err, "lock the container's mounts: clone them");
	return process_give(giver, tree, err);
}

/* A locked clone of the tree that is mounted at path, relative to the working directory. */
static int clone_here(const char *path, struct error *err)
{
	int tree;

	if (process_apart(CLONE_NEWUSER | CLONE_NEWNS, clone_locked, (void *)path, &tree, 1, err) ==
		0)
		return tree;
	if (err != NULL && (err->code == EPERM || err->code == ENOSPC || err->code == EUSERS))
		error_hint(err,
			"a container with CAP_SYS_ADMIN in its user namespace has its mounts locked by one more user namespace, for a moment: "
			"look at user.max_user_namespaces, kernel.unprivileged_userns_clone and the LSM");
	return -1;
}

/* Who doesn't stand at the root of a mount namespace gets no new user namespace: where the tree
 * covers that root, this process has to stand in the tree meanwhile. */
static int clone_root(int root, bool covers, struct error *err)
{
	cleanup_fd int back = covers ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1,
		       locked = -1;

	if (fchdir(root) < 0 || (covers && (back < 0 || chroot(".") < 0)))
		return error_errno(err, "lock the container's mounts: enter the root filesystem");
	locked = clone_here("", err);
	if (locked >= 0 && covers && (fchdir(back) < 0 || chroot(".") < 0))
		return error_errno(err, "lock the container's mounts: leave the root filesystem");
	return fd_take(&locked);
}

int lock_root(int *root, const char *place, struct error *err)
{
	cleanup_fd int locked = clone_root(*root, strcmp(place, "/") == 0, err);

	if (locked < 0)
		return -1;
	/* first the old one: below the copy nobody could reach it any more, nor what it covers */
	if (fchdir(*root) < 0 || umount2(".", MNT_DETACH) < 0)
		return error_errno(err, "lock the container's mounts: unmount the original");
	if (move_mount(locked, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(
			err, "lock the container's mounts: attach the copy to %s", place);
	fd_close(root);
	*root = fd_take(&locked);
	return 0;
}

static int lock_apart(void *context, int giver, struct error *err)
{
	const int *tree = context;
	cleanup_fd int locked = -1;
	struct stat st;

	if (stage_enter(err) < 0)
		return -1;
	if (fstat(*tree, &st) < 0 ||
		(S_ISDIR(st.st_mode) ? mkdir("tree", 0700) : mknod("tree", S_IFREG | 0600, 0)) <
			0 ||
		move_mount(*tree, "", AT_FDCWD, "tree", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "lock the flags of a mount: attach it");
	if (chroot(".") < 0) /* as in clone_root() */
		return error_errno(err, "lock the flags of a mount: enter its directory");
	locked = clone_here("tree", err);
	return locked < 0 ? -1 : process_give(giver, locked, err);
}

int lock_tree(int *tree, struct error *err)
{
	int locked;

	if (process_apart(0, lock_apart, tree, &locked, 1, err) < 0)
		return -1;
	close(*tree);
	*tree = locked;
	return 0;
}
