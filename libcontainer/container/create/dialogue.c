/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/dialogue.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "container/create/parcel.h"
#include "container/create/trees.h"
#include "container/wire/sync.h"
#include "linux/net/netdev.h"
#include "linux/process/terminal.h"

int setup_furnish_namespaces(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;
	struct sync_message message;

	if (c->waits_for_namespaces &&
		(sync_expect(c->sync[0], SYNC_NAMESPACES, &message, SYNC_INIT, err) < 0 ||
			netdev_move(c->pidfd, linux->net_devices.v, linux->net_devices.n,
				&c->net_moves, err) < 0))
		return -1;
	return parcel_send(c, err);
}

void setup_take_back_devices(struct setup *c)
{
	netdev_take_back(&c->net_moves);
}

/* The init runs createContainer hooks itself as soon as this has succeeded. */
static int run_hooks(struct setup *c, struct error *err)
{
	cleanup_buf struct buf state = { 0 };

	c->ran_hooks = true;
	state_spec_json(&state, &c->state, CONTAINER_CREATING, c->pid);
	if (hooks_run(&c->config.hooks->prestart, "prestart", &state, &c->hook_place, err) < 0 ||
		hooks_run(&c->config.hooks->create_runtime, "createRuntime", &state, &c->hook_place,
			err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_GO, SYNC_INIT, err);
}

/*
 * Creates a mountpoint for the init. Container root may not create it if the rootfs belongs to a
 * user outside its mapping (containerd#11852). base/path.h keeps the path inside the rootfs.
 */
static int make_mountpoint(struct setup *c, const struct sync_message *message, struct error *err)
{
	const char *path = message->payload + 1;
	cleanup_fd int rootfd = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;

	if (message->len < 2)
		return error_set(err, EPROTO, "make a mountpoint for the container's init");
	if (rootfd < 0)
		return error_errno(err, "open %s", c->rootfs);
	made = message->payload[0] == 'd' ? path_make_directory(rootfd, path, 0755, err)
					  : path_make_file(rootfd, path, 0644, err);
	if (made < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_GO, SYNC_INIT, err);
}

/* Returns the mount's index in the message; UINT32_MAX if there is none. */
static uint32_t mount_of(const struct sync_message *message)
{
	uint32_t mount = UINT32_MAX;

	if (message->len == sizeof mount)
		memcpy(&mount, message->payload, sizeof mount);
	return mount;
}

/*
 * Opens the source of a mount that is inside another mount of the container. Only the init can
 * clone it, but the init may lack permission to reach it.
 */
static int open_source(struct setup *c, const struct sync_message *message, struct error *err)
{
	cleanup_fd int source = trees_open_source(c, mount_of(message), err);

	if (source < 0)
		return -1;
	return sync_send(c->sync[0], SYNC_OPENED, NULL, 0, source) == 0
		? 0
		: sync_unsent(c->sync[0], SYNC_INIT, err);
}

/*
 * ID-maps the init's clone. The init runs only hull's code, and the kernel ID-maps only a detached
 * mount.
 */
static int map_inner(struct setup *c, const struct sync_message *message, struct error *err)
{
	cleanup_fd int tree = message->fd;

	if (trees_map_inner(c, mount_of(message), tree, err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_GO, SYNC_INIT, err);
}

int setup_await_ready(struct setup *c, struct error *err)
{
	struct sync_message message;

	for (;;) {
		int type = sync_receive(c->sync[0], &message, SYNC_INIT, err);

		switch (type) {
		case SYNC_READY: return 0;
		case SYNC_HOOKS:
			if (run_hooks(c, err) < 0)
				return -1;
			break;
		case SYNC_CONSOLE:
			c->console = message.fd;
			if (!c->detached &&
				terminal_in_foreground(c->console,
					c->config.process->console_size != NULL, err) < 0)
				return -1;
			break;
		case SYNC_MOUNTPOINT:
			if (make_mountpoint(c, &message, err) < 0)
				return -1;
			break;
		case SYNC_SOURCE:
			if (open_source(c, &message, err) < 0)
				return -1;
			break;
		case SYNC_ID_MAP:
			if (map_inner(c, &message, err) < 0)
				return -1;
			break;
		case -1: return -1;
		default: return sync_ended(SYNC_INIT, err);
		}
	}
}
