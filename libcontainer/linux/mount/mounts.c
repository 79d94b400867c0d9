/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/mounts.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/text/number.h"
#include "linux/ids/userns.h"
#include "linux/mount/copy_up.h"
#include "linux/mount/idmap.h"
#include "linux/mount/lock.h"
#include "linux/mount/mountinfo.h"
#include "linux/mount/stage.h"

int tree_attach(int tree, int target)
{
	return move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* ---- the plan ---- */

static bool has_id_mapping(const struct mount_plan *plan)
{
	return plan->mount->uid_mappings.n > 0 || plan->options.idmap ||
		plan->options.recursive_idmap;
}

static char *absolute_source(const struct mount_context *context, const struct mount_plan *plan)
{
	char bundle[PATH_MAX], link[FD_PATH_MAX];
	cleanup_free char *absolute = NULL;
	ssize_t len;

	if (plan->mount->source[0] == '/')
		return path_clean(plan->mount->source);
	len = readlink(fd_path(link, context->bundle_fd), bundle, sizeof bundle - 1);
	bundle[len > 0 ? len : 0] = '\0';
	absolute = path_absolute(bundle, plan->mount->source);
	return path_clean(absolute);
}

/* True if the source lies inside the rootfs, in a place that an earlier mount of the list covers:
 * what is meant then is not what the host sees there. Sets plan->inner when it lies inside at all.
 */
static bool is_inside(const struct mount_context *context, const struct mount_plans *plans,
	struct mount_plan *plan)
{
	cleanup_free char *source = absolute_source(context, plan);

	if (!path_is_below(source, context->rootfs))
		return false;
	plan->inner = arena_strdup(context->arena, source + strlen(context->rootfs));
	for (size_t i = 0; &plans->v[i] != plan; i++)
		if (path_is_below(plan->inner, plans->v[i].destination))
			return true;
	return false;
}

static int open_tree_of(
	struct mount_plan *plan, int dirfd, const char *path, bool recursive, struct error *err)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0) |
		(path[0] == '\0' ? AT_EMPTY_PATH : 0) |
		(plan->options.src_nofollow ? AT_SYMLINK_NOFOLLOW : 0);

	plan->tree = open_tree(dirfd, path, flags);
	if (path[0] == '\0')
		path = plan->mount->source;
	plan->cloned = true;
	if (plan->tree >= 0)
		return 0;
	if (errno == EINVAL && !recursive) {
		error_errno(err, "%s/source: open %s", plan->pointer, path);
		return error_hint(err,
			"a part of it is covered by a mount that may not be uncovered here: use rbind");
	}
	return error_errno(err, "%s/source: open %s", plan->pointer, path);
}

/* A symlink that the image has put on the way leads where the container would find it, not to a
 * file of the host (CVE-2022-23648). */
static int open_tree_inside(
	const struct mount_context *context, struct mount_plan *plan, struct error *err)
{
	cleanup_fd int root = open(context->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC), source = -1;

	if (root < 0)
		return error_errno(err, "/root/path: open %s", context->rootfs);
	source = path_open(root, plan->inner[0] != '\0' ? plan->inner : "/",
		O_PATH | (plan->options.src_nofollow ? O_NOFOLLOW : 0), err);
	if (source < 0)
		return error_prefix(err, "%s/source: %s", plan->pointer, plan->mount->source);
	return open_tree_of(plan, source, "", plan->options.recursive_bind, err);
}

static int read_symlink(const struct mount_context *context, struct mount_plan *plan)
{
	char target[4096];
	ssize_t len = readlinkat(context->bundle_fd, plan->mount->source, target, sizeof target);

	if (len < 0 || len == sizeof target)
		return -1;
	plan->link = arena_strndup(context->arena, target, (size_t)len);
	return 0;
}

static int plan_bind(const struct mount_context *context, struct mount_plans *plans,
	struct mount_plan *plan, struct error *err)
{
	if (plan->options.data.n > 0)
		return error_set(err, 0,
			"%s/options: \"%s\" is no option of a mount, and a bind mount has none of a filesystem",
			plan->pointer, plan->options.data.v[0].key);
	if (plan->options.remount) {
		plan->kind = MOUNT_REMOUNT;
		return 0;
	}
	if (plan->mount->source == NULL || plan->mount->source[0] == '\0')
		return error_set(err, 0, "%s/source: a bind mount needs one", plan->pointer);
	if (plan->options.copy_symlink && read_symlink(context, plan) == 0) {
		plan->kind = MOUNT_SYMLINK;
		return 0;
	}
	if (is_inside(context, plans, plan)) {
		plan->kind = MOUNT_INNER_BIND;
		if (has_id_mapping(plan))
			return error_set(err, 0,
				"%s: a source inside an earlier mount of the container can't be ID-mapped",
				plan->pointer);
		return 0;
	}
	plan->kind = MOUNT_TREE;
	if (plan->inner != NULL)
		return open_tree_inside(context, plan, err);
	return open_tree_of(
		plan, context->bundle_fd, plan->mount->source, plan->options.recursive_bind, err);
}

/* A gid= that the container's user namespace doesn't map is EINVAL to devpts (runc#3317): the
 * terminals then belong to the group of the process that makes them. */
static void drop_unmapped_gid(const struct mount_context *context, struct mount_plan *plan)
{
	for (size_t i = 0; i < plan->options.data.n; i++) {
		const struct string_pair *option = &plan->options.data.v[i];
		const char *value = option->value;
		uint32_t gid;

		if (strcmp(option->key, "gid") != 0 || value == NULL ||
			!number_take_32(&value, &gid, 1) ||
			mapping_to_host(context->gid_mappings, gid) >= 0)
			continue;
		log_warning(
			"%s/options: gid=%u is left out, the user namespace has no mapping for it",
			plan->pointer, gid);
		plan->options.data.v[i] = plan->options.data.v[--plan->options.data.n];
		return;
	}
}

static int fs_error(int fsfd, struct error *err, const struct mount_plan *plan, const char *what)
{
	char message[256];
	int errnum = errno;
	ssize_t len = read(fsfd, message, sizeof message - 1);

	error_set(err, errnum, "%s: %s the filesystem %s", plan->pointer, what,
		plan->mount->type != NULL ? plan->mount->type : "there");
	if (len > 2) {
		message[len] = '\0';
		message[strcspn(message, "\n")] = '\0';
		error_hint(err, "the kernel says: %s", message + 2);
	}
	return -1;
}

