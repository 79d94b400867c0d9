/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of the configuration, in three parts:
 * - the plan says what each mount means. It is made once, before the clone, and then constant.
 * - the state holds the descriptors that carrying out the plan needs.
 * - the work: mounts_open() and mounts_prepare() run in the process that may clone mounts of the
 *   host (the opener, see container/create/trees.h), so sources may be in directories that only
 *   host root can enter. mount_attach() and what follows run in the container's mount namespace, in
 *   the order of the list, and use no path of the host.
 *
 * `kinds` in mounts.c says for each kind of mount which process opens it and how it is attached.
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
	MOUNT_BIND = 1,    /* bind of a host path */
	MOUNT_ROOTFS_BIND, /* bind of a path in the root filesystem */
	MOUNT_INNER_BIND,  /* bind of a path that an earlier mount of the list covers */
	MOUNT_FILESYSTEM,  /* new superblock, created inside */
	MOUNT_HOST_MADE,   /* new superblock, created by the opener */
	MOUNT_FOREIGN,     /* sysfs or mqueue of a namespace that isn't the container's */
	MOUNT_CGROUP,
	MOUNT_REMOUNT, /* changes attributes of an existing mount */
	MOUNT_SYMLINK, /* copy-symlink with a symlink as source */
};

/* The ID mapping of a mount; see mapping.c for where it comes from. */
struct mount_mapping {
	const oci_id_mappings *uids, *gids; /* NULL: the mount isn't ID-mapped */
	bool recursive;                     /* with the mounts below it */
	bool implied;                       /* the container's mapping, not one from a property */
};

/* What one entry of the list means. Constant after mounts_plan(). */
struct mount_plan {
	const struct oci_mount *mount;
	const char *pointer;     /* "/mounts/3" */
	const char *destination; /* absolute and clean */
	struct mount_options options;
	enum mount_kind kind;
	struct mount_mapping mapping;
	bool keeps_flags;   /* keep the source's flags, even if the options name others */
	bool late_readonly; /* mounts_finish() makes it read-only */
	unsigned long late_propagation; /* shared or unbindable: set after locking */
	const char *inner;         /* MOUNT_ROOTFS_BIND, MOUNT_INNER_BIND: source, in the rootfs */
	struct mount_plan *around; /* MOUNT_INNER_BIND: the earlier mount that contains it;
					    NULL: the root filesystem */
	bool has_sources;          /* an ID-mapped MOUNT_INNER_BIND is in it */
	int namespace;             /* MOUNT_FOREIGN: the namespace, borrowed; -1: the caller's */
	const char *link;          /* MOUNT_SYMLINK: the target */
	const char *hierarchy;     /* MOUNT_CGROUP: the requested hierarchy */
	const char *root_label;    /* SELinux label for the new filesystem's root; NULL: none */
};

/* One mount of a tree that was split because only some of its mounts can be ID-mapped. */
struct mount_part {
	const char *path; /* relative to the tree's mountpoint */
	int tree;
};

/* The descriptors of one mount. */
struct mount_state {
	int tree;                      /* detached, then attached; -1: none, or no longer needed */
	LIST(struct mount_part) parts; /* separate mounts below it, in order */
	struct cgroup_mount_plan cgroup; /* MOUNT_CGROUP */
};

/* Both arrays have n elements, in the order of the list. */
struct mounts {
	struct mount_plan *plan;
	struct mount_state *state;
	size_t n;
	struct places destinations;
};

/* What planning has to know about the container. */
struct mount_context {
	struct arena *arena;
	const char *rootfs;  /* absolute path on the host */
	int bundle_fd;       /* base of relative sources */
	bool user_namespace; /* it has a user namespace other than the caller's */
	/* the container's user namespace owns its network/IPC namespace */
	bool owns_network, owns_ipc;
	int network, ipc;      /* otherwise: that namespace; -1: the caller's */
	bool cgroup_namespace; /* the container has one that isn't the host's */
	const oci_id_mappings *uid_mappings, *gid_mappings; /* the container's; may be empty */
	const char *mount_label,
		*mount_label_option; /* SELinux label and its option: "context" or similar */
	enum idmap_fallback idmap_fallback;
	enum exposure_policy exposure_policy;
	bool host_makes; /* the opener makes filesystems that use host paths */
	bool locks;      /* mounts get locked (lock.h); see mount_plan.late_propagation */
	bool live;       /* mounts are added to a running container, by mount_attach_live() */
};

