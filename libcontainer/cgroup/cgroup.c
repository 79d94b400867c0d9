/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making and changing a container's cgroup: which path, which hierarchies, in which order; the same for v1, hybrid and v2.
 */
#include "cgroup/cgroup.h"
#include "base/log.h"
#include "base/path.h"
#include "cgroup/internal.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const layout_names[] = {"v2", "v1", NULL};

static const struct json_field hierarchy_fields[] = {
	FIELD(struct cgroup_hierarchy, name, "name", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, mount, "mount", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, directory, "directory", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, made, "made", JSON_UINT32),
	FIELD_END,
};
static const struct json_table hierarchy_table = {"CgroupHierarchy", sizeof(struct cgroup_hierarchy), hierarchy_fields};

static const struct json_field cgroup_fields[] = {
	FIELD(struct cgroup, manager, "manager", JSON_ENUM, .required = true, .names = cgroup_manager_names),
	FIELD(struct cgroup, layout, "layout", JSON_ENUM, .names = layout_names),
	FIELD(struct cgroup, path, "path", JSON_STRING),
	FIELD(struct cgroup, scope, "scope", JSON_STRING),
	FIELD(struct cgroup, delegated, "delegated", JSON_BOOL),
	FIELD(struct cgroup, user_manager, "userManager", JSON_BOOL),
	FIELD_LIST(struct cgroup, hierarchies, "hierarchies", JSON_OBJECT, .table = &hierarchy_table),
	FIELD_END,
};
const struct json_table cgroup_table = {"Cgroup", sizeof(struct cgroup), cgroup_fields};

static bool is_permission_error(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == EROFS;
}

/* The cgroup's path below the mount point of one hierarchy, without the first slash. An absolute cgroupsPath counts from the mount
 * point; a relative one, and the container's id where there is none, from the runtime's own cgroup: inside it on v1, beside it on
 * v2, where a cgroup with processes can't have limited ones inside. Like runc. */
static char *path_in_hierarchy(const struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy, const char *path)
{
	cleanup_free char *own = path_clean(hierarchy->directory), *whole = NULL, *clean = NULL;
	struct stat st;

	if (*path == '/' || *own != '/')
		*own = 0;
	else if (cgroup->layout == CGROUP_V2)
		*strrchr(own, '/') = 0;
	/* In a container without a cgroup namespace the own path begins above what is mounted. */
	if (*own && own[1] && fstatat(hierarchy->fd, own + 1, &st, 0) < 0)
		*own = 0;
	whole = mem_printf("%s/%s", own, path);
	clean = path_clean(whole);
	return mem_strdup(clean + 1);
}

static bool has_dotdot(const char *path)
{
	return cgroup_word(path, '/', "..");
}

/* Makes the directories of every hierarchy. A rootless container that asked for no path does without those it may not make. */
static int make_hierarchies(struct cgroup *cgroup, const struct cgroup_request *request, const setting_list *settings, struct error *err)
{
	const char *path = request->cgroups_path && *request->cgroups_path ? request->cgroups_path : request->id;
	bool forgiving = request->rootless && path == request->id;
	size_t kept = 0;

	if (has_dotdot(path))
		return error_set(err, 0, "/linux/cgroupsPath: \"%s\" contains \"..\"", path);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		cleanup_free char *below = path_in_hierarchy(cgroup, hierarchy, path);
		struct error problem;
		int result;

		if (*below == 0)
			return error_set(err, 0, "/linux/cgroupsPath: \"%s\" is the root of the hierarchy", path);
		if (*hierarchy->name == 0)
			result = v2_make(cgroup, hierarchy, below, settings, cgroup->layout == CGROUP_V2, &problem);
		else
			result = v1_make(cgroup, hierarchy, below, &problem);
		if (result < 0 && (!forgiving || !is_permission_error(problem.code))) {
			if (err)
				*err = problem;
			return -1;
		}
		if (result < 0) {
			log_debug("no cgroup of its own: %s", problem.text);
			cgroup_unmake(hierarchy->directory, hierarchy->made);
			fd_close(&hierarchy->fd);
			continue;
		}
		cgroup->path = arena_printf(cgroup->arena, "/%s", below);
		cgroup->hierarchies.v[kept++] = *hierarchy;
	}
	cgroup->hierarchies.n = kept;
	return 0;
}

static int apply_devices(struct cgroup *cgroup, const struct resources *resources, const string_map *annotations, bool update, struct error *err)
{
	device_rules rules;
	bool v2;
	struct cgroup_hierarchy *hierarchy = cgroup_of_controller(cgroup, "devices", &v2);

	if (cgroup->layout == CGROUP_V2)
		hierarchy = cgroup_unified(cgroup);
	if (device_rules_read(cgroup->arena, resources, annotations, &rules, err) < 0)
		return -1;
	if (!hierarchy) /* v1 without a devices hierarchy: the v2 one beside it takes programs, too */
		hierarchy = cgroup_unified(cgroup);
	if (!hierarchy)
		return error_set(err, 0, "/linux/resources/devices: no mounted cgroup hierarchy can restrict devices");
	if (*hierarchy->name)
		return devices_apply_v1(cgroup, hierarchy, &rules, update, err);
	return cgroup_directory(hierarchy, err) < 0 ? -1 : devices_apply_v2(hierarchy->fd, &rules, update, err);
}