static int make_refused(int fsfd, struct error *err, const struct mount_plan *plan)
{
	int errnum = errno;

	fs_error(fsfd, err, plan, "make");
	if (errnum != EPERM || userns_is_initial())
		return -1;
	if (strcmp(plan->mount->type, "proc") == 0)
		return error_hint(err,
			"a user namespace may mount a procfs only where it owns the PID namespace, too: it needs a new one in "
			"/linux/namespaces, or a bind of /proc");
	return error_hint(err,
		"a user namespace may not mount it; ID-mapped (the option idmap) it is mounted by root of the host");
}

/* A user namespace may mount procfs and sysfs only where one that it can see isn't covered in part
 * (mount_too_revealing() in the kernel): says by what. */
static int mount_refused(int fsfd, struct error *err, const struct mount_plan *plan)
{
	bool proc = strcmp(plan->mount->type, "proc") == 0, refused = errno == EPERM;
	const char *place = proc ? "/proc" : "/sys";
	cleanup_arena struct arena arena = { 0 };
	mount_entries entries;

	fs_error(fsfd, err, plan, "mount");
	if (!refused || (!proc && strcmp(plan->mount->type, "sysfs") != 0) ||
		mountinfo_read(&arena, &entries, NULL) < 0)
		return -1;
	for (size_t i = 0; i < entries.n; i++)
		if (path_is_below(entries.v[i].point, place) &&
			strcmp(entries.v[i].point, place) != 0)
			return error_hint(err,
				"%s is covered here (a %s is mounted on %s), and so a user namespace gets no new one: the container around "
				"this one needs no masked paths (procMount: Unmasked), or bind %s",
				place, entries.v[i].type, entries.v[i].point, place);
	return error_hint(err, "no %s that isn't covered can be seen here", plan->mount->type);
}

/* Superblocks that the whole kernel or a namespace shares must not become read-only for everybody:
 * there, and on a tmpfs that is filled afterwards, only the mount is. */
static bool superblock_is_shared(const char *type)
{
	static const char *const shared[] = { "proc", "sysfs", "cgroup", "cgroup2", "mqueue",
		"devpts", "tmpfs", "bpf", "securityfs", "debugfs", "tracefs", "devtmpfs",
		"binfmt_misc", "configfs", "efivarfs" };

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (strcmp(type, shared[i]) == 0)
			return true;
	return false;
}

/* Whether it is made of a block device or of directories. */
static bool takes_host_paths(const char *type)
{
	cleanup_free char *nodev = NULL;
	cleanup_buf struct buf known = { 0 };
	int fsfd;

	if (superblock_is_shared(type))
		return false;
	fsfd = fsopen(type,
		FSOPEN_CLOEXEC); /* loads its module, if it is in one: then the file names it */
	fd_close(&fsfd);
	if (strcmp(type, "overlay") == 0 ||
		file_read(AT_FDCWD, "/proc/filesystems", &known, NULL) < 0)
		return true;
	nodev = mem_printf("nodev\t%s\n", type);
	return strstr(known.data, nodev) == NULL;
}

bool mounts_take_host_paths(const struct mount_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++)
		if (plans->v[i].kind == MOUNT_FILESYSTEM &&
			takes_host_paths(plans->v[i].mount->type))
			return true;
	return false;
}

/* A remount, and a superblock that others share, are made read-only in the mount alone. */
static bool is_for_superblock(const struct mount_plan *plan, const char *flag)
{
	bool access = strcmp(flag, "ro") == 0 || strcmp(flag, "rw") == 0;

	return !access || !(plan->kind == MOUNT_REMOUNT || superblock_is_shared(plan->mount->type));
}

static int option_error(
	int fsfd, struct error *err, const struct mount_plan *plan, const char *option)
{
	char what[64];

	snprintf(what, sizeof what, "set the option %.40s of", option);
	return fs_error(fsfd, err, plan, what);
}

static int set_options(int fsfd, const struct mount_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->options.superblock.n; i++) {
		const char *flag = plan->options.superblock.v[i];

		if (is_for_superblock(plan, flag) &&
			fsconfig(fsfd, FSCONFIG_SET_FLAG, flag, NULL, 0) < 0)
			return option_error(fsfd, err, plan, flag);
	}
	for (size_t i = 0; i < plan->options.data.n; i++) {
		const struct string_pair *option = &plan->options.data.v[i];

		if (fsconfig(fsfd, option->value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			    option->key, option->value, 0) == 0)
			continue;
		option_error(fsfd, err, plan, option->key);
		return strstr(option->key, "context") == NULL
			? -1
			: error_hint(err,
				  "/linux/mountLabel needs SELinux: is it enabled on this host?");
	}
	return 0;
}

/* ---- options that are too long for fsconfig(2) ---- */

/* The layers of an overlay, say. */
static bool has_long_value(const struct mount_plan *plan)
{
	const char *source = plan->mount->source;

	for (size_t i = 0; i < plan->options.data.n; i++)
		if (plan->options.data.v[i].value != NULL &&
			strlen(plan->options.data.v[i].value) >= FSCONFIG_VALUE_ROOM)
			return true;
	return source != NULL && strlen(source) >= FSCONFIG_VALUE_ROOM;
}

static unsigned long superblock_flags(const struct mount_plan *plan)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} names[] = { { "ro", MS_RDONLY }, { "sync", MS_SYNCHRONOUS }, { "dirsync", MS_DIRSYNC },
		{ "mand", MS_MANDLOCK }, { "lazytime", MS_LAZYTIME } };
	unsigned long flags = 0;

	for (size_t i = 0; i < plan->options.superblock.n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			if (strcmp(plan->options.superblock.v[i], names[j].name) == 0 &&
				is_for_superblock(plan, names[j].name))
				flags |= names[j].flag;
	return flags;
}

/* Commas in a value are behind a backslash, or in quotes that were taken off. */
static int mount_apart(void *context, int giver, struct error *err)
{
	const struct mount_plan *plan = context;
	cleanup_fd int tree = -1;
	cleanup_buf struct buf data = { 0 };

	for (size_t i = 0; i < plan->options.data.n; i++) {
		const struct string_pair *option = &plan->options.data.v[i];
		const char *value = option->value != NULL ? option->value : "",
			   *equals = option->value != NULL ? "=" : "";
		const char *quote =
			strchr(value, ',') != NULL && strchr(value, '\\') == NULL ? "\"" : "";

		buf_printf(&data, "%s%s%s%s%s%s", i > 0 ? "," : "", option->key, equals, quote,
			value, quote);
	}
	if (data.len >= (size_t)getpagesize())
		return error_set(err, E2BIG,
			"%s/options: %zu bytes of options for the filesystem %s", plan->pointer,
			data.len, plan->mount->type);
	if (stage_enter(err) < 0)
		return error_prefix(err, "%s", plan->pointer);
	tree = stage_mount(
		plan->mount->source, plan->mount->type, superblock_flags(plan), data.data);
	return tree < 0
		? error_errno(err, "%s: mount the filesystem %s", plan->pointer, plan->mount->type)
		: process_give(giver, tree, err);
}

