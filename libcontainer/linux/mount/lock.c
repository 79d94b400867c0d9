/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/mount/stage.h"

/*
 * A child cloned with these flags gets a copy of the mount namespace in which the mounts are
 * locked.
 */
enum { LOCKING = CLONE_NEWUSER | CLONE_NEWNS };

static const char one_more_namespace[] =
	"a container with CAP_SYS_ADMIN in its user namespace has its mounts locked by one more "
	"user namespace, for a moment: look at user.max_user_namespaces, "
	"kernel.unprivileged_userns_clone and the LSM";

static const struct explanation rows[] = {
	{ EPERM, NULL, NULL, one_more_namespace },
	{ ENOSPC, NULL, NULL, one_more_namespace },
	{ EUSERS, NULL, NULL, one_more_namespace },
	EXPLANATIONS_END,
};

static int give_namespace(void *context, int giver, struct error *err)
{
	const int *procfd = context;
	cleanup_fd int namespace = openat(*procfd, "self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (namespace < 0)
		return error_errno(err, "lock the container's mounts: open their copy");
	return process_give(giver, namespace, err);
}

int lock_namespace(int procfd, struct error *err)
{
	cleanup_fd int copy = -1;

	if (process_apart(LOCKING, give_namespace, &procfd, &copy, 1, err) < 0)
		return explain(rows, NULL, NULL, err);
	if (setns(copy, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0)
		return error_errno(err, "lock the container's mounts: enter their copy");
	return 0;
}

/* The kernel has moved the child's working directory to the copy. */
static int clone_locked(void *context, int giver, struct error *err)
{
	const char *path = context;
	cleanup_fd int tree = open_tree(AT_FDCWD, path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);

	if (tree < 0)
		return error_errno(err, "lock the flags of a mount: clone it");
	return process_give(giver, tree, err);
}

/*
 * chroot() first: a process can't create a user namespace if its root isn't the root of its mount
 * namespace, and the stage covers that root.
 */
static int lock_apart(void *context, int giver, struct error *err)
{
	const int *tree = context;
	cleanup_fd int locked = -1;
	char place[] = "tree";
	struct stat st;

	if (stage_enter(err) < 0)
		return -1;
	if (fstat(*tree, &st) < 0 ||
		(S_ISDIR(st.st_mode) ? mkdir(place, 0700) : mknod(place, S_IFREG | 0600, 0)) < 0 ||
		move_mount(*tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "lock the flags of a mount: attach it");
	if (chroot(".") < 0)
		return error_errno(err, "lock the flags of a mount: enter its directory");
	if (process_apart(LOCKING, clone_locked, place, &locked, 1, err) < 0)
		return explain(rows, NULL, NULL, err);
	return process_give(giver, locked, err);
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
