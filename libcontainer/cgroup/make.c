/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates the directories of a container's cgroup in every hierarchy, sets limits and device rules,
 * and moves a process into them: for the cgroupfs manager, and for the systemd manager, whose unit
 * exists already.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "cgroup/internal.h"

static bool is_permission_error(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == EROFS;
}

/*
 * Returns the cgroup's path below the mount point, without the first slash. An absolute cgroupsPath
 * is relative to the mount point. A relative one, or the container's ID by default, is relative to
 * the runtime's own cgroup: inside it on v1; beside it on v2, where a cgroup with processes can't
 * have limited children. This is like runc.
 */
static char *path_in_hierarchy(
	const struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *path)
{
	cleanup_free char *own = path_clean(hierarchy->directory), *whole = NULL, *clean = NULL;
	struct stat st;

	if (*path == '/' || *own != '/')
		*own = 0;
	else if (cgroup->layout == CGROUP_V2)
		*strrchr(own, '/') = 0;
	/*
	 * In a container without a cgroup namespace, the path of the own cgroup starts above the
	 * mount point.
	 */
	if (*own && own[1] && fstatat(hierarchy->fd, own + 1, &st, 0) < 0)
		*own = 0;
	whole = mem_printf("%s/%s", own, path);
	clean = path_clean(whole);
	return mem_strdup(clean + 1);
}

/* Returns how many trailing components of the path don't exist. */
static uint32_t count_missing(int mount, const char *path)
{
	cleanup_free char *part = mem_strdup(path);
	uint32_t missing = 0;
	char *last = part;
	struct stat st;

	for (; last && fstatat(mount, part, &st, 0) < 0; missing++) {
		last = strrchr(part, '/');
		if (last)
			*last = 0;
	}
	return missing;
}

static int tell_plan(const struct cgroup *cgroup, const struct cgroup_request *request,
	const char *path, struct error *err)
{
	struct cgroup plan = *cgroup;

	plan.hierarchies.v =
		arena_alloc(cgroup->arena, cgroup->hierarchies.n * sizeof *plan.hierarchies.v);
	plan.hierarchies.n = 0;
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		const struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		struct cgroup_hierarchy *planned = &plan.hierarchies.v[plan.hierarchies.n];
		cleanup_free char *below = path_in_hierarchy(cgroup, hierarchy, path);
		uint32_t missing = *below ? count_missing(hierarchy->fd, below) : 0;

		if (missing == 0)
			continue;
		*planned = *hierarchy;
		planned->directory = arena_printf(cgroup->arena, "%s/%s", hierarchy->mount, below);
		planned->made = missing;
		plan.path = arena_printf(cgroup->arena, "/%s", below);
		plan.hierarchies.n++;
	}
	return request->planned(request->context, &plan, err);
}

/*
 * Entering requires write permission for cgroup.procs of the common ancestor of the old and the new
 * cgroup.
 */
static int check_entrance(const struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy,
	const char *own, struct error *err)
{
	const char *new = hierarchy->directory + strlen(hierarchy->mount);
	size_t common = 0;
	cleanup_free char *file = NULL;

	for (size_t i = 0; own[i] == new[i] || (!own[i] && new[i] == '/'); i++) {
		if (own[i] == '/' || !own[i])
			common = i;
		if (!own[i] || !new[i])
			break;
	}
	file = mem_printf("%s%.*s/cgroup.procs", hierarchy->mount, (int)common, new);
	if (cgroup->layout != CGROUP_V2 || faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) == 0)
		return 0;
	error_errno(err, "cgroup %s: enter it from %s", hierarchy->directory, own);
	return error_hint(
		err, "no process can be moved between them without the right to write %s", file);
}

static int make_hierarchy(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy,
	const char *path, bool rootless, const setting_list *settings, struct error *err)
{
	bool all = cgroup->layout == CGROUP_V2 && cgroup->manager == CGROUP_MANAGER_CGROUPFS;
	cleanup_free char *below = path_in_hierarchy(cgroup, hierarchy, path);
	const char *own = hierarchy->directory;

	if (*below == 0)
		return error_set(
			err, 0, "/linux/cgroupsPath: \"%s\" is the root of the hierarchy", path);
	if ((*hierarchy->name ? v1_make(cgroup, hierarchy, below, settings, err)
			      : v2_make(cgroup, hierarchy, below, settings, all, err)) < 0)
		return -1;
	cgroup->path = arena_printf(cgroup->arena, "/%s", below);
	cgroup->fd = cgroup->layout == CGROUP_V2 ? hierarchy->fd : -1;
	if (!rootless || check_entrance(cgroup, hierarchy, own, err) == 0)
		return 0;
	cgroup->fd = -1;
	return cgroup->user_manager ? 0 : -1; /* systemd moves the process instead */
}