/* By mount(2), which takes a page of options, but has to put the mount somewhere: in another mount
 * namespace. */
static int make_by_old_mount(struct mount_plan *plan, struct error *err)
{
	struct mount_attr attr = { .attr_set = plan->options.attr_set,
		.attr_clr = MOUNT_ATTR__ATIME };
	int tree;

	if (process_apart(0, mount_apart, plan, &tree, 1, err) < 0)
		return -1;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0)
		return tree;
	close(tree);
	return error_errno(err, "%s/options: set the attributes of the mount", plan->pointer);
}

/* ---- new filesystems ---- */

/* A new superblock as a detached mount. target: where it will go, or -1; a tmpfs without mode=
 * takes over the mode of the directory that it covers, as runc does, unless that was made for it.
 */
static int make_filesystem(struct mount_plan *plan, int target, struct error *err)
{
	const char *type = plan->mount->type;
	cleanup_fd int fsfd = fsopen(type, FSOPEN_CLOEXEC);
	int tree;

	if (fsfd >= 0 && has_long_value(plan))
		return make_by_old_mount(plan, err);
	if (fsfd < 0 && errno == ENODEV)
		return error_set(err, ENODEV, "%s/type: this kernel has no filesystem \"%s\"",
			plan->pointer, type);
	if (fsfd < 0)
		return error_errno(err, "%s/type: open the filesystem %s", plan->pointer, type);
	if (plan->mount->source != NULL && plan->mount->source[0] != '\0' &&
		fsconfig(fsfd, FSCONFIG_SET_STRING, "source", plan->mount->source, 0) < 0)
		return fs_error(fsfd, err, plan, "set the source of");
	if (strcmp(type, "tmpfs") == 0 && target >= 0 && !plan->target_is_new) {
		struct stat st;
		char mode[16];

		if (fstat(target, &st) == 0) {
			snprintf(mode, sizeof mode, "%04o", st.st_mode & 07777);
			fsconfig(fsfd, FSCONFIG_SET_STRING, "mode", mode, 0);
		}
	}
	if (set_options(fsfd, plan, err) < 0)
		return -1;
	if (fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return make_refused(fsfd, err, plan);
	tree = fsmount(fsfd, FSMOUNT_CLOEXEC, (unsigned)plan->options.attr_set);
	return tree >= 0 ? tree : mount_refused(fsfd, err, plan);
}

struct foreign {
	struct mount_plan *plan;
	int namespace;
};

static int make_in_namespace(void *context, int giver, struct error *err)
{
	const struct foreign *foreign = context;
	cleanup_fd int tree = -1;

	if (setns(foreign->namespace, 0) < 0)
		return error_errno(err, "%s: enter the namespace of the %s", foreign->plan->pointer,
			foreign->plan->mount->type);
	tree = make_filesystem(foreign->plan, -1, err);
	return tree < 0 ? -1 : process_give(giver, tree, err);
}

/* sysfs and mqueue belong to a network and an IPC namespace; only a user namespace that owns it may
 * mount a new one. If the container's doesn't, hull mounts that of the namespace that is joined; or
 * binds the host's, if the container shares the host's namespace: all of /sys read-only
 * (runc#5309), /dev/mqueue as it is. */
static int plan_foreign(struct mount_plan *plan, const char *host_path, uint64_t attributes,
	int namespace, struct error *err)
{
	struct mount_attr attr = { .attr_set = attributes };
	const char *type = plan->mount->type;

	plan->kind = MOUNT_TREE;
	if (namespace >= 0) {
		struct foreign foreign = { plan, namespace };

		plan->options.attr_set |= attributes;
		return process_apart(0, make_in_namespace, &foreign, &plan->tree, 1, err);
	}
	plan->options.data.n = 0;
	if (open_tree_of(plan, AT_FDCWD, host_path, true, err) < 0) {
		/* a host without one: made here, it is that of the caller's namespace */
		if (strcmp(type, "mqueue") != 0 || err == NULL || err->code != ENOENT)
			return -1;
		plan->tree = make_filesystem(plan, -1, err);
		if (plan->tree < 0)
			return -1;
	}
	if (mount_setattr(plan->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return error_errno(err, "%s: make %s read-only", plan->pointer, host_path);
	log_info(
		"%s: the container's user namespace doesn't own its %s namespace, so %s of the host is bound%s instead of a new %s",
		plan->pointer, strcmp(type, "sysfs") == 0 ? "network" : "ipc", host_path,
		attributes & MOUNT_ATTR_RDONLY ? " read-only" : "", type);
	return 0;
}

/* A cgroup hierarchy that is asked for by its type or name, whatever the host has at
 * /sys/fs/cgroup; NULL: none. */
static const char *named_hierarchy(
	const struct mount_context *context, const struct mount_plan *plan)
{
	if (strcmp(plan->mount->type, "cgroup2") == 0)
		return "";
	for (size_t i = 0; i < plan->options.data.n; i++)
		if (strcmp(plan->options.data.v[i].key, "name") == 0)
			return arena_printf(
				context->arena, "name=%s", plan->options.data.v[i].value);
	return NULL;
}

/* Options of cgroup2, which only the host's own mount may change. On v1 they say which controllers,
 * and the container gets all of them. */
static int check_cgroup_options(const struct mount_plan *plan, struct error *err)
{
	static const char *const known[] = { "nsdelegate", "favordynmods", "memory_localevents",
		"memory_recursiveprot", "memory_hugetlb_accounting", "pids_localevents" };

	for (size_t i = 0; cgroup_is_v2() && i < plan->options.data.n; i++) {
		const char *key = plan->options.data.v[i].key;
		bool found = false;

		for (size_t j = 0; j < ARRAY_SIZE(known); j++)
			found = found || strcmp(key, known[j]) == 0;
		if (!found)
			return error_set(err, EINVAL,
				"%s/options: \"%s\" is no option of cgroup v2", plan->pointer, key);
	}
	return 0;
}

/* A new superblock shows the whole hierarchy, release_agent included, unless a cgroup namespace
 * hides what lies above the container: without one the container's own directory is bound. */
static int plan_cgroup(
	const struct mount_context *context, struct mount_plan *plan, struct error *err)
{
	plan->hierarchy = named_hierarchy(context, plan);
	plan->kind = plan->hierarchy != NULL && context->cgroup_namespace ? MOUNT_FILESYSTEM
									  : MOUNT_CGROUP;
	return plan->hierarchy == NULL ? check_cgroup_options(plan, err) : 0;
}

static int plan_filesystem(
	const struct mount_context *context, struct mount_plan *plan, struct error *err)
{
	const char *type = plan->mount->type;

	if (plan->options.remount) {
		plan->kind = MOUNT_REMOUNT;
		return 0;
	}
	if (type == NULL || type[0] == '\0')
		return error_set(err, 0,
			"%s/type: missing, and the options say neither bind nor rbind",
			plan->pointer);
	if (context->user_namespace && !context->owns_network && strcmp(type, "sysfs") == 0)
		return plan_foreign(plan, "/sys",
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC,
			context->network, err);
	if (context->user_namespace && !context->owns_ipc && strcmp(type, "mqueue") == 0)
		return plan_foreign(plan, "/dev/mqueue", 0, context->ipc, err);
	if (context->user_namespace && context->gid_mappings->n > 0 && strcmp(type, "devpts") == 0)
		drop_unmapped_gid(context, plan);
	plan->kind = MOUNT_FILESYSTEM;
	if ((strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0) &&
		plan_cgroup(context, plan, err) < 0)
		return -1;
	if (context->mount_label != NULL && plan->kind == MOUNT_FILESYSTEM &&
		strcmp(type, "proc") != 0 && strcmp(type, "sysfs") != 0)
		mount_options_add_data(context->arena, &plan->options, context->mount_label_option,
			context->mount_label);
	/* an ID-mapped superblock belongs to the host's user namespace; and the container's
	 * processes may not open a device of the host */
	if (has_id_mapping(plan) ||
		(context->host_makes && plan->kind == MOUNT_FILESYSTEM && takes_host_paths(type))) {
		plan->kind = MOUNT_TREE;
		plan->tree = make_filesystem(plan, -1, err);
		return plan->tree < 0 ? -1 : 0;
	}
	return 0;
}

/* As with runc, a destination may begin with the host's path of the root filesystem. */
static const char *below_root(const struct mount_context *context, const char *path)
{
	if (strcmp(context->rootfs, "/") == 0 || !path_is_below(path, context->rootfs))
		return path;
	path += strlen(context->rootfs);
	return path[0] != '\0' ? path : "/";
}

int mounts_plan_next(const struct mount_context *context, const struct oci_mount *mount,
	struct mount_plans *plans, struct error *err)
{
	cleanup_free char *absolute = path_absolute("/", mount->destination),
			  *clean = path_clean(absolute);
	size_t i = plans->n++;
	struct mount_plan *plan = &plans->v[i];

	*plan = (struct mount_plan){ .mount = mount,
		.tree = -1,
		.destination = arena_strdup(context->arena, below_root(context, clean)),
		.keeps_flags = context->user_namespace,
		.pointer = arena_printf(context->arena, "/mounts/%zu", i) };
	if (mount_options_parse(context->arena, plan->pointer, mount, &plan->options, err) < 0 ||
		mount_options_resolve(context->arena, plan->pointer, &plan->options,
			context->uid_mappings, context->gid_mappings, err) < 0)
		return -1;
	if (context->locks && plan->options.propagation & (MS_SHARED | MS_UNBINDABLE)) {
		plan->late_propagation = plan->options.propagation;
		plan->options.propagation = 0;
	}
	plan->options.bind |= mount->type != NULL && strcmp(mount->type, "bind") == 0;
	return plan->options.bind ? plan_bind(context, plans, plan, err)
				  : plan_filesystem(context, plan, err);
}

int mounts_plan(const struct mount_context *context, const struct oci_mount *mounts, size_t n,
	struct mount_plans *plans, struct error *err)
{
	plans->v = arena_alloc(context->arena, n * sizeof *plans->v);
	for (size_t i = 0; i < n; i++)
		if (mounts_plan_next(context, &mounts[i], plans, err) < 0)
			return -1;
	return 0;
}

static bool has_mounts_below(const struct mount_plans *plans, size_t i)
{
	const char *destination = plans->v[i].destination;

	for (size_t j = i + 1; j < plans->n; j++)
		if (path_is_below(plans->v[j].destination, destination) &&
			strcmp(plans->v[j].destination, destination) != 0)
			return true;
	return false;
}

void mounts_defer_readonly(struct mount_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++) {
		struct mount_plan *plan = &plans->v[i];

		if (!(plan->options.attr_set & MOUNT_ATTR_RDONLY) || !plan->options.bind ||
			!has_mounts_below(plans, i))
			continue;
		plan->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		plan->late_readonly = true;
	}
}

static void close_parts(struct mount_plan *plan)
{
	while (plan->parts.n > 0)
		fd_close(&plan->parts.v[--plan->parts.n].tree);
}

void mounts_close(struct mount_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++) {
		fd_close(&plans->v[i].tree);
		close_parts(&plans->v[i]);
		if (plans->v[i].kind == MOUNT_CGROUP)
			cgroup_mount_plan_close(&plans->v[i].cgroup);
	}
	plans->n = 0;
}

/* ---- on the host's side, when the user namespace is there ---- */

static int set_attributes(int tree, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, const char *pointer, struct error *err)
{
	struct mount_attr attr = { .attr_set = set,
		.attr_clr = clear,
		.propagation = propagation & ~(unsigned long)MS_REC };

	if (set == 0 && clear == 0 && attr.propagation == 0)
		return 0;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
		    sizeof attr) == 0)
		return 0;
	error_errno(err, "%s/options: set the attributes of the mount", pointer);
	if (err != NULL && err->code == EPERM)
		error_hint(err,
			"a flag that is locked on the source (nosuid, nodev, noexec, ro, atime) can't be cleared here: add it to the options");
	return -1;
}