/*
 * Plans every mount. Opens nothing. Free with mounts_close(), after an error too. Returns 0 or -1.
 */
int mounts_plan(const struct mount_context *context, const struct oci_mount *list, size_t n,
	struct mounts *mounts, struct error *err);
void mounts_close(struct mounts *mounts);

/*
 * For callers that continue after an error in one mount: mounts_begin() makes room for n mounts;
 * mounts_plan_next() plans the next one, which also counts if it can't be planned.
 */
void mounts_begin(const struct mount_context *context, size_t n, struct mounts *mounts);
int mounts_plan_next(const struct mount_context *context, const struct oci_mount *mount,
	struct mounts *mounts, struct error *err);

/* Returns true if a filesystem created inside looks up its source or directories by host path. */
bool mounts_take_host_paths(const struct mounts *mounts);

/* What preparing a tree needs. */
struct mount_preparation {
	const struct mount_context *context;
	int userns_fd;             /* the container's user namespace; -1: it has none */
	unsigned long propagation; /* MS_SLAVE|MS_REC etc., of binds, before their own options */
	bool privileged;           /* may write any ID mapping */
};

/* The opener: opens the source of each mount that has one there, as a detached tree. */
int mounts_open(const struct mount_context *context, struct mounts *mounts, struct error *err);
int mount_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err);

/*
 * The opener, once the user namespace exists: sets attributes, propagation and ID mapping of the
 * trees. Returns 0 or -1.
 */
int mounts_prepare(
	struct mounts *mounts, const struct mount_preparation *preparation, struct error *err);

/*
 * For a process that attaches what another one has prepared: installs a tree. path "": the tree
 * itself; else one of its parts. Takes ownership of tree.
 */
void mount_take_tree(struct mount_state *state, struct arena *arena, const char *path, int tree);

/*
 * Opens the source of the i-th mount, a MOUNT_INNER_BIND, with O_PATH: below the mount that
 * contains it, without symlinks. Otherwise somebody who shares the files there could choose what
 * else of the host is ID-mapped. Returns an fd or -1.
 */
int mount_open_source(const struct mounts *mounts, size_t i, int rootfd, struct error *err);

/*
 * The opener: ID-maps `tree`, opened for the i-th mount, a MOUNT_INNER_BIND, by the process that
 * attaches it. Both processes' descriptors refer to the same mount. Returns 0 or -1.
 */
int mount_map_inner(const struct mounts *mounts, size_t i, int tree,
	const struct mount_preparation *preparation, struct error *err);

/* What the process that attaches asks of the host side, which has the privileges. */
struct mount_requests {
	/*
	 * Creates a mountpoint. Container root may not if the rootfs belongs to a user outside its
	 * mapping (containerd#11852).
	 */
	int (*make_mountpoint)(void *context, bool directory, const char *path, struct error *err);
	/*
	 * mount_open_source(), for sources that container root can't reach; and mount_map_inner()
	 */
	int (*open_source)(void *context, size_t i, struct error *err);
	int (*map_inner)(void *context, size_t i, int tree, struct error *err);
	void *context;
};

/* Inside: attaches the i-th mount below rootfd. Returns 0 or -1. */
int mount_attach(struct mounts *mounts, size_t i, int rootfd, const struct mount_requests *requests,
	struct error *err);

/*
 * The same in a running container. If mounts get locked, locks the mount's flags immediately,
 * except for MOUNT_REMOUNT and MOUNT_CGROUP, which have no tree of their own.
 */
int mount_attach_live(struct mounts *mounts, size_t i, int rootfd, bool locks, struct error *err);

/*
 * Inside, after all mounts are attached: opens a path of the container (O_PATH). A path in procfs
 * or sysfs is opened through the mount's descriptor: somebody who shares the root filesystem may
 * have replaced the directory that it is attached to.
 */
int mounts_open_path(const struct mounts *mounts, int rootfd, const char *path, struct error *err);

/* Inside, last: makes mounts read-only that had to stay writable for mountpoints and devices. */
int mounts_finish(const struct mounts *mounts, struct error *err);

/*
 * Inside, after lock_namespace(): sets the deferred propagation. Finds mounts by path below rootfd.
 * Somebody who replaces one only makes hull change another mount of their own container, which
 * CAP_SYS_ADMIN lets them do anyway.
 */
int mounts_propagate(const struct mounts *mounts, int rootfd, struct error *err);

/* Attaches a detached tree to an O_PATH fd with move_mount(2). Returns 0, or -1 with errno. */
int mount_attach_detached(int tree, int target);
