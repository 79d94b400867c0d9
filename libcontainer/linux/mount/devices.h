/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device nodes: the specification's default devices and linux.devices, by major and minor number,
 * with the owner that the configuration says; and the symlinks in /dev.
 *
 * A process in a user namespace can't make nodes, and nodes on a filesystem that it mounted can't
 * be opened. So there are three ways:
 * - without a user namespace, the init makes the nodes below the rootfs;
 * - with a user namespace and a privileged runtime, the host side makes them in an unattached
 *   tmpfs, with the host IDs of their owners, and the init binds them;
 * - with an unprivileged runtime, the init binds the host's nodes after checking their numbers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

struct device_node {
	const char *path;    /* absolute, clean */
	const char *pointer; /* JSON pointer of the property, for errors */
	bool is_default;
	mode_t mode; /* type and permissions */
	dev_t rdev;
	uid_t uid; /* in the container */
	gid_t gid;
	int tree; /* detached mount to bind; -1: none */
};

struct device_plan {
	struct device_node *v;
	size_t n;
	bool bind;      /* bind-mount nodes instead of mknod(2) */
	bool rootless;  /* bind the host's nodes */
	bool has_kcore; /* the host's /proc has: in a joined mount namespace, /proc is anybody's */
	const oci_id_mappings *uids, *gids; /* of the request */
	const char *label;                  /* likewise */
	int store;                          /* tmpfs with the nodes, named by index; -1: none */
};

/* A plan without descriptors, so that devices_close() does nothing. */
#define DEVICES_NONE        \
	{                   \
		.store = -1 \
	}

struct device_request {
	const struct oci_device *devices; /* linux.devices */
	size_t n;
	bool bind;     /* the container has a user namespace, or hull is unprivileged */
	bool rootless; /* hull is unprivileged */
	const oci_id_mappings *uids,
		*gids;     /* the container's mapping; empty without a user namespace */
	const char *label; /* SELinux label of nodes to be bound; NULL: none */
};

/*
 * Plans the default devices and the request's, which replace default ones at the same path. Close
 * with devices_close(), after an error too. Returns 0 or -1.
 */
int devices_plan(struct device_plan *plan, struct arena *arena,
	const struct device_request *request, struct error *err);

/* Host side: makes the nodes that the init can't make, as detached trees. Returns 0 or -1. */
int devices_open(struct device_plan *plan, struct error *err);
void devices_close(struct device_plan *plan);

/*
 * Inside, while the host's /dev and /sys are still visible: creates the nodes below rootfd, and in
 * /dev the symlinks fd, stdin, stdout, stderr, core and ptmx unless they exist. with_defaults:
 * false if /dev is a bind mount with its own devices. An existing file in place of a node must be
 * that device. Returns 0 or -1.
 */
int devices_make(struct device_plan *plan, int rootfd, bool with_defaults, struct error *err);

/*
 * Inside, in the root behind rootfd: replaces standard streams that are the host's /dev/null with
 * the container's, if container root could change the host node's mode and owner (no user
 * namespace, or one that maps the owner). label: SELinux label for a new node; NULL: none. Returns
 * 0 or -1.
 */
int devices_replace_null(int rootfd, const char *label, struct error *err);