/* Own attributes, then recursive ones, then the propagation that is asked for. */
/* The flags of a bind's source that the options don't name: kept if they name none, else cleared,
 * as by mount(8) and runc, unless the kernel has locked them. A container with a user namespace
 * keeps them. */
static int clear_implied(const struct mount_plan *plan, int tree, struct error *err)
{
	const struct mount_options *options = &plan->options;
	uint64_t named = options->attr_set | options->attr_clear | options->rec_attr_set;
	struct mount_attr attr = { .attr_clr = (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
						       MOUNT_ATTR_NOSYMFOLLOW) &
			~named };

	if (!options->bind || plan->keeps_flags ||
		((options->attr_set | options->attr_clear) == 0 && options->superblock.n == 0))
		return 0;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0 && errno != EPERM)
		return error_errno(err, "%s/options: clear flags of the source", plan->pointer);
	return 0;
}

static int apply_options(
	int tree, const struct mount_options *options, const char *pointer, struct error *err)
{
	if (set_attributes(tree, options->rec_attr_set, options->rec_attr_clear, 0, true, pointer,
		    err) < 0 ||
		set_attributes(
			tree, options->attr_set, options->attr_clear, 0, false, pointer, err) < 0)
		return -1;
	return set_attributes(
		tree, 0, 0, options->propagation, options->propagation & MS_REC, pointer, err);
}

