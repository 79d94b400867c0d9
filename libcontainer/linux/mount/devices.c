/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/devices.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/idmap.h"
#include "linux/process/lsm.h"

enum { MQUEUE_MAGIC = 0x19800202 }; /* the kernel exports no name for it */

/* config-linux.md, "Default Devices", except console (from the terminal) and ptmx (from devpts). */
static const struct {
	const char *path;
	unsigned major, minor;
} defaults[] = {
	{ "/dev/null", 1, 3 },
	{ "/dev/zero", 1, 5 },
	{ "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },
	{ "/dev/urandom", 1, 9 },
	{ "/dev/tty", 5, 0 },
};

enum { DEFAULTS = ARRAY_SIZE(defaults) };

static mode_t type_of(const char *type)
{
	if (strcmp(type, "c") == 0 || strcmp(type, "u") == 0)
		return S_IFCHR;
	return strcmp(type, "b") == 0 ? S_IFBLK : strcmp(type, "p") == 0 ? S_IFIFO : 0;
}

/* Formats "c 1:3". */
static const char *describe(mode_t mode, dev_t rdev, char text[32])
{
	if (S_ISCHR(mode) || S_ISBLK(mode))
		snprintf(text, 32, "%c %u:%u", S_ISCHR(mode) ? 'c' : 'b', major(rdev), minor(rdev));
	else
		snprintf(text, 32, "%s",
			S_ISFIFO(mode)          ? "p"
				: S_ISDIR(mode) ? "a directory"
				: S_ISLNK(mode) ? "a symlink"
						: "a file");
	return text;
}

static int plan_device(struct device_plan *plan, struct arena *arena,
	const struct oci_device *device, size_t i, struct error *err)
{
	cleanup_free char *absolute = path_absolute("", device->path),
			  *clean = path_clean(absolute);
	struct device_node node = { .path = arena_strdup(arena, clean),
		.pointer = arena_printf(arena, "/linux/devices/%zu", i),
		.mode = device->file_mode.set ? device->file_mode.value & 07777 : 0666,
		.uid = device->uid.value,
		.gid = device->gid.value,
		.tree = -1 };
	mode_t type = type_of(device->type);
	size_t at = 0;

	if (type == 0)
		return error_set(
			err, 0, "%s/type: \"%s\" is not c, b, u or p", node.pointer, device->type);
	node.mode |= type;
	if (!S_ISFIFO(type))
		node.rdev = makedev((unsigned)device->major.value, (unsigned)device->minor.value);
	while (at < DEFAULTS && strcmp(plan->v[at].path, node.path) != 0)
		at++;
	plan->v[at < DEFAULTS ? at : plan->n++] = node;
	return 0;
}

static int plan_devices(struct device_plan *plan, struct arena *arena,
	const struct oci_device *devices, size_t n, struct error *err)
{
	plan->v = arena_alloc(arena, (DEFAULTS + n) * sizeof *plan->v);
	for (size_t i = 0; i < DEFAULTS; i++)
		plan->v[plan->n++] = (struct device_node){ .path = defaults[i].path,
			.pointer = "default devices",
			.is_default = true,
			.mode = S_IFCHR | 0666,
			.rdev = makedev(defaults[i].major, defaults[i].minor),
			.tree = -1 };
	for (size_t i = 0; i < n; i++)
		if (plan_device(plan, arena, &devices[i], i, err) < 0)
			return -1;
	return 0;
}

void devices_close(struct device_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		fd_close(&plan->v[i].tree);
	fd_close(&plan->store);
}

/*
 * An existing file must be the device (config-linux.md, "If a file already exists ..."). Returns 0
 * if it is.
 */
static int check_existing(const struct device_node *node, const struct stat *st, struct error *err)
{
	char wanted[32], found[32];

	if ((st->st_mode & S_IFMT) == (node->mode & S_IFMT) &&
		(S_ISFIFO(node->mode) || st->st_rdev == node->rdev))
		return 0;
	return error_set(err, EEXIST, "%s: %s: expected the device %s, found %s", node->pointer,
		node->path, describe(node->mode, node->rdev, wanted),
		describe(st->st_mode, st->st_rdev, found));
}

/* Maps a container ID to the caller's ID. */
static int map(const oci_id_mappings *mapping, uint32_t id, const char *what,
	const struct device_node *node, uint32_t *mapped, struct error *err)
{
	int64_t host = mapping->n > 0 ? id_mappings_to_host(mapping, id) : id;

	if (host < 0)
		return error_set(err, 0, "%s/%s: %u has no mapping in the user namespace",
			node->pointer, what, id);
	*mapped = (uint32_t)host;
	return 0;
}

/* Explains why mknodat(2) failed for a node, or for the file that it is to be bound on. */
static int refuse_node(
	const struct device_node *node, const char *purpose, int dirfd, struct error *err)
{
	struct statfs fs;

	error_errno(err, "%s: make %s%s", node->pointer, node->path, purpose);
	return fstatfs(dirfd, &fs) == 0 &&
			(fs.f_type == DEVPTS_SUPER_MAGIC || fs.f_type == MQUEUE_MAGIC)
		? error_hint(err,
			  "a %s has only the nodes that the kernel makes itself: leave the device "
			  "out",
			  idmap_filesystem_name(dirfd))
		: -1;
}

/*
 * Creates the node in the root filesystem, or accepts an existing one. Requires umask 0. Sets the
 * owner through the node's own fd: somebody may have replaced the name meanwhile.
 */
static int make_node(const struct device_node *node, int dirfd, const char *name, struct error *err)
{
	cleanup_fd int made = -1;
	struct stat st;

	if (mknodat(dirfd, name, node->mode, node->rdev) < 0) {
		if (errno != EEXIST || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return refuse_node(node, "", dirfd, err);
		return check_existing(node, &st, err);
	}
	if (node->uid == 0 && node->gid == 0)
		return 0;
	made = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (made < 0 || fstat(made, &st) < 0)
		return error_errno(err, "%s: open %s", node->pointer, node->path);
	if (check_existing(node, &st, err) < 0)
		return -1;
	if (fchownat(made, "", node->uid, node->gid, AT_EMPTY_PATH) < 0)
		return error_errno(err, "%s: give %s to %u:%u", node->pointer, node->path,
			node->uid, node->gid);
	return 0;
}

/* ---- trees ---- */

/*
 * Makes a detached tmpfs in the caller's user namespace. Being unattached it has no peers, and
 * neither have its clones.
 */
static int make_store(const char *label, struct error *err)
{
	cleanup_fd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int store;

	if (fs >= 0 && lsm_selinux_label_filesystem(fs, label) == 0 &&
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0 &&
		(store = fsmount(fs, FSMOUNT_CLOEXEC, 0)) >= 0)
		return store;
	error_errno(err, "default devices: make a tmpfs for the nodes");
	return lsm_selinux_mount_hint(label, err);
}

static int tree_of(int dirfd, const char *name)
{
	return open_tree(dirfd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
}

/* Nobody else can see the store, so its names are stable. */
static int store_node(const struct device_node *node, int store, const char *name,
	const oci_id_mappings *uids, const oci_id_mappings *gids, struct error *err)
{
	uint32_t uid = 0, gid = 0;

	if (map(uids, node->uid, "uid", node, &uid, err) < 0 ||
		map(gids, node->gid, "gid", node, &gid, err) < 0)
		return -1;
	if (mknodat(store, name, node->mode, node->rdev) < 0)
		return error_errno(err, "%s: make %s", node->pointer, node->path);
	if ((uid != 0 || gid != 0) && fchownat(store, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(
			err, "%s: give %s to %u:%u", node->pointer, node->path, uid, gid);
	return 0;
}

static int make_in_store(struct device_plan *plan, struct error *err)
{
	char name[24];

	plan->store = make_store(plan->label, err);
	if (plan->store < 0)
		return -1;
	for (size_t i = 0; i < plan->n; i++) {
		struct device_node *node = &plan->v[i];

		snprintf(name, sizeof name, "%zu", i);
		if (store_node(node, plan->store, name, plan->uids, plan->gids, err) < 0)
			return -1;
		/*
		 * before Linux 6.15 a detached mount can't be cloned (EINVAL); then
		 * clone_attached() does it
		 */
		node->tree = tree_of(plan->store, name);
		if (node->tree < 0 && errno != EINVAL)
			return error_errno(
				err, "%s: clone the mount of %s", node->pointer, node->path);
	}
	return 0;
}

int devices_plan(struct device_plan *plan, struct arena *arena,
	const struct device_request *request, struct error *err)
{
	*plan = (struct device_plan)DEVICES_NONE;
	plan->bind = request->bind;
	plan->rootless = request->rootless;
	plan->uids = request->uids;
	plan->gids = request->gids;
	plan->label = request->label;
	plan->has_kcore = faccessat(AT_FDCWD, "/proc/kcore", F_OK, 0) == 0;
	return plan_devices(plan, arena, request->devices, request->n, err);
}

int devices_open(struct device_plan *plan, struct error *err)
{
	mode_t mask;
	int result;

	if (!plan->bind || plan->rootless)
		return 0;
	mask = umask(0);
	result = make_in_store(plan, err);
	umask(mask);
	return result;
}

/* Clones the mount of a host file, if it is the expected device. */
static int tree_of_device(const char *path, const struct device_node *node)
{
	struct mount_attr attr = {
		.propagation = MS_PRIVATE
	}; /* private: mounts over it must not propagate to the host */
	cleanup_fd int tree = tree_of(AT_FDCWD, path);
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0 || check_existing(node, &st, NULL) < 0 ||
		mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -1;
	return fd_take(&tree);
}

/* The errno is about a shortage of memory or descriptors, not about the device. */
static bool is_shortage(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOSPC || errnum == ENOMEM;
}

/* Opens the host's node: under the same path, or under the kernel's name for its device number. */
static int open_host(struct device_node *node, struct error *err)
{
	cleanup_buf struct buf event = { 0 };
	char path[64], text[32];
	const char *name;

	node->tree = tree_of_device(node->path, node);
	if (node->tree >= 0)
		return 0;
	if (is_shortage(errno))
		return error_errno(err, "%s: open %s of the host", node->pointer, node->path);
	snprintf(path, sizeof path, "/sys/dev/%s/%u:%u/uevent",
		S_ISCHR(node->mode) ? "char" : "block", major(node->rdev), minor(node->rdev));
	if (file_read(AT_FDCWD, path, &event, NULL) == 0 &&
		(name = strstr(event.data, "DEVNAME=")) != NULL) {
		cleanup_free char *device = NULL;

		name += strlen("DEVNAME=");
		device = mem_printf("/dev/%.*s", (int)strcspn(name, "\n"), name);
		node->tree = tree_of_device(device, node);
	}
	if (node->tree < 0)
		return error_set(err, 0,
			"%s: the host has no node of the device %s to bind on %s, and making one "
			"needs root",
			node->pointer, describe(node->mode, node->rdev, text), node->path);
	return 0;
}

/* Attaches the store over the rootfs while its nodes are cloned. */
static int clone_attached(struct device_plan *plan, int rootfd, struct error *err)
{
	cleanup_fd int here = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (move_mount(plan->store, "", rootfd, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, "default devices: attach the tmpfs with the nodes");
	for (size_t i = 0; i < plan->n && result == 0; i++) {
		struct device_node *node = &plan->v[i];
		char name[24];

		snprintf(name, sizeof name, "%zu", i);
		node->tree = tree_of(plan->store, name);
		if (node->tree < 0)
			result = error_errno(
				err, "%s: clone the mount of %s", node->pointer, node->path);
	}
	/* umount2() takes no fd; "." is this mount, whatever covers it */
	if (fchdir(plan->store) < 0 || umount2(".", MNT_DETACH) < 0 ||
		(here >= 0 && fchdir(here) < 0))
		return error_errno(err, "default devices: detach the tmpfs with the nodes");
	return result;
}

/* Bind-mounts the node over the existing file at `name`. Doesn't follow a symlink there. */
static int cover(const struct device_node *node, int dirfd, const char *name, struct error *err)
{
	if (move_mount(node->tree, "", dirfd, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "%s: bind the device on %s", node->pointer, node->path);
	return 0;
}

/*
 * Another container on this rootfs may have left an empty file; an image's node may be unusable or
 * have another owner.
 */
static int bind_on_existing(
	const struct device_node *node, int dirfd, const char *name, struct error *err)
{
	cleanup_fd int target = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (target < 0 || fstat(target, &st) < 0)
		return error_errno(
			err, "%s: open %s to bind the device on", node->pointer, node->path);
	if ((!S_ISREG(st.st_mode) || st.st_size > 0) && check_existing(node, &st, err) < 0)
		return -1;
	if (move_mount(node->tree, "", target, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, "%s: bind the device on %s", node->pointer, node->path);
	return 0;
}

static int bind_node(const struct device_node *node, int dirfd, const char *name, struct error *err)
{
	if (mknodat(dirfd, name, S_IFREG, 0) == 0)
		return cover(node, dirfd, name, err);
	if (errno != EEXIST)
		return refuse_node(node, " to bind the device on", dirfd, err);
	return bind_on_existing(node, dirfd, name, err);
}

static int place_node(const struct device_plan *plan, struct device_node *node, int dirfd,
	const char *name, struct error *err)
{
	if (!plan->bind || S_ISFIFO(node->mode)) /* FIFOs need no privilege */
		return make_node(node, dirfd, name, err);
	if (plan->rootless && open_host(node, err) < 0)
		return -1;
	return bind_node(node, dirfd, name, err);
}

/*
 * ptmx looks for its devpts in its own directory, where a bound node has none: use a symlink to
 * pts/ptmx instead, like runc.
 */
static bool is_ptmx(const struct device_node *node)
{
	return strcmp(node->path, "/dev/ptmx") == 0 && S_ISCHR(node->mode) &&
		node->rdev == makedev(5, 2);
}

static int place_nodes(struct device_plan *plan, int rootfd, bool with_defaults, struct error *err)
{
	cleanup_fd int parent = -1;
	const char *in = NULL; /* the directory open as `parent`: most nodes are in /dev */

	for (size_t i = 0; i < plan->n; i++) {
		struct device_node *node = &plan->v[i];
		const char *name = strrchr(node->path, '/') + 1;
		size_t len = (size_t)(name - node->path);

		if (with_defaults ? is_ptmx(node) : node->is_default)
			continue;
		if (in == NULL || strncmp(in, node->path, len) != 0 ||
			strchr(in + len, '/') != NULL) {
			fd_close(&parent);
			parent = path_open_parent(rootfd, node->path, &name, err);
			if (parent < 0)
				return error_prefix(err, "%s", node->pointer);
			in = node->path;
		}
		if (place_node(plan, node, parent, name, err) < 0)
			return -1;
	}
	return 0;
}

static int make_links(const struct device_plan *plan, int rootfd, struct error *err)
{
	static const struct {
		const char *target, *name;
	} links[] = {
		{ "/proc/self/fd", "fd" },
		{ "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" },
		{ "/proc/self/fd/2", "stderr" },
		{ "pts/ptmx", "ptmx" },
		{ "/proc/kcore", "core" },
	};
	size_t n = plan->has_kcore ? ARRAY_SIZE(links) : ARRAY_SIZE(links) - 1;
	cleanup_fd int dev = path_make_directory(rootfd, "/dev/", 0755, err);

	if (dev < 0)
		return error_prefix(err, "/dev");
	for (size_t i = 0; i < n; i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			return error_errno(err, "make the symlink /dev/%s", links[i].name);
	return 0;
}

int devices_make(struct device_plan *plan, int rootfd, bool with_defaults, struct error *err)
{
	mode_t mask;
	int result;

	if (plan->store >= 0 && plan->n > 0 && plan->v[0].tree < 0 &&
		clone_attached(plan, rootfd, err) < 0)
		return -1;
	mask = umask(0);
	result = place_nodes(plan, rootfd, with_defaults, err);
	umask(mask);
	return result == 0 && with_defaults ? make_links(plan, rootfd, err) : result;
}

enum { OVERFLOW_ID = 65534 }; /* unmapped IDs appear as this: user_namespaces(7) */

static bool is_null(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Opens the container's /dev/null, or a detached one if it is missing. */
static int open_null(int rootfd, const char *label, struct error *err)
{
	cleanup_fd int fd = path_open(rootfd, "/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK, NULL),
		       store = -1;
	struct stat st;

	if (fd >= 0 && is_null(fd, &st) && fcntl(fd, F_SETFL, O_RDWR) == 0)
		return fd_take(&fd);
	fd_close(&fd);
	store = make_store(label, err);
	if (store < 0)
		return -1;
	if (mknodat(store, "null", S_IFCHR | 0666, makedev(1, 3)) == 0)
		fd = openat(store, "null", O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, "the container has no /dev/null: make one") : fd_take(&fd);
}

int devices_replace_null(int rootfd, const char *label, struct error *err)
{
	cleanup_fd int own = -1;
	struct stat st;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (!is_null(fd, &st) || st.st_uid == OVERFLOW_ID)
			continue;
		if (own < 0 && (own = open_null(rootfd, label, err)) < 0)
			return error_prefix(
				err, "replace the host's /dev/null as standard stream %d", fd);
		if (dup3(own, fd, 0) < 0)
			return error_errno(
				err, "make the container's /dev/null standard stream %d", fd);
	}
	return 0;
}
