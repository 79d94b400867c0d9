/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans the mounts: determines what each entry of the list means, before anything is mounted.
 */
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/text/number.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"

/*
 * devpts rejects a gid= that the container's user namespace doesn't map with EINVAL (runc#3317).
 * Without the option, a terminal belongs to the group of the process that creates it.
 */
static void drop_unmapped_gid(const struct mount_context *context, struct mount_plan *plan)
{
	for (size_t i = 0; i < plan->options.data.n; i++) {
		const struct string_pair *option = &plan->options.data.v[i];
		const char *value = option->value;
		uint32_t gid;

		if (strcmp(option->key, "gid") != 0 || value == NULL ||
			!number_take_32(&value, &gid, 1) ||
			id_mappings_to_host(context->gid_mappings, gid) >= 0)
			continue;
		log_warning(
			"%s/options: gid=%u is left out, the user namespace has no mapping for it",
			plan->pointer, gid);
		plan->options.data.v[i] = plan->options.data.v[--plan->options.data.n];
		return;
	}
}

/*
 * Returns the cgroup hierarchy that the mount's type or name requests, whatever the host has at
 * /sys/fs/cgroup; NULL: none in particular.
 */
static const char *named_hierarchy(
	const struct mount_context *context, const struct mount_plan *plan)
{
	const struct string_pair *name = mount_options_data(&plan->options, "name");

	if (strcmp(plan->mount->type, "cgroup2") == 0)
		return "";
	return name == NULL || name->value == NULL
		? NULL
		: arena_printf(context->arena, "name=%s", name->value);
}

/*
 * cgroup2 options can be changed on the host's own mount only. On v1 they select controllers; the
 * container gets all.
 */
static int check_cgroup_options(const struct mount_plan *plan, struct error *err)
{
	static const char *const known[] = { "nsdelegate", "favordynmods", "memory_localevents",
		"memory_recursiveprot", "memory_hugetlb_accounting", "pids_localevents" };

	for (size_t i = 0; i < plan->options.data.n && cgroup_is_v2(); i++) {
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

/*
 * A new superblock shows the whole hierarchy, including release_agent, unless a cgroup namespace
 * hides what is above the container. Without one, the container's own directory is bound.
 */
static int plan_cgroup(
	const struct mount_context *context, struct mount_plan *plan, struct error *err)
{
	plan->hierarchy = named_hierarchy(context, plan);
	plan->kind = plan->hierarchy != NULL && context->cgroup_namespace ? MOUNT_FILESYSTEM
									  : MOUNT_CGROUP;
	return plan->hierarchy == NULL ? check_cgroup_options(plan, err) : 0;
}

static bool is_type(const struct mount_plan *plan, const char *type)
{
	return strcmp(plan->mount->type, type) == 0;
}

/*
 * The kernel refuses a label for a superblock that exists already: those that exist once per
 * kernel, and mqueue's, which an IPC namespace is created with. Its root directory can be labelled
 * instead, unless the namespace is the host's. A label among the mount's own options takes
 * precedence.
 */
static void plan_label(const struct mount_context *context, struct mount_plan *plan)
{
	static const char *const unlabelled[] = { "proc", "sysfs", "cgroup", "cgroup2",
		"securityfs", "debugfs", "tracefs", "configfs", "efivarfs", "devtmpfs" };

	for (size_t i = 0; i < ARRAY_SIZE(unlabelled); i++)
		if (is_type(plan, unlabelled[i]))
			return;
	for (size_t i = 0; i < plan->options.data.n; i++)
		if (mount_option_is_label(plan->options.data.v[i].key))
			return;
	if (!is_type(plan, "mqueue"))
		mount_options_add_data(context->arena, &plan->options, context->mount_label_option,
			context->mount_label);
	else if (context->owns_ipc)
		plan->root_label = context->mount_label;
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
	if (context->user_namespace && foreign_plan(context, plan))
		return 0;
	if (context->user_namespace && context->gid_mappings->n > 0 && is_type(plan, "devpts"))
		drop_unmapped_gid(context, plan);
	plan->kind = MOUNT_FILESYSTEM;
	if ((is_type(plan, "cgroup") || is_type(plan, "cgroup2")) &&
		plan_cgroup(context, plan, err) < 0)
		return -1;
	if (context->mount_label != NULL && plan->kind == MOUNT_FILESYSTEM)
		plan_label(context, plan);
	/*
	 * the host side makes it: an ID-mapped superblock must belong to the host's user namespace,
	 * and the container's processes may not open a host device
	 */
	if (plan->mapping.uids != NULL ||
		(context->host_makes && plan->kind == MOUNT_FILESYSTEM &&
			filesystem_takes_host_paths(type)))
		plan->kind = MOUNT_HOST_MADE;
	return 0;
}

/* Like runc, accepts a destination that starts with the rootfs's host path. */
static const char *below_root(const struct mount_context *context, const char *path)
{
	if (strcmp(context->rootfs, "/") == 0 || !path_is_below(path, context->rootfs))
		return path;
	path += strlen(context->rootfs);
	return path[0] != '\0' ? path : "/";
}

void mounts_begin(const struct mount_context *context, size_t n, struct mounts *mounts)
{
	*mounts = (struct mounts){ .plan = arena_alloc(context->arena, n * sizeof *mounts->plan),
		.state = arena_alloc(context->arena, n * sizeof *mounts->state) };
}

int mounts_plan_next(const struct mount_context *context, const struct oci_mount *mount,
	struct mounts *mounts, struct error *err)
{
	cleanup_free char *absolute = path_absolute("/", mount->destination),
			  *clean = path_clean(absolute);
	size_t i = mounts->n++;
	struct mount_plan *plan = &mounts->plan[i];

	mounts->state[i].tree = -1;
	*plan = (struct mount_plan){ .mount = mount,
		.kind = MOUNT_REMOUNT, /* until it is planned: a kind that opens nothing */
		.destination = arena_strdup(context->arena, below_root(context, clean)),
		.keeps_flags = context->user_namespace,
		.namespace = -1,
		.pointer = arena_printf(context->arena, "/mounts/%zu", i) };
	if (mount_options_parse(context->arena, plan->pointer, mount, &plan->options, err) < 0 ||
		mount_options_resolve(context->arena, plan->pointer, &plan->options,
			context->uid_mappings, context->gid_mappings, err) < 0 ||
		mapping_plan(context, plan, err) < 0)
		return -1;
	plan->options.bind |= mount->type != NULL && strcmp(mount->type, "bind") == 0;
	if ((plan->options.bind ? source_plan(context, mounts, plan, err)
				: plan_filesystem(context, plan, err)) < 0)
		return -1;
	places_add(&mounts->destinations, plan->destination, strlen(plan->destination),
		plan->kind != MOUNT_REMOUNT && plan->kind != MOUNT_SYMLINK ? plan : NULL);
	return 0;
}

int mounts_plan(const struct mount_context *context, const struct oci_mount *list, size_t n,
	struct mounts *mounts, struct error *err)
{
	mounts_begin(context, n, mounts);
	for (size_t i = 0; i < n; i++)
		if (mounts_plan_next(context, &list[i], mounts, err) < 0)
			return -1;
	late_plan(context, mounts);
	return 0;
}

bool mounts_take_host_paths(const struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->plan[i].kind == MOUNT_FILESYSTEM &&
			filesystem_takes_host_paths(mounts->plan[i].mount->type))
			return true;
	return false;
}