/* A mapping that a mount asks for, and a user namespace that has it. */
struct mapping {
	const oci_id_mappings *uids, *gids;
	int userns;
};

/* The container's own user namespace serves where the mapping is the same, else one that an earlier
 * mount with the same mapping has had made, else a new one. */
struct mapping_pool {
	const struct mount_context *context;
	int own;
	bool privileged;
	LIST(struct mapping) made;
};

/* The mount's own, by its option or its property, else the container's. */
static const oci_id_mappings *mapping_of(const oci_id_mappings *option,
	const oci_id_mappings *property, const oci_id_mappings *container)
{
	return option->n > 0 ? option : property->n > 0 ? property : container;
}

static void keep_mapping(struct mapping_pool *pool, const struct mapping *mapping)
{
	*LIST_ADD(pool->context->arena, &pool->made) = *mapping;
}

static int find_mapping(struct mapping_pool *pool, const struct mount_plan *plan,
	struct mapping *mapping, struct error *err)
{
	const struct mount_context *context = pool->context;

	mapping->uids = mapping_of(
		&plan->options.uid_mappings, &plan->mount->uid_mappings, context->uid_mappings);
	mapping->gids = mapping_of(
		&plan->options.gid_mappings, &plan->mount->gid_mappings, context->gid_mappings);
	mapping->userns = pool->own;
	if (pool->own >= 0 && mapping_same(mapping->uids, context->uid_mappings) &&
		mapping_same(mapping->gids, context->gid_mappings))
		return 0;
	if (mapping->uids->n == 0)
		return error_set(err, 0,
			"%s: idmap needs uidMappings and gidMappings, or a container with a user namespace",
			plan->pointer);
	for (size_t i = 0; i < pool->made.n; i++) {
		const struct mapping *made = &pool->made.v[i];

		mapping->userns = made->userns;
		if (mapping_same(mapping->uids, made->uids) &&
			mapping_same(mapping->gids, made->gids))
			return 0;
	}
	mapping->userns = userns_make(mapping->uids, mapping->gids, pool->privileged, err);
	if (mapping->userns < 0)
		return error_prefix(err, "%s/uidMappings", plan->pointer);
	keep_mapping(pool, mapping);
	return 0;
}

/* ---- ID mappings ---- */

/* The mount at `source` is ID-mapped already: since Linux 6.15 a clone of it can have both
 * mappings, one behind the other, as one. -1 where that isn't the case. */
static int open_mapped_again(
	int source, const struct mapping_pool *pool, const struct mapping *then)
{
	struct arena *arena = pool->context->arena;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	oci_id_mappings first_uids, first_gids, uids, gids;
	cleanup_fd int userns = -1;
	char path[FD_PATH_MAX];

	if (idmap_read(arena, fd_path(path, source), &first_uids, &first_gids) < 0)
		return -1;
	idmap_compose(arena, &first_uids, then->uids, &uids);
	idmap_compose(arena, &first_gids, then->gids, &gids);
	if (uids.n > 0 && gids.n > 0)
		userns = userns_make(&uids, &gids, pool->privileged, NULL);
	attr.userns_fd = (unsigned)userns;
	return userns < 0 ? -1
			  : sys_open_tree_attr(source, "",
				    AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, &attr);
}

/* A clone of the mount at `point` alone, ID-mapped unless mapping is NULL; with `partial` as it is
 * where it can't be, with a warning. */
static int open_part(int source, const char *point, const struct mount_plan *plan,
	const struct mapping_pool *pool, const struct mapping *mapping, bool partial,
	struct error *err)
{
	cleanup_fd int tree =
		open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int again;

	if (tree < 0)
		return error_errno(err, "%s/source: open the mount of %s", plan->pointer, point);
	if (mapping == NULL ||
		idmap_apply(tree, mapping->userns, false, plan->pointer, point, err) == 0)
		return fd_take(&tree);
	again = err->code == EPERM ? open_mapped_again(source, pool, mapping) : -1;
	if (again >= 0)
		return again;
	if (!partial)
		return -1;
	log_warning(
		"%s; it is mounted without a mapping: its files belong to 65534 inside, or to whoever has their ids there",
		err->text);
	return fd_take(&tree);
}

void mount_take_tree(struct mount_plan *plan, struct arena *arena, const char *path, int tree)
{
	if (path[0] == '\0') {
		fd_close(&plan->tree);
		plan->tree = tree;
		return;
	}
	*LIST_ADD(arena, &plan->parts) = (struct mount_part){ arena_strdup(arena, path), tree };
}

/* The mounts below the directory `top`, as a recursive clone would have them: without those that
 * are covered or unbindable. */
