/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `mounts add` and `mounts remove`: changes the mounts of a running container. As in create, the
 * host side opens and ID-maps the sources. A process that enters the container's mount and user
 * namespaces attaches them, all or none, or removes them.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <linux/capability.h>

#include "base/explain.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/trees.h"
#include "container/exec/enter.h"
#include "container/wire/sync.h"
#include "linux/ids/userns.h"
#include "linux/mount/explain.h"
#include "linux/mount/mounts.h"
#include "linux/namespaces/namespaces.h"

struct live {
	struct arena arena;
	struct state state;
	struct oci_config config; /* the container's, plus the mounts of the file */
	struct entrance entrance;
	struct mount_context context;
	struct mounts mounts;
	int bundle_fd, userns_fd, network, ipc;
	bool plans_inside; /* the child opens the sources, because the caller lacks the privilege */
	int root, fds;     /* inside: the container's root; /proc/self/fd in the host's procfs */
	int sync;
};

/* ---- the host side ---- */

static int read_file(struct live *l, const char *path, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	return config_decode_mounts(
		&l->config, path, text.data != NULL ? text.data : "", text.len, err);
}

static int open_container(struct live *l, const struct runtime *rt, const char *id,
	const char *file, struct error *err)
{
	cleanup_fd int state_fd = state_load(rt, id, &l->state, err);

	if (state_fd < 0)
		return -1;
	if (entrance_open(&l->entrance, &l->state, err) < 0)
		return errno == ESRCH ? error_set(err, 0, "container not running") : -1;
	if (!(l->entrance.flags & CLONE_NEWNS))
		return error_set(err, 0,
			"the container has no mount namespace of its own: its mounts are the "
			"host's");
	if (state_config(state_fd, &l->config, err) < 0)
		return -1;
	return read_file(l, file, err) < 0
		? -1
		: entrance_open_root(&l->entrance, &l->state, &l->config, err);
}

static int open_namespace(pid_t pid, enum oci_namespace_type type, struct error *err)
{
	char path[48];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, namespace_file(type));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, "open %s", path) : fd;
}

/* Checks that sources can be ID-mapped with the configuration's mapping. */
static int check_mapping(
	struct live *l, const char *file, const oci_id_mappings *said, struct error *err)
{
	oci_id_mappings real;

	if (userns_read_map(&l->arena, l->state.pid, file, &real, err) < 0)
		return -1;
	return id_mappings_equivalent(&real, said)
		? 0
		: error_set(err, 0,
			  "the container's first process has gone into another user namespace: "
			  "its %s isn't that of the configuration",
			  file);
}

static int describe(struct live *l, struct error *err)
{
	bool userns = l->entrance.flags & CLONE_NEWUSER;

	l->network = open_namespace(l->state.pid, NAMESPACE_NETWORK, err);
	l->ipc = open_namespace(l->state.pid, NAMESPACE_IPC, err);
	l->userns_fd = userns ? open_namespace(l->state.pid, NAMESPACE_USER, err) : -1;
	l->bundle_fd = open(l->state.bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->network < 0 || l->ipc < 0 || (userns && l->userns_fd < 0) ||
		(userns &&
			(check_mapping(l, "uid_map", &l->config.linux->uid_mappings, err) < 0 ||
				check_mapping(l, "gid_map", &l->config.linux->gid_mappings, err) <
					0)) ||
		process_check(l->entrance.pidfd, err) < 0)
		return -1;
	if (l->bundle_fd < 0)
		return error_errno(err, "open the bundle %s", l->state.bundle);
	l->context = (struct mount_context){
		.arena = &l->arena,
		.rootfs = l->state.rootfs,
		.bundle_fd = l->bundle_fd,
		.user_namespace = userns,
		.locks = userns && trees_need_locks(&l->config),
		.live = true,
		.host_makes = true, /* with them, paths inside the container would be used */
		.owns_network = userns && namespace_is_owned_by(l->network, l->userns_fd),
		.owns_ipc = userns && namespace_is_owned_by(l->ipc, l->userns_fd),
		.network = namespace_is_at(l->network, "/proc/self/ns/net") ? -1 : l->network,
		.ipc = namespace_is_at(l->ipc, "/proc/self/ns/ipc") ? -1 : l->ipc,
		.uid_mappings = &l->config.linux->uid_mappings,
		.gid_mappings = &l->config.linux->gid_mappings,
		.mount_label = l->config.linux->mount_label,
		.mount_label_option = config_mount_context_type(&l->config),
	};
	if (exposure_policy(config_annotation(&l->config, "io.hull.idmap.exposed"),
		    &l->context.exposure_policy, err) < 0)
		return -1;
	return idmap_fallback_policy(config_annotation(&l->config, "io.hull.idmap.fallback"),
		&l->context.idmap_fallback, err);
}

