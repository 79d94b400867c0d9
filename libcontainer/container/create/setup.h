/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container being set up: what create, restore and checkpoint have read, opened and decided. (A
 * checkpoint opens what the configuration names, too, to recognize it in the container.) The host
 * side (create.c) fills it in, the init (init.c) inherits it through the clone. Afterwards each
 * side has its own copy; only the sync socket and the open files connect them.
 */
#pragma once
#include <sched.h>
#include <linux/filter.h>

#include "container/container.h"
#include "container/hooks.h"
#include "container/init/payload.h"
#include "container/state/state.h"
#include "container/steps.h"
#include "linux/mount/devices.h"
#include "linux/mount/mounts.h"
#include "linux/mount/rootfs.h"

/* A namespace that is joined by path. */
struct join {
	int type; /* enum oci_namespace_type */
	int fd;
	bool outer; /* not owned by the container's user namespace: joined before entering that */
};

enum setup_purpose { CREATE, RESTORE, CHECKPOINT };

struct criu_job;
struct netdev_moves;

struct setup {
	enum setup_purpose purpose;
	struct criu_job *criu; /* NULL for CREATE */
	const struct runtime *rt;
	const struct create_options *options;
	struct trace trace;
	struct oci_config config;
	struct buf config_text;
	struct arena arena; /* everything except the configuration */
	bool detached;      /* no process of hull remains to serve a terminal or to wait */
	bool runs;          /* `run`: this process also starts the container */

	const char *bundle, *rootfs; /* absolute */
	int bundle_fd, root_fd, state_fd;
	struct state state;
	bool claimed;       /* this hull created the state directory */
	bool recorded;      /* the state directory contains state.json */
	bool ran_hooks;     /* hooks that run before pivot_root may have run */
	bool owes_poststop; /* poststop hooks have to run, although creation failed */

	/* the caller */
	bool rootless;   /* not root, or not in the initial user namespace */
	bool privileged; /* may write any mapping */

	/* namespaces */
	unsigned long long new_namespaces; /* CLONE_NEW... without CLONE_NEWUSER */
	bool new_userns, joined_userns;
	struct join joins[NAMESPACE_TYPES];
	size_t njoins;
	oci_id_mappings uid_mappings,
		gid_mappings; /* the container's user namespace; empty if it has none */
	int mntns;            /* the tiny mount namespace; -1: the init copies the host's */

	/* root filesystem, mounts, devices */
	bool mounts_on_host;   /* no mount namespace of its own: mounts are made on the host, below
				  the rootfs */
	bool mounts_in_joined; /* made in a joined mount namespace, with the rootfs as its root */
	int host_proc;         /* mounts_in_joined: the host's /proc; else -1 */
	bool trees_inside; /* the init opens all trees (trees.h): the host side lacks the privilege
			    */
	int rootfs_tree, null_tree;
	const char *rootfs_place; /* init: path where the rootfs is mounted until pivot_root */
	enum idmap_policy idmap_policy;
	struct mount_context mount_context;
	struct mounts mounts;
	struct device_plan devices;
	struct buf seccomp; /* struct sock_filter[] */
	unsigned seccomp_flags;
	int start_socket;     /* -1 with `run` */
	bool killed_at_birth; /* cgroup_kills_newborns() */
	bool enters_cgroup;   /* a joiner enters the cgroup, and the init is born there */

	struct hook_place hook_place; /* for hooks that run in the bundle directory */

	/* the init */
	struct payload payload;
	mode_t caller_umask;
	int sync[2];                    /* [0] the host side's, [1] the init's */
	bool waits_for_namespaces;      /* the host side must wait for SYNC_NAMESPACES */
	struct netdev_moves *net_moves; /* host side: network devices, until all steps are done */
	pid_t pid;
	int pidfd, userns_fd;
	int console; /* host side: master of the pty */
};

/* A setup that holds nothing yet, for setup_run(). */
#define SETUP(for_purpose)                                                      \
	((struct setup){ .purpose = (for_purpose),                              \
		.trace = { .fd = -1 },                                          \
		.bundle_fd = -1,                                                \
		.root_fd = -1,                                                  \
		.state_fd = -1,                                                 \
		.state = STATE_NONE,                                            \
		.mntns = -1,                                                    \
		.host_proc = -1,                                                \
		.rootfs_tree = -1,                                              \
		.null_tree = -1,                                                \
		.mount_context = { .bundle_fd = -1, .network = -1, .ipc = -1 }, \
		.devices = DEVICES_NONE,                                        \
		.start_socket = -1,                                             \
		.hook_place = HOOK_PLACE(-1),                                   \
		.payload = { .make_cwd = true },                                \
		.sync = { -1, -1 },                                             \
		.pidfd = -1,                                                    \
		.userns_fd = -1,                                                \
		.console = -1 })

/* True if the container has mounts of its own. */
static inline bool setup_has_mounts(const struct setup *c)
{
	return c->new_namespaces & CLONE_NEWNS || c->mounts_on_host || c->mounts_in_joined;
}

static inline bool setup_has_hooks_before_pivot(const struct setup *c)
{
	const struct oci_hooks *hooks = c->config.hooks;

	return hooks != NULL &&
		(hooks->prestart.n > 0 || hooks->create_runtime.n > 0 ||
			hooks->create_container.n > 0);
}

DEFINE_STEPS(setup)

/* init.c: the container's side, up to execve(2) of its process. */
void init_main(struct setup *c) __attribute__((noreturn));
