/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/masks.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/mounts.h"
#include "linux/mount/places.h"
#include "linux/process/lsm.h"

int masks_open_null(struct error *err)
{
	cleanup_fd int tree = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	/*
	 * Private: a peer of the host's /dev would propagate mounts of a container to the host.
	 * Read-only: the inode is the host's, and root without a user namespace could change its
	 * mode and owner.
	 */
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE };
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0)
		return error_errno(err, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return error_set(err, 0, "/dev/null of the host is not the device 1:3");
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return error_errno(err, "make the mount of /dev/null private and read-only");
	return fd_take(&tree);
}

/*
 * One of the two covers. The first use attaches the detached tree itself, later ones a clone:
 * before Linux 6.15 only attached trees can be cloned.
 */
struct cover {
	int tree;
	bool used;
};

struct covers {
	struct cover file, directory;
	const char *label; /* SELinux label of the directory; NULL: none */
};

static int cover_with(struct cover *cover, int target)
{
	cleanup_fd int clone = -1;

	if (!cover->used) {
		cover->used = true;
		return mount_attach_detached(cover->tree, target);
	}
	clone = open_tree(cover->tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return clone < 0 ? -1 : mount_attach_detached(clone, target);
}

static int make_empty_directory(const char *label, struct error *err)
{
	cleanup_fd int fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int tree = -1;

	if (fsfd >= 0 && fsconfig(fsfd, FSCONFIG_SET_STRING, "source", "tmpfs", 0) == 0 &&
		fsconfig(fsfd, FSCONFIG_SET_STRING, "nr_blocks", "1", 0) == 0 &&
		fsconfig(fsfd, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
		fsconfig(fsfd, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0 &&
		lsm_selinux_label_filesystem(fsfd, label) == 0 &&
		fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		tree = fsmount(fsfd, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC);
	if (tree >= 0)
		return tree;
	error_errno(err, "/linux/maskedPaths: make the empty tmpfs for masked directories");
	return lsm_selinux_mount_hint(label, err);
}

static int mask(const char *path, size_t index, const struct mounts *mounts, int rootfd,
	struct covers *covers, struct error *err)
{
	cleanup_fd int target = mounts_open_path(mounts, rootfd, path, NULL);
	struct stat st;

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (target < 0)
		error_errno(err, "open %s in the root filesystem", path);
	if (target < 0 || fstat(target, &st) < 0)
		return error_prefix(err, "/linux/maskedPaths/%zu", index);
	if (S_ISDIR(st.st_mode) && covers->directory.tree < 0 &&
		(covers->directory.tree = make_empty_directory(covers->label, err)) < 0)
		return -1;
	if (cover_with(S_ISDIR(st.st_mode) ? &covers->directory : &covers->file, target) < 0)
		return error_errno(err, "/linux/maskedPaths/%zu: cover %s", index, path);
	return 0;
}

int masks_apply(const string_list *paths, const struct mounts *mounts, int rootfd,
	const struct mask_covers *with, struct error *err)
{
	struct covers covers = { { .tree = with->null_tree }, { .tree = -1 }, with->label };
	cleanup_places struct places done = { 0 };
	int result = 0;

	for (size_t i = 0; i < paths->n && result == 0; i++)
		if (places_add(&done, paths->v[i], strlen(paths->v[i]), NULL))
			result = mask(paths->v[i], i, mounts, rootfd, &covers, err);
	fd_close(&covers.directory.tree);
	return result;
}

int masks_apply_readonly(
	const string_list *paths, const struct mounts *mounts, int rootfd, struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	for (size_t i = 0; i < paths->n; i++) {
		cleanup_fd int target = mounts_open_path(mounts, rootfd, paths->v[i], NULL),
			       tree = -1;

		if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (target < 0)
			return error_errno(err,
				"/linux/readonlyPaths/%zu: open %s in the root filesystem", i,
				paths->v[i]);
		tree = open_tree(target, "",
			AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0 ||
			mount_attach_detached(tree, target) < 0)
			return error_errno(
				err, "/linux/readonlyPaths/%zu: make %s read-only", i, paths->v[i]);
	}
	return 0;
}