static int plan(struct live *l, struct error *err)
{
	for (size_t i = 0; i < l->config.mounts.n; i++) {
		const char *type = l->config.mounts.v[i].type;

		/*
		 * a new procfs would expose what maskedPaths hides; a cgroup mount needs what only
		 * create has
		 */
		if (type != NULL &&
			(strcmp(type, "proc") == 0 || strcmp(type, "cgroup") == 0 ||
				strcmp(type, "cgroup2") == 0))
			return error_set(err, 0,
				"/mounts/%zu/type: %s can be mounted by create only", i, type);
	}
	if (mounts_plan(&l->context, l->config.mounts.v, l->config.mounts.n, &l->mounts, err) < 0)
		return -1;
	if (mounts_open(&l->context, &l->mounts, err) < 0)
		return -1;
	return mounts_prepare(&l->mounts,
		&(struct mount_preparation){ &l->context, l->userns_fd,
			trees_propagation(&l->config, l->context.user_namespace),
			userns_has_capability(CAP_SETUID) && userns_has_capability(CAP_SETGID) },
		err);
}

/*
 * An unprivileged caller can clone mounts only from a copy of its mount namespace that the
 * container's user namespace owns: the child does that (trees.h).
 */
static int plan_inside(struct live *l, struct error *err)
{
	if (process_hide(NULL) < 0 || setns(l->entrance.pidfd, CLONE_NEWUSER) < 0 ||
		process_hide(NULL) < 0 || unshare(CLONE_NEWNS) < 0)
		return error_errno(
			err, "copy the caller's mounts into the container's user namespace");
	l->entrance.flags &= ~CLONE_NEWUSER;
	fd_close(&l->bundle_fd);
	l->context.bundle_fd = l->bundle_fd =
		open(l->state.bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->bundle_fd < 0)
		return error_errno(err, "open the bundle %s", l->state.bundle);
	return plan(l, err);
}

/* ---- inside ---- */

static int open_mount(const struct live *l, const char *destination, struct error *err)
{
	cleanup_free char *absolute = path_absolute("/", destination),
			  *clean = path_clean(absolute);
	int fd;

	if (strcmp(clean, "/") == 0)
		return error_set(err, 0, "the container's root can't be removed");
	fd = path_open_exact(l->root, clean, O_PATH, err);
	return fd < 0 ? mounts_explain_exact(err) : fd;
}

static const struct explanation detach_rows[] = {
	{ EINVAL, NULL, NULL, "nothing that may be taken away is mounted there" },
	EXPLANATIONS_END,
};

/*
 * Unmounts what is at destination. umount2(2) needs a path, and no path in the container can be
 * trusted, so it gets one in the host's procfs.
 */
static int detach(const struct live *l, const char *destination, struct error *err)
{
	cleanup_fd int target = open_mount(l, destination, err);
	char name[16];

	if (target < 0)
		return -1;
	snprintf(name, sizeof name, "%d", target);
	if (fchdir(l->fds) < 0 || umount2(name, MNT_DETACH) < 0) {
		error_errno(err, "unmount %s", destination);
		return explain(detach_rows, NULL, NULL, err);
	}
	return 0;
}

static bool is_remount(const struct live *l, size_t i)
{
	return l->mounts.plan[i].kind == MOUNT_REMOUNT;
}

/* Remounts, which can't be undone, come last. */
static int add_mounts(struct live *l, struct error *err)
{
	size_t n = l->mounts.n;

	for (size_t step = 0; step < 2 * n; step++) {
		size_t i = step % n;

		if (is_remount(l, i) != (step >= n) ||
			mount_attach_live(&l->mounts, i, l->root, l->context.locks, err) == 0)
			continue;
		for (i = step < n ? step : n; i-- > 0;)
			if (!is_remount(l, i) && l->mounts.plan[i].kind != MOUNT_SYMLINK)
				detach(l, l->mounts.plan[i].mount->destination, NULL);
		return -1;
	}
	return 0;
}

