/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mount type "cgroup": what a container sees at /sys/fs/cgroup. On v2 with a cgroup namespace
 * it is a cgroup2 mount made inside. Otherwise it is the container's own directories, opened on the
 * host side as detached trees. In both cases the container sees only its own cgroup.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "cgroup/internal.h"
#include "linux/mount/explain.h"

static bool has_option(const struct oci_mount *mount, const char *option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (strcmp(mount->options.v[i], option) == 0)
			return true;
	return false;
}

/* config-linux.md, "Cgroup ownership" */
bool cgroup_mount_delegates(const struct oci_mount *mount)
{
	cleanup_free char *destination = path_clean(mount->destination);

	return mount->source && strcmp(mount->source, "cgroup") == 0 &&
		strcmp(destination, CGROUP_ROOT) == 0 && !has_option(mount, "ro");
}

/*
 * Opens a detached tree of one directory, with the attributes. Uses the path, because the init of
 * an unprivileged caller does this in its own mount namespace, where an fd from another one can't
 * be cloned.
 */
static int open_directory_tree(const char *directory, uint64_t attributes, struct error *err)
{
	struct mount_attr attr = { .attr_set = attributes, .propagation = MS_PRIVATE };
	cleanup_fd int tree = open_tree(AT_FDCWD, directory, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "cgroup %s: open_tree", directory),
		       mounts_explain_trees(err);
	if (attributes & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return error_errno(err, "cgroup %s: mount_setattr", directory);
	return fd_take(&tree);
}

/* A container without its own cgroup sees the caller's, because it is in that one. */
static char *directory_of(const struct cgroup_hierarchy *hierarchy, bool own)
{
	return own ? mem_strdup(hierarchy->directory)
		   : mem_printf("%s%s", hierarchy->mount, hierarchy->directory);
}

/* Returns the directory's name below /sys/fs/cgroup. */
static const char *directory_name(const struct cgroup_hierarchy *hierarchy)
{
	return *hierarchy->name ? strrchr(hierarchy->mount, '/') + 1 : "unified";
}

/* Links for controllers that are mounted together: cpu and cpuacct point to cpu,cpuacct. */
static void add_links(struct cgroup_mount_plan *plan, const char *name)
{
	if (!strchr(name, ','))
		return;
	for (const char *at = name; *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ",");
		char *link = mem_printf("%.*s", (int)len, at);

		at += len;
		plan->entries.v[plan->entries.n++] =
			(struct cgroup_mount_entry){ link, mem_strdup(name), NULL, -1 };
	}
}

static size_t entries_of(const struct cgroup_hierarchy *hierarchy)
{
	size_t n = 2;

	for (const char *at = hierarchy->name; *at; at++)
		n += *at == ',';
	return n;
}

/* Plans the hierarchies of the container's cgroup, or else the caller's. */
static void plan_entries(struct cgroup *cgroup, bool own, struct cgroup_mount_plan *plan)
{
	size_t room = 0;

	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		room += entries_of(&cgroup->hierarchies.v[i]);
	plan->entries.v = mem_alloc(room * sizeof *plan->entries.v);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		const char *name = plan->tmpfs ? directory_name(hierarchy) : "";

		plan->entries.v[plan->entries.n++] = (struct cgroup_mount_entry){ mem_strdup(name),
			NULL, directory_of(hierarchy, own), -1 };
		add_links(plan, name);
	}
}

static struct cgroup_hierarchy *find_hierarchy(const struct cgroup *cgroup, const char *name)
{
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		if (strcmp(cgroup->hierarchies.v[i].name, name) == 0)
			return &cgroup->hierarchies.v[i];
	return NULL;
}

/* Plans one hierarchy: the container's cgroup in it, or else the caller's, read-only. */
static int plan_hierarchy(
	struct cgroup *cgroup, const char *name, struct cgroup_mount_plan *plan, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct cgroup callers = { .manager = cgroup->manager, .fd = -1, .arena = &arena };
	struct cgroup_hierarchy *hierarchy = cgroup->path ? find_hierarchy(cgroup, name) : NULL;
	bool own = hierarchy;

	if (!own) {
		plan->attributes |= MOUNT_ATTR_RDONLY;
		if (cgroup_find_hierarchies(&callers, err) < 0)
			return -1;
		hierarchy = find_hierarchy(&callers, name);
	}
	if (hierarchy) {
		plan->entries.v = mem_alloc(sizeof *plan->entries.v);
		plan->entries.v[plan->entries.n++] = (struct cgroup_mount_entry){ mem_strdup(""),
			NULL, directory_of(hierarchy, own), -1 };
	} else {
		error_set(err, ENOENT, "no cgroup hierarchy %s is mounted below %s",
			*name ? name : "of version 2", CGROUP_ROOT);
	}
	cgroup_close(&callers);
	return hierarchy ? 0 : -1;
}