/* Leaves nothing in `from` that would be closed or removed a second time. */
static void move(struct cgroup_hierarchy *to, struct cgroup_hierarchy *from)
{
	if (to == from)
		return;
	*to = *from;
	from->fd = -1;
	from->made = 0;
}

/*
 * Creates the directories of every hierarchy. A rootless container that asked for no path continues
 * without those that can't be created.
 */
static int make_hierarchies(struct cgroup *cgroup, const struct cgroup_request *request,
	const char *path, const setting_list *settings, struct error *err)
{
	bool forgiving = request->rootless && path == request->id;
	size_t kept = 0;

	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		struct error problem;
		int result = make_hierarchy(
			cgroup, hierarchy, path, request->rootless, settings, &problem);

		if (result == 0) {
			move(&cgroup->hierarchies.v[kept++], hierarchy);
			continue;
		}
		if (!forgiving || !is_permission_error(problem.code))
			return error_copy(err, &problem);
		log_debug("no cgroup of its own: %s", problem.text);
		cgroup_unmake(hierarchy->directory, hierarchy->made);
		hierarchy->made = 0;
		fd_close(&hierarchy->fd);
	}
	cgroup->hierarchies.n = kept;
	if (kept == 0)
		cgroup->path = NULL;
	return 0;
}

int cgroup_apply_devices(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, bool update, struct error *err)
{
	device_rules rules;
	bool v2;
	struct cgroup_hierarchy *hierarchy = cgroup_of_controller(cgroup, "devices", &v2);

	if (cgroup->layout == CGROUP_V2)
		hierarchy = cgroup_unified(cgroup);
	if (device_rules_read(cgroup->arena, resources, annotations, &rules, err) < 0)
		return -1;
	if (!hierarchy) /* v1 without a devices hierarchy: attach a program to the v2 one */
		hierarchy = cgroup_unified(cgroup);
	if (!hierarchy)
		return error_set(err, 0,
			"/linux/resources/devices: no mounted cgroup hierarchy can restrict "
			"devices");
	if (*hierarchy->name)
		return devices_apply_v1(cgroup, hierarchy, &rules, update, err);
	return cgroup_directory(hierarchy, err) < 0
		? -1
		: devices_apply_v2(hierarchy->fd, &rules, update, err);
}

int cgroup_make_all(struct cgroup *cgroup, const struct cgroup_request *request, const char *path,
	const setting_list *settings, struct error *err)
{
	struct error problem;

	if ((request->planned && tell_plan(cgroup, request, path, err) < 0) ||
		make_hierarchies(cgroup, request, path, settings, err) < 0)
		return -1;
	if (cgroup->hierarchies.n == 0 && settings->n)
		return error_set(err, EACCES,
			"/linux/resources%s: the container has no cgroup: this user can't create "
			"one here",
			settings->v[0].property);
	if (settings_apply(cgroup, settings, "/linux/resources", NULL, err) < 0)
		return -1;
	if (cgroup->hierarchies.n &&
		cgroup_apply_devices(
			cgroup, request->resources, request->annotations, false, &problem) < 0) {
		if (!request->rootless || !is_permission_error(problem.code))
			return error_copy(err, &problem);
		log_debug("no restriction of devices: %s", problem.text);
	}
	return 0;
}

int cgroup_enter_hierarchies(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err)
{
	char text[24];

	snprintf(text, sizeof text, "%d", pid);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];

		if ((cloned && cgroup->fd >= 0 && hierarchy->fd == cgroup->fd) ||
			(cgroup->entries && cgroup->entries[i] >= 0))
			continue;
		if (cgroup_directory(hierarchy, err) < 0)
			return -1;
		if (cgroup_write(hierarchy->fd, "cgroup.procs", text) < 0)
			return cgroup_entry_error(hierarchy, pid, err);
	}
	return 0;
}