static int map_below(struct mount_plan *plan, const char *top, const struct mapping_pool *pool,
	const struct mapping *mapping, bool partial, struct error *err)
{
	struct arena *arena = pool->context->arena;
	mount_entries entries;

	if (mountinfo_read(arena, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];
		cleanup_fd int source = -1;
		int tree;

		if (strcmp(entry->point, top) == 0 || !path_is_below(entry->point, top) ||
			entry->unbindable)
			continue;
		source = open(entry->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (source < 0 || mount_id_of(source) != entry->id)
			continue;
		tree = open_part(source, entry->point, plan, pool,
			plan->options.recursive_idmap ? mapping : NULL, partial, err);
		if (tree < 0)
			return error_hint(err,
				"it is mounted below %s: idmap instead of ridmap leaves it out, as does the annotation "
				"io.hull.idmap.fallback with the value partial",
				top);
		mount_take_tree(plan, arena,
			entry->point + (strcmp(top, "/") == 0 ? 0 : strlen(top)), tree);
	}
	return 0;
}

/* Takes the tree apart: every mount of it is cloned and ID-mapped by itself, and put together again
 * inside. For trees of which some mounts have a mapping already or can have none; and it shows
 * which. */
static int map_in_parts(struct mount_plan *plan, const struct mapping_pool *pool,
	const struct mapping *mapping, bool partial, unsigned long propagation, struct error *err)
{
	cleanup_fd int source = openat(pool->context->bundle_fd, plan->mount->source,
		O_PATH | O_CLOEXEC | (plan->options.src_nofollow ? O_NOFOLLOW : 0));
	char path[FD_PATH_MAX], top[PATH_MAX];
	int tree;

	if (source < 0 || realpath(fd_path(path, source), top) == NULL)
		return error_errno(err, "%s/source: %s", plan->pointer, plan->mount->source);
	tree = open_part(source, top, plan, pool, mapping, partial, err);
	if (tree < 0 ||
		(plan->options.recursive_bind &&
			map_below(plan, top, pool, mapping, partial, err) < 0)) {
		fd_close(&tree);
		close_parts(plan);
		return -1;
	}
	mount_take_tree(plan, pool->context->arena, "", tree);
	plan->tree_is_new = true;
	for (size_t i = 0; i < plan->parts.n; i++)
		if (set_attributes(plan->parts.v[i].tree, 0, 0, propagation, false, plan->pointer,
			    err) < 0 ||
			set_attributes(plan->parts.v[i].tree, plan->options.rec_attr_set,
				plan->options.rec_attr_clear, 0, false, plan->pointer, err) < 0)
			return -1;
	return set_attributes(plan->tree, 0, 0, propagation, false, plan->pointer, err);
}

/* A volume that root of the container may write to, as host root. (A source inside the root
 * filesystem has the guard of that.) */
static int guard(const struct mount_plan *plan, const struct mapping *mapping, const char *source,
	const struct mount_context *context, struct error *err)
{
	uint64_t readonly = plan->options.attr_set | plan->options.rec_attr_set;

	if (!context->user_namespace || !plan->options.bind || plan->inner != NULL ||
		plan->late_readonly || readonly & MOUNT_ATTR_RDONLY ||
		mapping_to_host(mapping->uids, 0) < 0 ||
		exposure_guard(plan->pointer, source, context->exposure_policy, err) == 0)
		return 0;
	return error_hint(err, "the annotation io.hull.idmap.exposed=warn mounts it all the same");
}

static int map_ids(struct mount_plan *plan, struct mapping_pool *pool, unsigned long propagation,
	struct error *err)
{
	enum idmap_fallback fallback = pool->context->idmap_fallback;
	bool partial = fallback == IDMAP_FALLBACK_PARTIAL && plan->options.recursive_idmap;
	cleanup_free char *absolute =
		plan->options.bind ? absolute_source(pool->context, plan) : NULL;
	const char *source = absolute != NULL ? absolute
		: plan->mount->source != NULL ? plan->mount->source
					      : plan->mount->type;
	struct mapping mapping;

	if (find_mapping(pool, plan, &mapping, err) < 0)
		return -1;
	if (idmap_apply(plan->tree, mapping.userns, plan->options.recursive_idmap, plan->pointer,
		    source, err) == 0 ||
		(plan->options.bind && plan->inner == NULL &&
			map_in_parts(plan, pool, &mapping, partial, propagation, err) == 0))
		return guard(plan, &mapping, source, pool->context, err);
	if (fallback != IDMAP_FALLBACK_PLAIN)
		return error_hint(err,
			"the annotation io.hull.idmap.fallback=plain mounts it without a mapping");
	log_warning(
		"%s; it is mounted without a mapping: its files belong to 65534 inside, or to whoever has their ids there",
		err->text);
	return 0;
}

/* What was cloned is a peer of the host's mount until it is told otherwise, and passes on to it
 * what is mounted over it in the container. It stays one only where its own options and those of
 * the rootfs ask for that. */
static int prepare_tree(struct mount_plan *plan, struct mapping_pool *pool,
	unsigned long default_propagation, struct error *err)
{
	unsigned long propagation = plan->cloned ? default_propagation : 0;
	const struct mount_options *options = &plan->options;

	if ((propagation & MS_SHARED) && !(plan->options.propagation & MS_SHARED))
		propagation = MS_SLAVE | MS_REC;
	/* unless another one is set below, on all of it */
	if (((options->propagation & MS_REC) == 0 || (options->propagation & MS_SHARED) ||
		    has_id_mapping(plan)) &&
		set_attributes(plan->tree, 0, 0, propagation, true, plan->pointer, err) < 0)
		return -1;
	if (has_id_mapping(plan) && map_ids(plan, pool, propagation, err) < 0)
		return -1;
	if (clear_implied(plan, plan->tree, err) < 0)
		return -1;
	return apply_options(plan->tree, options, plan->pointer, err);
}

int mounts_prepare(struct mount_plans *plans, const struct mount_context *context, int userns_fd,
	unsigned long default_propagation, bool privileged, struct error *err)
{
	struct mapping_pool pool = {
		.context = context, .own = userns_fd, .privileged = privileged
	};
	int result = 0;

	for (size_t i = 0; i < plans->n && result == 0; i++)
		if (plans->v[i].kind == MOUNT_TREE)
			result = prepare_tree(&plans->v[i], &pool, default_propagation, err);
	while (pool.made.n > 0)
		fd_close(&pool.made.v[--pool.made.n].userns);
	return result;
}

/* ---- inside ---- */

/* What may be mounted over below /proc: files that tools read and engines replace (lxcfs). Anything
 * else there would let a volume stand in for what the kernel says (CVE-2019-16884, CVE-2019-19921).
 */
static bool may_cover_procfs(const char *destination)
{
	static const char *const allowed[] = {
		"/proc/cpuinfo",
		"/proc/diskstats",
		"/proc/meminfo",
		"/proc/stat",
		"/proc/swaps",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/slabinfo",
		"/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
		"/proc/net/dev",
	};

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (strcmp(destination, allowed[i]) == 0)
			return true;
	return false;
}

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int check_proc(const struct mount_plan *plan, int target, struct error *err)
{
	const char *destination = plan->destination;

	if (plan->kind == MOUNT_REMOUNT) /* changes what stands there, and covers nothing */
		return 0;
	if (strcmp(destination, "/proc") == 0) {
		if ((plan->kind == MOUNT_FILESYSTEM && strcmp(plan->mount->type, "proc") == 0) ||
			(plan->kind == MOUNT_TREE && is_procfs(plan->tree)))
			return 0;
		return error_set(err, 0, "%s/destination: only a procfs may be mounted on /proc",
			plan->pointer);
	}
	/* also one that was missing before: meanwhile somebody may have put a link to a procfs on
	 * the way */
	if (is_procfs(target) && !may_cover_procfs(destination))
		return error_set(err, 0,
			"%s/destination: %s lies inside a procfs and can't be mounted over",
			plan->pointer, destination);
	return 0;
}

static bool source_is_directory(const struct mount_plan *plan, int tree)
{
	struct stat st;

	return plan->kind == MOUNT_FILESYSTEM || plan->kind == MOUNT_CGROUP ||
		fstat(tree, &st) < 0 || S_ISDIR(st.st_mode);
}

static int make_target(const char *destination, bool directory, int rootfd,
	const struct mountpoint_maker *maker, struct error *err)
{
	int target = directory ? path_make_directory(rootfd, destination, 0755, err)
			       : path_make_file(rootfd, destination, 0644, err);

	if (target >= 0 || (errno != EACCES && errno != EPERM && errno != EOVERFLOW))
		return target;
	if (maker->make(maker->context, directory, destination, err) < 0)
		return -1;
	return path_open(rootfd, destination, O_PATH, err);
}

/* An O_PATH fd of the mountpoint, made when it is missing. proc and sysfs go onto real directories
 * only: a symlink there would let the image choose where they are (CVE-2023-27561, CVE-2025-54867).
 */
static int open_target(struct mount_plan *plan, int rootfd, int tree,
	const struct mountpoint_maker *maker, struct error *err)
{
	const char *destination = plan->destination, *type = plan->mount->type;
	bool kernel_filesystem = plan->kind == MOUNT_FILESYSTEM &&
		(strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
	int flags = O_PATH | (plan->options.dest_nofollow || kernel_filesystem ? O_NOFOLLOW : 0);
	int target = path_open(rootfd, destination, flags, NULL);
	struct stat st;

	plan->target_is_new = target < 0 && errno == ENOENT;
	if (plan->target_is_new)
		target = make_target(
			destination, source_is_directory(plan, tree), rootfd, maker, err);
	else if (target < 0)
		error_errno(err, "open %s in the root filesystem", destination);
	if (target < 0)
		return error_prefix(err, "%s/destination", plan->pointer);
	if (kernel_filesystem && (fstat(target, &st) < 0 || !S_ISDIR(st.st_mode))) {
		close(target);
		return error_set(err, 0,
			"%s/destination: %s must be mounted on a directory, and %s is none",
			plan->pointer, type, destination);
	}
	return target;
}

/* One of the kernel's own, or a bind of the host's: nobody can have put links there. */
static bool is_kernel_filesystem(const struct mount_plan *plan)
{
	const char *type = plan->mount->type, *source = plan->mount->source;

	if (plan->options.bind)
		return source != NULL &&
			(strcmp(source, "/proc") == 0 || strcmp(source, "/sys") == 0);
	return type != NULL && (strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0);
}

/* A tmpfs that is to be read-only has nothing in it yet: below /dev podman's pods want mounts and
 * devices. */
static int attach_filesystem(struct mount_plan *plan, int target, bool locks, struct error *err)
{
	cleanup_fd int tree = -1;

	if (!locks && strcmp(plan->mount->type, "tmpfs") == 0 &&
		(plan->options.attr_set & MOUNT_ATTR_RDONLY)) {
		plan->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		plan->late_readonly = true;
	}
	tree = make_filesystem(plan, target, err);
	if (tree < 0)
		return -1;
	if (plan->options.tmpcopyup && copy_up(target, tree, err) < 0)
		return error_prefix(err, "%s/options/tmpcopyup", plan->pointer);
	if (plan->options.rec_attr_set != 0 || plan->options.attr_clear != 0 ||
		plan->options.rec_attr_clear != 0)
		if (apply_options(tree, &plan->options, plan->pointer, err) < 0)
			return -1;
	if (locks && lock_tree(&tree, err) < 0)
		return error_prefix(err, "%s", plan->pointer);
	if (tree_attach(tree, target) < 0)
		return error_errno(
			err, "%s: attach the mount to %s", plan->pointer, plan->destination);
	if (set_attributes(tree, 0, 0, plan->options.propagation,
		    plan->options.propagation & MS_REC, plan->pointer, err) < 0)
		return -1;
	if (plan->late_readonly || plan->late_propagation || is_kernel_filesystem(plan))
		plan->tree = fd_take(&tree);
	return 0;
}

/* No two such paths are the same place by their spelling: one that isn't is left to the kernel. */
static bool is_plain(const char *path)
{
	return path[0] == '/' && path[strlen(path) - 1] != '/' && strstr(path, "//") == NULL &&
		strstr(path, "/.") == NULL;
}

int mounts_open_path(
	const struct mount_plans *plans, int rootfd, const char *path, struct error *err)
{
	for (size_t i = is_plain(path) ? plans->n : 0; i-- > 0;) {
		const struct mount_plan *plan = &plans->v[i];
		const char *destination = plan->destination;
		size_t len = 0;

		while (destination[len] != '\0' && destination[len] == path[len])
			len++;
		if (plan->kind == MOUNT_REMOUNT || destination[len] != '\0' ||
			(path[len] != '/' && path[len] != '\0'))
			continue;
		if (plan->tree < 0 || !is_kernel_filesystem(plan))
			break;
		return path_open(plan->tree, path[len] != '\0' ? path + len : "/", O_PATH, err);
	}
	return path_open(rootfd, path, O_PATH, err);
}

int mounts_finish(const struct mount_plans *plans, struct error *err)
{
	for (size_t i = 0; i < plans->n; i++)
		if (plans->v[i].late_readonly &&
			set_attributes(plans->v[i].tree, MOUNT_ATTR_RDONLY, 0, 0, false,
				plans->v[i].pointer, err) < 0)
			return -1;
	return 0;
}

int mounts_propagate(const struct mount_plans *plans, int rootfd, struct error *err)
{
	for (size_t i = 0; i < plans->n; i++) {
		const struct mount_plan *plan = &plans->v[i];
		unsigned long propagation = plan->late_propagation;
		cleanup_fd int mount = -1;

		if (propagation == 0)
			continue;
		mount = path_open(rootfd, plan->destination, O_PATH, err);
		if (mount < 0 ||
			set_attributes(mount, 0, 0, propagation, propagation & MS_REC,
				plan->pointer, err) < 0)
			return -1;
	}
	return 0;
}

/* The tree of a bind whose source lies inside; from here on it is attached as any other. */
static int open_inner_bind(struct mount_plan *plan, int rootfd, struct error *err)
{
	cleanup_fd int source = path_open(
		rootfd, plan->inner, O_PATH | (plan->options.src_nofollow ? O_NOFOLLOW : 0), err);

	if (source < 0)
		return error_prefix(err, "%s/source", plan->pointer);
	plan->tree = open_tree(source, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			(plan->options.recursive_bind ? AT_RECURSIVE : 0));
	if (plan->tree < 0)
		return error_errno(err, "%s/source: open %s", plan->pointer, plan->inner);
	plan->kind = MOUNT_TREE;
	if (clear_implied(plan, plan->tree, err) < 0)
		return -1;
	return apply_options(plan->tree, &plan->options, plan->pointer, err);
}

static int remount(struct mount_plan *plan, int target, struct error *err)
{
	cleanup_fd int fsfd = -1;
	bool superblock = plan->options.data.n > 0;

	for (size_t i = 0; i < plan->options.superblock.n; i++)
		superblock = superblock || is_for_superblock(plan, plan->options.superblock.v[i]);
	if (plan->options.bind || !superblock)
		return apply_options(target, &plan->options, plan->pointer, err);
	fsfd = fspick(target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (fsfd < 0)
		return error_errno(err, "%s: remount %s", plan->pointer, plan->destination);
	if (set_options(fsfd, plan, err) < 0)
		return -1;
	if (fsconfig(fsfd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fs_error(fsfd, err, plan, "reconfigure");
	return apply_options(target, &plan->options, plan->pointer, err);
}

static int make_symlink(struct mount_plan *plan, int rootfd, struct error *err)
{
	const char *name;
	cleanup_fd int parent = path_open_parent(rootfd, plan->destination, &name, err);
	char there[PATH_MAX];
	ssize_t len;

	if (parent < 0)
		return error_prefix(err, "%s/destination", plan->pointer);
	if (symlinkat(plan->link, parent, name) == 0)
		return 0;
	if (errno != EEXIST)
		return error_errno(
			err, "%s: make the symlink %s", plan->pointer, plan->destination);
	len = readlinkat(parent, name, there, sizeof there);
	if (len >= 0 && (size_t)len == strlen(plan->link) &&
		memcmp(there, plan->link, (size_t)len) == 0)
		return 0;
	return error_set(err, EEXIST,
		"%s/options: copy-symlink: %s exists and is not the symlink to %s", plan->pointer,
		plan->destination, plan->link);
}

/* Each on its mountpoint in what is attached already. */
static int attach_parts(struct mount_plan *plan, bool locks, struct error *err)
{
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct mount_part *part = &plan->parts.v[i];
		/* the path has no links, unless somebody who shares the volume made one meanwhile
		 */
		cleanup_fd int target = path_open_exact(plan->tree, part->path, O_PATH, err);

		if (target < 0 || (locks && lock_tree(&part->tree, err) < 0))
			return error_prefix(err, "%s", plan->pointer);
		if (tree_attach(part->tree, target) < 0)
			return error_errno(err, "%s: attach the mount to %s%s", plan->pointer,
				plan->destination, part->path);
	}
	return 0;
}

static bool kinds_differ(int tree, int target)
{
	struct stat a, b;

	return fstat(tree, &a) == 0 && fstat(target, &b) == 0 &&
		S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode);
}

static int attach_at(struct mount_plan *plan, int target, bool locks, struct error *err)
{
	cleanup_fd int root = -1;

	switch (plan->kind) {
	case MOUNT_TREE:
		if (plan->options.tmpcopyup && copy_up(target, plan->tree, err) < 0)
			return error_prefix(err, "%s/options/tmpcopyup", plan->pointer);
		if (locks && lock_tree(&plan->tree, err) < 0)
			return error_prefix(err, "%s", plan->pointer);
		if (tree_attach(plan->tree, target) == 0)
			return attach_parts(plan, locks, err);
		error_errno(err, "%s: attach the mount to %s", plan->pointer, plan->destination);
		return kinds_differ(plan->tree, target)
			? error_hint(err,
				  "a file can't be mounted on a directory, nor a directory on a file")
			: -1;
	case MOUNT_FILESYSTEM: return attach_filesystem(plan, target, locks, err);
	case MOUNT_CGROUP:
		root = cgroup_mount(target, &plan->cgroup, err);
		if (root < 0)
			return error_prefix(err, "%s", plan->pointer);
		return set_attributes(root, 0, 0, plan->options.propagation,
			plan->options.propagation & MS_REC, plan->pointer, err);
	case MOUNT_REMOUNT:
		if (plan->late_readonly)
			plan->tree = fcntl(target, F_DUPFD_CLOEXEC, 3);
		return remount(plan, target, err);
	default: return error_set(err, 0, "%s: no such kind of mount", plan->pointer);
	}
}

static int attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	bool locks, struct error *err)
{
	cleanup_fd int target = -1;

	if (strcmp(plan->destination, "/") == 0)
		return error_set(
			err, 0, "%s/destination: nothing can be mounted on /", plan->pointer);
	if (plan->kind == MOUNT_SYMLINK)
		return make_symlink(plan, rootfd, err);
	if (plan->kind == MOUNT_INNER_BIND && open_inner_bind(plan, rootfd, err) < 0)
		return -1;
	target = open_target(plan, rootfd, plan->tree, maker, err);
	if (target < 0 || check_proc(plan, target, err) < 0)
		return -1;
	return attach_at(plan, target, locks, err);
}

int mount_attach(struct mount_plan *plan, int rootfd, const struct mountpoint_maker *maker,
	struct error *err)
{
	return attach(plan, rootfd, maker, false, err);
}

static int refuse_mountpoint(void *context, bool directory, const char *path, struct error *err)
{
	(void)context;
	return error_set(err, EACCES, "make the mountpoint %s, a %s, as the container's root", path,
		directory ? "directory" : "file");
}

int mount_attach_live(struct mount_plan *plan, int rootfd, bool locks, struct error *err)
{
	const struct mountpoint_maker nobody = { refuse_mountpoint, NULL };
	unsigned long late = plan->late_propagation;

	if (attach(plan, rootfd, &nobody, locks, err) < 0)
		return -1;
	return late == 0 || plan->tree < 0
		? 0
		: set_attributes(plan->tree, 0, 0, late, late & MS_REC, plan->pointer, err);
}
