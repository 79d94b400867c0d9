/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/init/mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/create/mntns.h"
#include "container/create/trees.h"
#include "container/wire/sync.h"
#include "linux/mount/explain.h"
#include "linux/mount/lock.h"
#include "linux/mount/masks.h"
#include "linux/process/terminal.h"

/*
 * The files of a joined mount namespace may be those of another container: nothing is followed that
 * leads out of its root.
 */
static int attach_in_joined(const struct setup *c)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int place = path_open(root, c->rootfs_place, O_PATH | O_DIRECTORY, NULL);

	return place < 0 ? -1 : mount_attach_detached(c->rootfs_tree, place);
}

/*
 * In a copy of the host's mounts, first stops propagation to and from the host. Hooks see the
 * rootfs at its host path, unless container root can't reach that path.
 */
int init_attach_rootfs(struct setup *c, struct error *err)
{
	if (!setup_has_mounts(c))
		return 0;
	c->rootfs_place = c->mntns >= 0 ? MNTNS_PLACE : c->rootfs;
	if (c->mounts_on_host || c->mntns >= 0)
		return rootfs_attach(c->rootfs_tree, c->rootfs_place, err);
	if (mount(NULL, "/", NULL,
		    MS_REC | ((c->new_userns || c->joined_userns) ? MS_SLAVE : MS_PRIVATE),
		    NULL) < 0)
		return error_errno(err, "cut the mounts of the host off");
	if ((c->mounts_in_joined ? attach_in_joined(c)
				 : rootfs_attach(c->rootfs_tree, c->rootfs_place, err)) == 0)
		return 0;
	c->rootfs_place = "/";
	return rootfs_attach(c->rootfs_tree, c->rootfs_place, err);
}

/* Needed because a joined mount namespace outlives this process. */
void init_take_back_rootfs(struct setup *c)
{
	if (c->mounts_in_joined && c->rootfs_place != NULL && fchdir(c->rootfs_tree) == 0)
		umount2(".", MNT_DETACH);
}

static int ask_for_mountpoint(void *context, bool directory, const char *path, struct error *err)
{
	struct setup *c = context;
	char request[SYNC_PAYLOAD_MAX];
	int len = snprintf(request, sizeof request, "%c%s", directory ? 'd' : 'f', path);

	if (len >= SYNC_PAYLOAD_MAX)
		return error_set(err, ENAMETOOLONG, "make the mountpoint %s", path);
	if (sync_send(c->sync[1], SYNC_MOUNTPOINT, request, (size_t)len, -1) < 0)
		return error_errno(err, "send to the host side");
	return sync_await(c->sync[1], SYNC_GO, SYNC_HOST_SIDE, err);
}

static int ask_for_source(void *context, size_t i, struct error *err)
{
	struct setup *c = context;
	struct sync_message message;
	uint32_t mount = (uint32_t)i;

	if (sync_send(c->sync[1], SYNC_SOURCE, &mount, sizeof mount, -1) < 0)
		return error_errno(err, "send to the host side");
	return sync_expect(c->sync[1], SYNC_OPENED, &message, SYNC_HOST_SIDE, err) < 0 ? -1
										       : message.fd;
}

static int ask_for_mapping(void *context, size_t i, int tree, struct error *err)
{
	struct setup *c = context;
	uint32_t mount = (uint32_t)i;

	if (c->trees_inside)
		return trees_map_inner(c, mount, tree, err);
	if (sync_send(c->sync[1], SYNC_ID_MAP, &mount, sizeof mount, tree) < 0)
		return error_errno(err, "send to the host side");
	return sync_await(c->sync[1], SYNC_GO, SYNC_HOST_SIDE, err);
}

int init_attach_mounts(struct setup *c, struct error *err)
{
	const struct mount_requests requests = { ask_for_mountpoint,
		c->trees_inside ? NULL : ask_for_source, ask_for_mapping, c };

	for (size_t i = 0; i < c->mounts.n; i++) {
		log_debug("step: %s %s", c->mounts.plan[i].pointer,
			c->mounts.plan[i].mount->destination);
		if (mount_attach(&c->mounts, i, c->rootfs_tree, &requests, err) < 0)
			return mounts_explain(&c->mounts, i, c->rootfs_tree, err);
	}
	return 0;
}

/* True if /dev is a bind mount, which contains its own devices. */
static bool has_own_dev(const struct setup *c)
{
	for (size_t i = 0; i < c->mounts.n; i++)
		if (strcmp(c->mounts.plan[i].destination, "/dev") == 0 &&
			c->mounts.plan[i].options.bind)
			return true;
	return false;
}

int init_make_devices(struct setup *c, struct error *err)
{
	return setup_has_mounts(c) ? devices_make(&c->devices, c->rootfs_tree, !has_own_dev(c), err)
				   : 0;
}

int init_mask_paths(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;

	if (masks_apply_readonly(&linux->readonly_paths, &c->mounts, c->rootfs_tree, err) < 0)
		return -1;
	return masks_apply(&linux->masked_paths, &c->mounts, c->rootfs_tree,
		&(struct mask_covers){ c->null_tree, linux->mount_label }, err);
}

/*
 * Creates process.cwd while the rootfs is writable. Ignores failures, because payload_prepare()
 * tries again and reports them.
 */
static void make_working_directory(const struct setup *c)
{
	int made;

	if (c->config.process == NULL || strcmp(c->config.process->cwd, "/") == 0)
		return;
	made = path_make_directory(c->rootfs_tree, c->config.process->cwd, 0755, NULL);
	fd_close(&made);
}

int init_make_readonly(struct setup *c, struct error *err)
{
	if (!setup_has_mounts(c))
		return 0;
	make_working_directory(c);
	if (mounts_finish(&c->mounts, err) < 0)
		return -1;
	return c->config.root->readonly ? rootfs_make_readonly(c->rootfs_tree, err) : 0;
}

/*
 * Also reopens the terminal through the mounts of the new namespace: otherwise ttyname(3) wouldn't
 * find it.
 */
static int lock_mounts(struct setup *c, int procfd, struct error *err)
{
	if (lock_namespace(procfd, err) < 0)
		return -1;
	fd_close(&c->rootfs_tree);
	c->rootfs_tree = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->rootfs_tree < 0)
		return error_errno(err, "/root/path: open the locked root");
	return c->console >= 0 ? terminal_reopen(&c->console, c->rootfs_tree, err) : 0;
}

int init_enter_rootfs(struct setup *c, struct error *err)
{
	bool locks = c->mount_context.locks;
	cleanup_fd int proc = locks ? open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (locks && proc < 0)
		return error_errno(err, "open /proc");
	if (!c->mounts_on_host && setup_has_mounts(c)) {
		if ((c->options->no_pivot ? rootfs_enter_without_pivot(
						    c->rootfs_tree, c->rootfs_place, err)
					  : rootfs_enter(c->rootfs_tree, err)) < 0)
			return -1;
		c->rootfs_place = NULL;
		return locks ? lock_mounts(c, proc, err) : 0;
	}
	if (fchdir(c->rootfs_tree) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_errno(err, "/root/path: enter the root filesystem");
	return 0;
}

int init_set_propagation(struct setup *c, struct error *err)
{
	if (!setup_has_mounts(c))
		return 0;
	return mounts_propagate(&c->mounts, c->rootfs_tree, err) < 0
		? -1
		: rootfs_propagate(c->config.linux->rootfs_propagation, err);
}
