/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device nodes: the default devices of the spec and linux.devices, by major and minor number with
 * the owner that the configuration says, and the symlinks in /dev.
 *
 * A process in a user namespace can't make nodes, and nodes on a filesystem that it mounted are
 * dead. So there are three ways:
 *  - no user namespace: the init makes them, below the rootfs;
 *  - a user namespace, privileged runtime: the host's side makes them in a tmpfs that is mounted
 * nowhere, with the host IDs of their owners, and the init binds them;
 *  - an unprivileged runtime: the init binds the nodes of the host, after a look at their numbers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

struct device_node {
	const char *path;    /* absolute, clean */
	const char *pointer; /* of the property, for errors */
	bool is_default;
	mode_t mode; /* type and permissions */
	dev_t rdev;
	uid_t uid; /* IDs of the container */
	gid_t gid;
	int tree; /* detached mount of the node where it is to be bound, or -1 */
};

struct device_plan {
	struct device_node *v;
	size_t n;
	bool bind;     /* nodes are bound, not made */
	bool rootless; /* ... and they are the host's */
	int store;     /* the tmpfs with the nodes (a node's name is its index), or -1 */
};

/* A plan that holds no descriptor: what devices_close() leaves alone. */
#define DEVICES_NONE        \
	{                   \
		.store = -1 \
	}

struct device_request {
	const struct oci_device *devices; /* the configuration's */
	size_t n;
	bool bind;     /* the container is in a user namespace, or the runtime is unprivileged */
	bool rootless; /* the latter */
	const oci_id_mappings *uids, *gids; /* the container's, empty without one */
};

/* On the host's side: plans the default devices and those of the request, which count where both
 * have the same path. Close with devices_close() also after an error. */
int devices_open(struct device_plan *plan, struct arena *arena,
	const struct device_request *request, struct error *err);
void devices_close(struct device_plan *plan);

/* Inside, while the host's /dev and /sys can still be seen: the nodes below rootfd, and the
 * symlinks fd, stdin, stdout, stderr, core and ptmx in /dev, where what exists already stays.
 * with_defaults: false when /dev is a bind mount, which has its own. A file in the place of a node
 * must be that device. */
int devices_make(struct device_plan *plan, int rootfd, bool with_defaults, struct error *err);

/* Inside, in the root behind rootfd: where a standard stream is the host's /dev/null, and root here
 * could change its mode and owner (there is no user namespace, or it has the owner's ID: other
 * runtimes give the host's node to a container's root), the container's takes its place. */
int devices_replace_null(int rootfd, struct error *err);
