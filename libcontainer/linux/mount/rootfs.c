/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/rootfs.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/explain.h"
#include "linux/mount/idmap.h"
#include "linux/mount/mountinfo.h"
#include "linux/mount/mounts.h"

int rootfs_open(const char *path, struct error *err)
{
	cleanup_fd int tree = open_tree(AT_FDCWD, path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	struct stat st;

	if (tree < 0)
		return error_errno(err, "/root/path: open the root filesystem %s", path),
		       mounts_explain_path(path, err);
	if (fstat(tree, &st) < 0)
		return error_errno(err, "/root/path: %s", path), mounts_explain_path(path, err);
	if (S_ISLNK(st.st_mode))
		return error_set(err, 0, "/root/path: %s is a symbolic link", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ENOTDIR, "/root/path: %s", path);
	return fd_take(&tree);
}

int rootfs_idmap_policy(const char *text, enum idmap_policy *policy, struct error *err)
{
	static const char *const names[] = { "auto", "always", "never" };

	*policy = IDMAP_AUTO;
	if (text == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum idmap_policy)i;
			return 0;
		}
	return error_set(err, 0,
		"/annotations/io.hull.rootfs.idmap: expected auto, always or never, found \"%s\"",
		text);
}

unsigned long rootfs_propagation(const char *text)
{
	static const struct {
		const char *name;
		unsigned long flags;
	} table[] = {
		{ "shared", MS_SHARED | MS_REC },
		{ "rshared", MS_SHARED | MS_REC },
		{ "slave", MS_SLAVE | MS_REC },
		{ "rslave", MS_SLAVE | MS_REC },
		{ "private", MS_PRIVATE | MS_REC },
		{ "rprivate", MS_PRIVATE | MS_REC },
		{ "unbindable", MS_UNBINDABLE | MS_REC },
		{ "runbindable", MS_UNBINDABLE | MS_REC },
	};

	for (size_t i = 0; text != NULL && i < ARRAY_SIZE(table); i++)
		if (strcmp(text, table[i].name) == 0)
			return table[i].flags;
	return MS_SLAVE | MS_REC;
}

bool rootfs_wants_idmap(
	int fd, enum idmap_policy policy, const oci_id_mappings *uids, bool privileged)
{
	struct stat st;

	if (policy == IDMAP_AUTO)
		return privileged && fstat(fd, &st) == 0 &&
			id_mappings_to_container(uids, st.st_uid) < 0;
	return policy == IDMAP_ALWAYS;
}

int rootfs_prepare(int tree, const char *path, unsigned long propagation,
	const struct rootfs_mapping *mapping, struct error *err)
{
	/*
	 * not a peer of the host's mount, which would receive all mounts below it;
	 * rootfs_propagate() puts it in a peer group of its own
	 */
	struct mount_attr attr = { .propagation = propagation & MS_SHARED
			? MS_SLAVE
			: propagation & ~(unsigned long)MS_REC };

	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return error_errno(err, "/root/path: set the propagation of %s", path);
	if (mapping->userns_fd < 0 && mapping->policy == IDMAP_ALWAYS)
		return error_set(err, 0,
			"/root/path: an ID-mapped root filesystem needs a container with a user "
			"namespace");
	if (mapping->userns_fd < 0 ||
		!rootfs_wants_idmap(tree, mapping->policy, mapping->uids, mapping->privileged))
		return 0;
	if (idmap_apply(tree, mapping->userns_fd, false, "/root/path", path, err) < 0)
		return error_hint(err,
			"or give it to the container's ids (chown) and set the annotation "
			"io.hull.rootfs.idmap to never");
	return 1;
}

