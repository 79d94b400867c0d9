/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan of the mounts: what each entry of the list means, before anything is mounted.
 */
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/text/number.h"
#include "linux/ids/userns.h"
#include "linux/mount/internal.h"

/*
 * devpts rejects gid= with EINVAL if the container's user namespace doesn't map it (runc#3317).
 * Without it, terminals belong to the group of the process that creates them.
 */
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

/*
 * Returns the cgroup hierarchy that the mount's type or name asks for, whatever the host has at
 * /sys/fs/cgroup; NULL: none.
 */
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

/*
 * cgroup2 options can be changed on the host's own mount only. On v1 they select controllers; the
 * container gets all.
 */
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

/*
 * A new superblock shows the whole hierarchy, including release_agent, unless a cgroup namespace
 * hides what is above the container: without one, bind the container's own directory.
 */
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
		return filesystem_plan_foreign(plan, "/sys",
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC,
			context->network, err);
	if (context->user_namespace && !context->owns_ipc && strcmp(type, "mqueue") == 0)
		return filesystem_plan_foreign(plan, "/dev/mqueue", 0, context->ipc, err);
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
	/*
	 * an ID-mapped superblock belongs to the host's user namespace; and the container's
	 * processes may not open a host device
	 */
	if (mount_has_id_mapping(plan) ||
		(context->host_makes && plan->kind == MOUNT_FILESYSTEM &&
			filesystem_takes_host_paths(type))) {
		plan->kind = MOUNT_TREE;
		plan->tree = filesystem_make(plan, -1, err);
		return plan->tree < 0 ? -1 : 0;
	}
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
	if ((plan->options.bind ? source_plan(context, plans, plan, err)
				: plan_filesystem(context, plan, err)) < 0)
		return -1;
	places_add(&plans->destinations, plan->destination, strlen(plan->destination));
	return 0;
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

/* A source that is read-only on the host stays so: no mountpoint is made in it. */
static bool may_be_deferred(const struct mount_plan *plan)
{
	struct statvfs fs;

	return plan->options.attr_set & MOUNT_ATTR_RDONLY && plan->options.bind &&
		!(plan->tree >= 0 && fstatvfs(plan->tree, &fs) == 0 && fs.f_flag & ST_RDONLY);
}

void mounts_defer_readonly(struct mount_plans *plans)
{
	cleanup_places struct places above = { 0 }; /* the parents of the later mounts, up to / */

	for (size_t i = plans->n; i-- > 0;) {
		struct mount_plan *plan = &plans->v[i];
		size_t len = strlen(plan->destination);

		if (places_has(&above, plan->destination, len) && may_be_deferred(plan)) {
			plan->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
			plan->late_readonly = true;
		}
		do
			len = place_parent(plan->destination, len);
		while (len > 0 && places_add(&above, plan->destination, len));
	}
}

void mounts_close(struct mount_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++) {
		fd_close(&plans->v[i].tree);
		parts_close(&plans->v[i]);
		if (plans->v[i].kind == MOUNT_CGROUP)
			cgroup_mount_plan_close(&plans->v[i].cgroup);
	}
	plans->n = 0;
	places_free(&plans->destinations);
}

bool mounts_take_host_paths(const struct mount_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++)
		if (plans->v[i].kind == MOUNT_FILESYSTEM &&
			filesystem_takes_host_paths(plans->v[i].mount->type))
			return true;
	return false;
}