/* A clone of what is mounted at destination; -1 if there is none, or it is unbindable. */
static int clone_mount(const struct live *l, const char *destination)
{
	cleanup_fd int mount = open_mount(l, destination, NULL);

	return mount < 0
		? -1
		: open_tree(mount, "",
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
}

static void put_back(const struct live *l, const char *destination, int tree)
{
	cleanup_fd int place = tree < 0 ? -1 : open_mount(l, destination, NULL);

	if (place >= 0)
		mount_attach_detached(tree, place);
}

/* All or none. In reverse order: a mount before the one that contains it. */
static int remove_mounts(struct live *l, struct error *err)
{
	const struct oci_mount *mounts = l->config.mounts.v;
	size_t n = l->config.mounts.n;
	int *clones = arena_alloc(&l->arena, n * sizeof *clones);

	for (size_t i = n; i-- > 0;) {
		const char *destination = mounts[i].destination;

		clones[i] = clone_mount(l, destination);
		if (detach(l, destination, err) == 0)
			continue;
		error_prefix(err, "/mounts/%zu/destination", i);
		while (++i < n)
			put_back(l, mounts[i].destination, clones[i]);
		return -1;
	}
	return 0;
}

static void run_inside(struct live *l, int (*work)(struct live *l, struct error *err))
	__attribute__((noreturn));

static int enter(struct live *l, struct error *err)
{
	l->fds = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->fds < 0)
		return error_errno(err, "open /proc/self/fd");
	if ((l->plans_inside && plan_inside(l, err) < 0) || entrance_enter(&l->entrance, err) < 0 ||
		(l->plans_inside && entrance_become_root(err) < 0))
		return -1;
	l->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return l->root < 0 ? error_errno(err, "open the container's root directory") : 0;
}

static void run_inside(struct live *l, int (*work)(struct live *l, struct error *err))
{
	struct error err;
	int result;

	log_to_sink(sync_log_sink, (void *)(intptr_t)l->sync);
	umask(0);
	result = enter(l, &err);
	if (result == 0)
		result = work(l, &err);
	if (result < 0)
		sync_send_error(l->sync, &err);
	_exit(result < 0);
}

static int do_inside(
	struct live *l, int (*work)(struct live *l, struct error *err), struct error *err)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct sync_message message;
	int sockets[2], result;
	pid_t pid;

	if (sync_pair(sockets, err) < 0)
		return -1;
	l->sync = sockets[1];
	pid = sys_clone3(&args);
	if (pid == 0)
		run_inside(l, work);
	close(sockets[1]);
	result = pid < 0 ? error_errno(err, "start a process")
			 : sync_receive(sockets[0], &message, SYNC_PROCESS, err);
	close(sockets[0]);
	if (pid > 0 && process_wait(pid) != 0 && result == 0)
		return error_set(err, 0,
			"the process that changes the container's mounts ended unexpectedly");
	return result;
}

/* ---- both sides ---- */

static void close_live(struct live *l)
{
	mounts_close(&l->mounts);
	entrance_close(&l->entrance);
	fd_close(&l->bundle_fd);
	fd_close(&l->userns_fd);
	fd_close(&l->network);
	fd_close(&l->ipc);
	config_free(&l->config);
	state_free(&l->state);
	arena_free(&l->arena);
}

#define LIVE                                                                                     \
	{                                                                                        \
		.entrance = { .pidfd = -1, .root = -1 }, .state.cgroup.fd = -1, .bundle_fd = -1, \
		.network = -1, .ipc = -1, .userns_fd = -1, .root = -1, .fds = -1                 \
	}

int container_mounts_add(
	const struct runtime *rt, const char *id, const char *file, struct error *err)
{
	__attribute__((cleanup(close_live))) struct live l = LIVE;

	if (open_container(&l, rt, id, file, err) < 0 || describe(&l, err) < 0)
		return -1;
	l.plans_inside = l.context.user_namespace && !trees_may_be_opened_here();
	if (!l.plans_inside && plan(&l, err) < 0)
		return -1;
	return do_inside(&l, add_mounts, err);
}

int container_mounts_remove(
	const struct runtime *rt, const char *id, const char *file, struct error *err)
{
	__attribute__((cleanup(close_live))) struct live l = LIVE;

	return open_container(&l, rt, id, file, err) < 0 ? -1 : do_inside(&l, remove_mounts, err);
}
