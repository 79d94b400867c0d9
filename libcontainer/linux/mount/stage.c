/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/stage.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"

int stage_enter(struct error *err)
{
	cleanup_fd int fsfd = -1, tree = -1;

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