int cgroup_mount_plan(struct cgroup *cgroup, const struct cgroup_mount_request *request,
	struct cgroup_mount_plan *plan, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct cgroup callers = { .manager = cgroup->manager, .fd = -1, .arena = &arena };

	*plan = (struct cgroup_mount_plan){ .attributes = request->attributes,
		.label = request->label };
	if (request->rootless && !request->cgroup_namespace)
		plan->attributes |= MOUNT_ATTR_RDONLY; /* CVE-2023-25809 */
	if (request->hierarchy)
		return plan_hierarchy(cgroup, request->hierarchy, plan, err);
	if (cgroup_is_v2() && request->cgroup_namespace) {
		plan->superblock = true;
		return 0;
	}
	if (!cgroup->path) {
		plan->attributes |= MOUNT_ATTR_RDONLY;
		if (cgroup_find_hierarchies(&callers, err) < 0)
			return -1;
		cgroup = &callers;
	}
	plan->tmpfs = cgroup->layout == CGROUP_V1;
	plan_entries(cgroup, cgroup != &callers, plan);
	cgroup_close(&callers);
	return 0;
}

int cgroup_mount_open(struct cgroup_mount_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->entries.n; i++) {
		struct cgroup_mount_entry *entry = &plan->entries.v[i];

		if (entry->directory == NULL)
			continue;
		entry->tree = open_directory_tree(entry->directory, plan->attributes, err);
		if (entry->tree < 0)
			return -1;
	}
	return 0;
}

void cgroup_mount_plan_close(struct cgroup_mount_plan *plan)
{
	for (size_t i = 0; i < plan->entries.n; i++) {
		fd_close(&plan->entries.v[i].tree);
		mem_free((char *)plan->entries.v[i].name);
		mem_free((char *)plan->entries.v[i].target);
		mem_free((char *)plan->entries.v[i].directory);
	}
	mem_free(plan->entries.v);
	*plan = (struct cgroup_mount_plan){ 0 };
}

/* ---- inside ---- */

/* Returns a new detached mount. options: pairs of a name and a value, up to NULL. */
static int new_mount(
	const char *type, const char *const *options, uint64_t attributes, struct error *err)
{
	cleanup_fd int context = fsopen(type, FSOPEN_CLOEXEC);
	int mount;

	if (context < 0)
		return error_errno(err, "fsopen(\"%s\")", type);
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", type, 0) < 0)
		return error_errno(err, "a new mount of type %s", type);
	for (; *options; options += 2)
		if (fsconfig(context, FSCONFIG_SET_STRING, options[0], options[1], 0) < 0)
			return error_errno(err, "a new mount of type %s: option %s=%s", type,
				options[0], options[1]);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_errno(err, "a new mount of type %s", type);
	mount = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return mount >= 0 ? mount : error_errno(err, "fsmount of type %s", type);
}

static int attach(int tree, int target, const char *what, struct error *err)
{
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, "attach the mount of %s", what);
	return 0;
}

static int fill_tmpfs(int root, const struct cgroup_mount_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->entries.n; i++) {
		const struct cgroup_mount_entry *entry = &plan->entries.v[i];
		cleanup_fd int directory = -1;

		if (entry->target) {
			if (symlinkat(entry->target, root, entry->name) < 0)
				return error_errno(err, "make the link %s", entry->name);
			continue;
		}
		if (mkdirat(root, entry->name, 0755) < 0)
			return error_errno(err, "make the directory %s", entry->name);
		directory =
			openat(root, entry->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0 || attach(entry->tree, directory, entry->name, err) < 0)
			return directory < 0
				? error_errno(err, "open the directory %s", entry->name)
				: -1;
	}
	return 0;
}

int cgroup_mount(int target, const struct cgroup_mount_plan *plan, struct error *err)
{
	const char *const for_tmpfs[] = { "mode", "755", plan->label ? "context" : NULL,
		plan->label, NULL };
	cleanup_fd int mount = -1;

	if (plan->superblock)
		mount = new_mount("cgroup2", (const char *const[]){ NULL }, plan->attributes, err);
	else if (plan->tmpfs)
		mount = new_mount(
			"tmpfs", for_tmpfs, plan->attributes & ~(uint64_t)MOUNT_ATTR_RDONLY, err);
	else
		mount = fcntl(plan->entries.v[0].tree, F_DUPFD_CLOEXEC, 3);
	if (mount < 0 || attach(mount, target, "cgroup", err) < 0)
		return -1;
	if (!plan->tmpfs)
		return fd_take(&mount);
	if (fill_tmpfs(mount, plan, err) < 0)
		return -1;
	if (plan->attributes & MOUNT_ATTR_RDONLY &&
		mount_setattr(mount, "", AT_EMPTY_PATH,
			&(struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY },
			sizeof(struct mount_attr)) < 0)
		return error_errno(err, "make the tmpfs read-only");
	return fd_take(&mount);
}