int cgroup_make_all(struct cgroup *cgroup, const struct cgroup_request *request, struct error *err)
{
	setting_list settings;
	struct error problem;
	struct cgroup_hierarchy *unified;

	if (resources_settings(cgroup, request->resources, "/linux/resources", false, &settings, err) < 0)
		return -1;
	if (make_hierarchies(cgroup, request, &settings, err) < 0)
		return -1;
	if (cgroup->hierarchies.n == 0 && settings.n)
		return error_set(err, EACCES, "/linux/resources%s: the container has no cgroup: none may be made here", settings.v[0].property);
	if (settings_apply(cgroup, &settings, "/linux/resources", err) < 0)
		return -1;
	if (cgroup->hierarchies.n && apply_devices(cgroup, request->resources, request->annotations, false, &problem) < 0) {
		if (!request->rootless || !is_permission_error(problem.code)) {
			if (err)
				*err = problem;
			return -1;
		}
		log_debug("no restriction of devices: %s", problem.text);
	}
	unified = cgroup_unified(cgroup);
	cgroup->fd = cgroup->layout == CGROUP_V2 && unified ? unified->fd : -1;
	return 0;
}

static void undo(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		cgroup_unmake(cgroup->hierarchies.v[i].directory, cgroup->hierarchies.v[i].made);
	cgroup_close(cgroup);
	cgroup->hierarchies.n = 0;
	cgroup->path = NULL;
}

int cgroup_create(struct cgroup *cgroup, struct arena *arena, const struct cgroup_request *request, struct error *err)
{
	*cgroup = (struct cgroup){.manager = request->manager, .fd = -1, .arena = arena};
	if (request->manager == CGROUP_MANAGER_DISABLED)
		return 0;
	if (cgroup_find_hierarchies(cgroup, err) < 0 || cgroup_make_all(cgroup, request, err) < 0) {
		undo(cgroup);
		return -1;
	}
	return 0;
}

int cgroup_ready(struct cgroup *cgroup, struct error *err)
{
	(void)cgroup, (void)err;
	return 0;
}

int cgroup_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err)
{
	char text[24];

	snprintf(text, sizeof text, "%d", pid);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];

		if (cloned && cgroup->fd >= 0 && hierarchy->fd == cgroup->fd)
			continue;
		if (cgroup_directory(hierarchy, err) < 0)
			return -1;
		if (cgroup_write(hierarchy->fd, "cgroup.procs", text) < 0)
			return error_errno(err, "cgroup %s: put process %d into it", hierarchy->directory, pid);
	}
	return 0;
}

void cgroup_load(struct cgroup *cgroup)
{
	cgroup->fd = -1;
	cgroup->helper = NULL;
	cgroup->arena = NULL;
	*cgroup->v2_controllers = 0;
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		cgroup->hierarchies.v[i].fd = -1;
}

void cgroup_close(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		fd_close(&cgroup->hierarchies.v[i].fd);
	cgroup->fd = -1;
}

static int update(struct cgroup *cgroup, const struct resources *resources, const string_map *annotations, struct error *err)
{
	setting_list settings;

	if (resources_settings(cgroup, resources, "resources: ", true, &settings, err) < 0)
		return -1;
	if (!cgroup->path && (settings.n || resources->devices.v))
		return error_set(err, 0, "resources: the container has no cgroup of its own");
	if (settings_apply(cgroup, &settings, "resources: ", err) < 0)
		return -1;
	return resources->devices.v ? apply_devices(cgroup, resources, annotations, true, err) : 0;
}

int cgroup_update(struct cgroup *cgroup, const struct resources *resources, const string_map *annotations, struct error *err)
{
	cleanup_arena struct arena arena = {0};
	int result;

	cgroup->arena = &arena;
	result = update(cgroup, resources, annotations, err);
	cgroup->arena = NULL;
	return result;
}

/* ---- ownership ---- */

/* The files that the spec names where the kernel doesn't (before 4.15). */
static const char delegate_fallback[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

int cgroup_delegate(struct cgroup *cgroup, uid_t host_uid, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup->layout == CGROUP_V2 ? cgroup_unified(cgroup) : NULL;
	cleanup_buf struct buf files = {0};
	char *save = NULL;

	if (!unified)
		return 0;
	if (cgroup_directory(unified, err) < 0)
		return -1;
	if (file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", &files, NULL) < 0) {
		buf_clear(&files);
		buf_puts(&files, delegate_fallback);
	}
	if (fchownat(unified->fd, "", host_uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
		return error_errno(err, "cgroup %s: give it to user %u", unified->directory, host_uid);
	for (char *file = strtok_r(files.data, "\n", &save); file; file = strtok_r(NULL, "\n", &save))
		if (fchownat(unified->fd, file, host_uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return error_errno(err, "cgroup %s: give %s to user %u", unified->directory, file, host_uid);
	cgroup->delegated = true;
	return 0;
}
