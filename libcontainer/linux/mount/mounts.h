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
	MOUNT_TREE = 1,   /* a detached tree that the host side made */
	MOUNT_INNER_BIND, /* a bind whose source lies in an earlier mount of the container */
	MOUNT_FILESYSTEM, /* a new superblock, made inside */
	MOUNT_CGROUP,
	MOUNT_REMOUNT, /* other attributes for what is mounted there already */
	MOUNT_SYMLINK, /* copy-symlink, and the source is one */
};

struct mount_part;

struct mount_plan {
	const struct oci_mount *mount;
	const char *pointer;     /* "/mounts/3" */
	const char *destination; /* absolute and clean */
	struct mount_options options;
	enum mount_kind kind;
	int tree;         /* MOUNT_TREE; from mount_attach() on also that of a procfs or a sysfs */
	bool keeps_flags; /* those of the source, however many others the options name */
	bool cloned;      /* of the host's mounts: still their peer */
	bool target_is_new;             /* the mountpoint was missing */
	bool late_readonly;             /* mounts_finish() makes it read-only; tree is the mount */
	unsigned long late_propagation; /* shared or unbindable: set after the mounts were locked */
	const char *inner;              /* MOUNT_INNER_BIND: the source, below the rootfs */
	const char *link;               /* MOUNT_SYMLINK: the target */
	struct cgroup_mount_plan cgroup;
	const char *hierarchy; /* MOUNT_CGROUP: of the request */
	bool tree_is_new;      /* mounts_prepare() had to make another one, perhaps in parts */
	LIST(struct mount_part)
	parts; /* MOUNT_TREE: mounts below it that had to be taken apart, in their order */
};

/* One mount of a tree of which only some mounts can be ID-mapped. */
struct mount_part {
	const char *path; /* below the mountpoint of the tree */
	int tree;
};

struct mount_plans {
	struct mount_plan *v;
	size_t n;
	struct places destinations;
};

/* What the plan has to know of the container. */
struct mount_context {
	struct arena *arena;
	const char *rootfs;  /* absolute path on the host */
	int bundle_fd;       /* relative sources are relative to it */
	bool user_namespace; /* the container has one that isn't the caller's */
	bool owns_network,
		owns_ipc;      /* the user namespace owns the container's network/IPC namespace */
	int network, ipc;      /* if it doesn't: that namespace, or -1 if it is the caller's */
	bool cgroup_namespace; /* the container has one that isn't the host's */
	const oci_id_mappings *uid_mappings, *gid_mappings; /* the container's, may be empty */
	const char *mount_label, *mount_label_option; /* the label, and the option that takes it:
							 "context" or one like it */
	enum idmap_fallback idmap_fallback;
	enum exposure_policy exposure_policy;
	bool host_makes; /* filesystems of devices and directories of the host are made on the
			    host's side */
	bool locks;      /* all is locked in the end (linux/mount/lock.h), see
			    mount_plan.late_propagation */
};

/* Decides every mount and opens its source. Free with mounts_close() also after an error. */
int mounts_plan(const struct mount_context *context, const struct oci_mount *mounts, size_t n,
	struct mount_plans *plans, struct error *err);
void mounts_close(struct mount_plans *plans);

/* True where a filesystem is made inside that looks for its source, or for directories, by their
 * paths on the host. */
bool mounts_take_host_paths(const struct mount_plans *plans);

/* Before mounts_prepare(): a mount that is read-only and has another one of the list below it stays
 * writable until mounts_finish(), so that the mountpoint of that one can be made. */
void mounts_defer_readonly(struct mount_plans *plans);

/* The same for one mount; plans->v has room for it after those that were planned. */
int mounts_plan_next(const struct mount_context *context, const struct oci_mount *mount,
	struct mount_plans *plans, struct error *err);

/* Attributes, propagation and ID mapping of the trees, on the host's side, when the user namespace
 * is there: userns_fd, or -1 when the container has none. default_propagation: MS_SLAVE|MS_REC
 * etc., what a bind gets before its own options. */
int mounts_prepare(struct mount_plans *plans, const struct mount_context *context, int userns_fd,
	unsigned long default_propagation, bool privileged, struct error *err);

/* Where another process attaches than the one that prepared: the trees that it made anew. path "":
 * the tree itself, which takes the place of the one before; else a part. */
void mount_take_tree(struct mount_plan *plan, struct arena *arena, const char *path, int tree);

/* Makes a mountpoint that the container's own root may not make, in a rootfs that belongs to
 * somebody outside of its mapping (containerd#11852): asks the host's side. Returns 0 or -1. */
struct mountpoint_maker {
	int (*make)(void *context, bool directory, const char *path, struct error *err);
	void *context;
};

/* Inside: puts one mount in place below rootfd. */
int mount_attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	struct error *err);

/* The same in a container that runs already: with locks, the flags of the mount are locked at once,
 * but for those of MOUNT_REMOUNT and MOUNT_CGROUP, which have no tree of their own. */
int mount_attach_live(struct mount_plan *plan, int rootfd, bool locks, struct error *err);

/* Inside, when all are attached: opens a path of the container (O_PATH). What lies in a procfs or a
 * sysfs is found by way of the mount itself: somebody who shares the root filesystem may have moved
 * the directory that it was attached to, and put another one there. */
int mounts_open_path(
	const struct mount_plans *plans, int rootfd, const char *path, struct error *err);

/* When everything is in its place: read-only what had to get mountpoints and devices first. Inside.
 */
int mounts_finish(const struct mount_plans *plans, struct error *err);

/* After lock_root(), inside the root behind rootfd: the propagation that had to wait. The place is
 * looked up by its path; if somebody has exchanged that meanwhile, they change the propagation of
 * another mount of their own container, which CAP_SYS_ADMIN there lets them do anyway. */
int mounts_propagate(const struct mount_plans *plans, int rootfd, struct error *err);

/* move_mount(2) of a detached tree onto an O_PATH fd. */
int tree_attach(int tree, int target);
