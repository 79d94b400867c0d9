/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * New filesystems (fsopen(2)), and their options.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"
#include "linux/mount/mountinfo.h"
#include "linux/mount/stage.h"
#include "linux/process/lsm.h"

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

/* Returns the SELinux label among the options, or NULL. */
static const char *label_of(const struct mount_plan *plan)
{
	for (size_t i = 0; i < plan->options.data.n; i++)
		if (mount_option_is_label(plan->options.data.v[i].key))
			return plan->options.data.v[i].value;
	return NULL;
}

/* ---- refusals ---- */

static bool in_user_namespace(const void *operation, struct buf *why)
{
	(void)operation, (void)why;
	return !userns_is_initial();
}

static const struct explanation make_rows[] = {
	{ EPERM, "proc", in_user_namespace,
		"a user namespace may mount a procfs only where it owns the PID namespace, too: it "
		"needs a new one in /linux/namespaces, or a bind of /proc" },
	{ EPERM, NULL, in_user_namespace,
		"a user namespace may not mount it; ID-mapped (the option idmap) it is mounted by "
		"root of the host" },
	EXPLANATIONS_END,
};

static int make_refused(int fsfd, struct error *err, const struct mount_plan *plan)
{
	fs_error(fsfd, err, plan, "make");
	lsm_selinux_mount_hint(label_of(plan), err);
	return explain(make_rows, plan->mount->type, NULL, err);
}

/*
 * A user namespace may mount procfs or sysfs only if an existing one that it can see has no covered
 * parts (mount_too_revealing() in the kernel). Says what covers it. operation: where it is mounted
 * on a host.
 */
static bool covered(const void *operation, struct buf *why)
{
	const char *place = operation;
	cleanup_arena struct arena arena = { 0 };
	mount_entries entries;

	if (mountinfo_read(&arena, &entries, NULL) < 0)
		return false;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];

		if (!path_is_below(entry->point, place) || strcmp(entry->point, place) == 0)
			continue;
		buf_printf(why,
			"%s is covered here (a %s is mounted on %s), and so a user namespace gets "
			"no new one: the container around this one needs no masked paths "
			"(procMount: Unmasked), or bind %s",
			place, entry->type, entry->point, place);
		return true;
	}
	return false;
}

static const struct explanation mount_rows[] = {
	{ EPERM, "proc", covered, NULL },
	{ EPERM, "proc", NULL, "no proc that isn't covered can be seen here" },
	{ EPERM, "sysfs", covered, NULL },
	{ EPERM, "sysfs", NULL, "no sysfs that isn't covered can be seen here" },
	EXPLANATIONS_END,
};

static int mount_refused(int fsfd, struct error *err, const struct mount_plan *plan)
{
	const char *type = plan->mount->type;

	fs_error(fsfd, err, plan, "mount");
	return explain(mount_rows, type, strcmp(type, "proc") == 0 ? "/proc" : "/sys", err);
}

/*
 * Superblocks that the kernel or a namespace shares must not become read-only for everybody, and a
 * tmpfs is filled first: make only the mount read-only.
 */
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

bool filesystem_takes_host_paths(const char *type)
{
	cleanup_free char *nodev = NULL;
	cleanup_buf struct buf known = { 0 };
	int fsfd;

	if (superblock_is_shared(type))
		return false;
	/* loads the module, which adds the type to /proc/filesystems */
	fsfd = fsopen(type, FSOPEN_CLOEXEC);
	fd_close(&fsfd);
	if (strcmp(type, "overlay") == 0 ||
		file_read(AT_FDCWD, "/proc/filesystems", &known, NULL) < 0)
		return true;
	nodev = mem_printf("nodev\t%s\n", type);
	return strstr(known.data, nodev) == NULL;
}

/*
 * True if read-only applies to the superblock. A remount, and shared superblocks, set it on the
 * mount alone.
 */
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
		return mount_option_is_label(option->key)
			? lsm_selinux_mount_hint(option->value, err)
			: -1;
	}
	return 0;
}

/* True if a value, such as an overlay's layers, is longer than fsconfig(2) allows. */
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

/* Commas in a value are escaped with a backslash, or the value is quoted. */
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

/*
 * Uses mount(2), which takes a page of options but needs a mountpoint, so it runs in a private
 * mount namespace.
 */
static int make_by_old_mount(const struct mount_plan *plan, struct error *err)
{
	struct mount_attr attr = { .attr_set = plan->options.attr_set,
		.attr_clr = MOUNT_ATTR__ATIME };
	int tree;

	if (process_apart(0, mount_apart, (void *)(uintptr_t)plan, &tree, 1, err) < 0)
		return -1;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0)
		return tree;
	close(tree);
	return error_errno(err, "%s/options: set the attributes of the mount", plan->pointer);
}

static int label_root(int tree, const struct mount_plan *plan, struct error *err)
{
	cleanup_fd int root = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root >= 0 && lsm_selinux_label_file(root, plan->root_label) == 0
		? 0
		: error_errno(err, "%s: give the filesystem %s the label %s", plan->pointer,
			  plan->mount->type, plan->root_label);
}

static void set_mode_of(int fsfd, int directory)
{
	struct stat st;
	char mode[16];

	if (fstat(directory, &st) < 0)
		return;
	snprintf(mode, sizeof mode, "%04o", st.st_mode & 07777);
	fsconfig(fsfd, FSCONFIG_SET_STRING, "mode", mode, 0);
}

int filesystem_make(const struct mount_plan *plan, int covers, struct error *err)
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
	if (strcmp(type, "tmpfs") == 0 && covers >= 0 &&
		mount_options_data(&plan->options, "mode") == NULL)
		set_mode_of(fsfd, covers);
	if (set_options(fsfd, plan, err) < 0)
		return -1;
	if (fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return make_refused(fsfd, err, plan);
	tree = fsmount(fsfd, FSMOUNT_CLOEXEC, (unsigned)plan->options.attr_set);
	if (tree < 0)
		return mount_refused(fsfd, err, plan);
	if (plan->root_label != NULL && label_root(tree, plan, err) < 0) {
		close(tree);
		return -1;
	}
	return tree;
}

int filesystem_open(const struct mount_context *context, const struct mount_plan *plan,
	struct mount_state *state, struct error *err)
{
	(void)context;
	state->tree = filesystem_make(plan, -1, err);
	return state->tree < 0 ? -1 : 0;
}

bool filesystem_has_options(const struct mount_plan *plan)
{
	bool any = plan->options.data.n > 0;

	for (size_t i = 0; i < plan->options.superblock.n; i++)
		any = any || is_for_superblock(plan, plan->options.superblock.v[i]);
	return any;
}

int filesystem_reconfigure(const struct mount_plan *plan, int target, struct error *err)
{
	cleanup_fd int fsfd = fspick(target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

	if (fsfd < 0)
		return error_errno(err, "%s: remount %s", plan->pointer, plan->destination);
	if (set_options(fsfd, plan, err) < 0)
		return -1;
	return fsconfig(fsfd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0
		? fs_error(fsfd, err, plan, "reconfigure")
		: 0;
}
