/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of the configuration. What each needs is decided before the clone (mounts_plan),
 * sources on the host are opened there as detached trees, so that directories which only host root
 * can traverse serve as well, and get their attributes and ID mapping there; inside, mount_attach()
 * puts them in their place, in the listed order, without allocation and without a path of the host.
 */
#pragma once
#include <stdbool.h>

#include "cgroup/cgroup.h"
#include "linux/mount/exposure.h"
#include "linux/mount/idmap.h"
#include "linux/mount/places.h"
#include "spec/config.h"
#include "spec/mount_options.h"

struct error;

enum mount_kind {
	MOUNT_TREE = 1,   /* detached tree from the host side */
	MOUNT_INNER_BIND, /* bind from inside an earlier mount of the container */
	MOUNT_FILESYSTEM, /* new superblock, created inside */
	MOUNT_CGROUP,
	MOUNT_REMOUNT, /* changes attributes of an existing mount */
	MOUNT_SYMLINK, /* copy-symlink with a symlink as source */
};

struct mount_part;

struct mount_plan {
	const struct oci_mount *mount;
	const char *pointer;     /* "/mounts/3" */
	const char *destination; /* absolute and clean */
	struct mount_options options;
	enum mount_kind kind;
	int tree;           /* MOUNT_TREE; after mount_attach() also set for procfs and sysfs */
	bool keeps_flags;   /* keep the source's flags, even if the options name others */
	bool cloned;        /* cloned from a host mount: still its peer */
	bool target_is_new; /* hull created the mountpoint */
	bool late_readonly; /* mounts_finish() makes `tree` read-only */
	unsigned long late_propagation; /* shared or unbindable: set after locking */
	const char *inner;              /* MOUNT_INNER_BIND: source, relative to the rootfs */
	const char *link;               /* MOUNT_SYMLINK: the target */
	struct cgroup_mount_plan cgroup;
	const char *hierarchy; /* MOUNT_CGROUP: the requested hierarchy */
	bool tree_is_new;      /* mounts_prepare() replaced it, perhaps by parts */
	LIST(struct mount_part)
	parts; /* MOUNT_TREE: separate mounts below it, in order */
};

/* One mount of a tree that was split because only some of its mounts can be ID-mapped. */
struct mount_part {
	const char *path; /* relative to the tree's mountpoint */
	int tree;
};

struct mount_plans {
	struct mount_plan *v;
	size_t n;
	struct places destinations;
};

/* What planning needs to know about the container. */
struct mount_context {
	struct arena *arena;
	const char *rootfs;          /* absolute path on the host */
	int bundle_fd;               /* base of relative sources */
	bool user_namespace;         /* it has a user namespace other than the caller's */
	bool owns_network, owns_ipc; /* of the container's network/IPC namespace, the owner is its
					user namespace */
	int network, ipc;            /* else: that namespace; -1: the caller's */
	bool cgroup_namespace;       /* the container has one that isn't the host's */
	const oci_id_mappings *uid_mappings, *gid_mappings; /* the container's; may be empty */
	const char *mount_label,
		*mount_label_option; /* SELinux label and its option: "context" or similar */
	enum idmap_fallback idmap_fallback;
	enum exposure_policy exposure_policy;
	bool host_makes; /* the host side creates filesystems that use host devices and directories
			  */
	bool locks; /* mounts get locked (linux/mount/lock.h); see mount_plan.late_propagation */
};

/*
 * Plans every mount and opens its source. Free with mounts_close(), after an error too. Returns 0
 * or -1.
 */
int mounts_plan(const struct mount_context *context, const struct oci_mount *mounts, size_t n,
	struct mount_plans *plans, struct error *err);
void mounts_close(struct mount_plans *plans);

/* Returns true if a filesystem created inside looks up its source or directories by host path. */
bool mounts_take_host_paths(const struct mount_plans *plans);

/*
 * Before mounts_prepare(): leaves a read-only mount writable until mounts_finish() if another mount
 * of the list is below it, so that its mountpoint can be created.
 */
void mounts_defer_readonly(struct mount_plans *plans);

/* The same for one mount; plans->v has room for it after those that were planned. */
int mounts_plan_next(const struct mount_context *context, const struct oci_mount *mount,
	struct mount_plans *plans, struct error *err);

/*
 * Host side, once the user namespace exists: sets attributes, propagation and ID mapping of the
 * trees. userns_fd: -1 without a user namespace. default_propagation: MS_SLAVE|MS_REC etc., applied
 * to binds before their own options. Returns 0 or -1.
 */
int mounts_prepare(struct mount_plans *plans, const struct mount_context *context, int userns_fd,
	unsigned long default_propagation, bool privileged, struct error *err);

/*
 * In the process that attaches, if another one prepared: installs a tree that replaces an inherited
 * one. path "": the tree itself; else one of its parts. Takes ownership of tree.
 */
void mount_take_tree(struct mount_plan *plan, struct arena *arena, const char *path, int tree);

/*
 * Asks the host side to create a mountpoint. Container root may not if the rootfs belongs to a user
 * outside its mapping (containerd#11852). Returns 0 or -1.
 */
struct mountpoint_maker {
	int (*make)(void *context, bool directory, const char *path, struct error *err);
	void *context;
};

/* Inside: attaches one mount below rootfd. Returns 0 or -1. */
int mount_attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	struct error *err);

/*
 * The same in a running container. With locks, the mount's flags are locked immediately, except for
 * MOUNT_REMOUNT and MOUNT_CGROUP, which have no tree of their own.
 */
int mount_attach_live(struct mount_plan *plan, int rootfd, bool locks, struct error *err);

/*
 * Inside, when all mounts are attached: opens a path of the container (O_PATH). A path in procfs or
 * sysfs is opened through the mount itself, because somebody who shares the root filesystem may
 * have replaced the directory that it was attached to.
 */
int mounts_open_path(
	const struct mount_plans *plans, int rootfd, const char *path, struct error *err);

/* Inside, last: makes read-only what first needed mountpoints and devices. */
int mounts_finish(const struct mount_plans *plans, struct error *err);

/*
 * Inside, after lock_namespace(): sets the deferred propagation. Looks mounts up by path below
 * rootfd; if somebody has replaced one, they only change another mount of their own container,
 * which CAP_SYS_ADMIN lets them do anyway.
 */
int mounts_propagate(const struct mount_plans *plans, int rootfd, struct error *err);

/* Attaches a detached tree to an O_PATH fd with move_mount(2). Returns 0, or -1 with errno. */
int tree_attach(int tree, int target);