int rootfs_attach(int tree, const char *place, struct error *err)
{
	if (move_mount(tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "/root/path: attach the root filesystem to %s", place);
	return 0;
}

int rootfs_mount_id(int tree, uint64_t *id, struct error *err)
{
	struct statx st;

	if (statx(tree, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return error_errno(err, "/root/path: ask for the id of its mount");
	*id = st.stx_mnt_id;
	return 0;
}

int rootfs_detach(const char *path, uint64_t id, struct error *err)
{
	cleanup_fd int top =
		id == 0 ? -1 : open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char link[FD_PATH_MAX];
	uint64_t found = 0;

	if (top < 0 || rootfs_mount_id(top, &found, NULL) < 0 || found != id)
		return 0;
	return umount2(fd_path(link, top), MNT_DETACH) < 0 ? error_errno(err, "unmount %s", path)
							   : 0;
}

static const struct explanation pivot_rows[] = {
	{ EINVAL, NULL, NULL, "a host whose root is an initramfs needs --no-pivot" },
	EXPLANATIONS_END,
};

int rootfs_enter(int tree, struct error *err)
{
	if (fchdir(tree) < 0)
		return error_errno(err, "/root/path: enter the root filesystem");
	if (sys_pivot_root(".", ".") < 0) {
		error_errno(err, "/root/path: pivot_root");
		return explain(pivot_rows, NULL, NULL, err);
	}
	if (umount2(".", MNT_DETACH) < 0)
		return error_errno(err, "/root/path: let go of the old root");
	if (chdir("/") < 0)
		return error_errno(err, "/root/path: enter the new root");
	return 0;
}

static int cover(int target, struct error *err)
{
	cleanup_fd int fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -1;

	if (fsfd >= 0 && fsconfig(fsfd, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0 &&
		fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		tree = fsmount(fsfd, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	return tree < 0 || mount_attach_detached(tree, target) < 0
		? error_errno(err, "/root/path: cover the host's /proc and /sys")
		: 0;
}

/*
 * An uncovered procfs or sysfs anywhere in the mount namespace would let a user namespace mount a
 * new one without the container's masks. So unmount the host's. In the mount namespace of a user
 * namespace they are locked: cover them.
 */
static int hide_host(const char *place, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	mount_entries entries;

	if (mountinfo_read(&arena, &entries, err) < 0)
		return error_prefix(err, "/root/path");
	for (size_t i = entries.n; i-- > 0;) {
		const struct mount_entry *entry = &entries.v[i];
		cleanup_fd int target = -1;
		char link[FD_PATH_MAX];

		if ((strcmp(entry->type, "proc") != 0 && strcmp(entry->type, "sysfs") != 0) ||
			(strcmp(place, "/") != 0 && path_is_below(entry->point, place)))
			continue;
		target = open(entry->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (target < 0 || mount_id_of(target) != entry->id)
			continue; /* it is covered, or the container's own */
		if (umount2(fd_path(link, target), MNT_DETACH) < 0 && cover(target, err) < 0)
			return -1;
	}
	return 0;
}

int rootfs_enter_without_pivot(int tree, const char *place, struct error *err)
{
	if (hide_host(place, err) < 0)
		return -1;
	if (fchdir(tree) < 0)
		return error_errno(err, "/root/path: enter the root filesystem");
	if (strcmp(place, "/") != 0 && mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return error_errno(err, "/root/path: move the root filesystem to /");
	if (chroot(".") < 0 || chdir("/") < 0)
		return error_errno(err, "/root/path: enter the new root");
	return 0;
}

int rootfs_make_readonly(int tree, struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0
		? error_errno(err, "/root/readonly: make the root filesystem read-only")
		: 0;
}

int rootfs_propagate(const char *propagation, struct error *err)
{
	struct mount_attr attr = { .propagation = rootfs_propagation(propagation) &
			~(unsigned long)MS_REC };

	if (propagation == NULL)
		return 0;
	if (mount_setattr(AT_FDCWD, "/", propagation[0] == 'r' ? AT_RECURSIVE : 0, &attr,
		    sizeof attr) < 0)
		return error_errno(err, "/linux/rootfsPropagation: make / %s", propagation);
	return 0;
}
