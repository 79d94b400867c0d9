/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates and changes a container's cgroup: chooses the path, the hierarchies and the order of
 * operations; the same for v1, hybrid and v2.
 */
#include "cgroup/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "cgroup/internal.h"

static const char *const layout_names[] = { "v2", "v1", NULL };

static const struct json_field hierarchy_fields[] = {
	FIELD(struct cgroup_hierarchy, name, "name", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, mount, "mount", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, directory, "directory", JSON_STRING, .required = true),
	FIELD(struct cgroup_hierarchy, made, "made", JSON_UINT32),
	FIELD_END,
};
static const struct json_table hierarchy_table = { "CgroupHierarchy",
	sizeof(struct cgroup_hierarchy), hierarchy_fields };

static const struct json_field cgroup_fields[] = {
	FIELD(struct cgroup, manager, "manager", JSON_ENUM, .required = true,
		.names = cgroup_manager_names),
	FIELD(struct cgroup, layout, "layout", JSON_ENUM, .names = layout_names),
	FIELD(struct cgroup, path, "path", JSON_STRING),
	FIELD(struct cgroup, scope, "scope", JSON_STRING),
	FIELD(struct cgroup, delegated, "delegated", JSON_BOOL),
	FIELD(struct cgroup, user_manager, "userManager", JSON_BOOL),
	FIELD_LIST(
		struct cgroup, hierarchies, "hierarchies", JSON_OBJECT, .table = &hierarchy_table),
	FIELD_END,
};
const struct json_table cgroup_table = { "Cgroup", sizeof(struct cgroup), cgroup_fields };

/* On v2, removes pids.max from the settings: cgroup_enter() writes it. */
static void postpone_pids(struct cgroup *cgroup, const setting_list *settings)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->v[i].v2 && strcmp(settings->v[i].file, "pids.max") == 0)
			cgroup->late = &settings->v[i];
}

static void undo(struct cgroup *cgroup)
{
	cgroup_close(cgroup); /* ends hull-systemd, which may be in the cgroup */
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		cgroup_unmake(cgroup->hierarchies.v[i].directory, cgroup->hierarchies.v[i].made);
	cgroup->hierarchies.n = 0;
	cgroup->path = NULL;
}

/*
 * Engines pass slice:prefix:name to the systemd manager. Without it, this would silently become a
 * directory name.
 */
static void warn_of_unit(const char *path)
{
	const char *prefix = strchr(path, ':'), *name = prefix ? strchr(prefix + 1, ':') : NULL;

	if (name && !strchr(name + 1, ':') && !strchr(path, '/'))
		log_warning(
			"/linux/cgroupsPath: \"%s\" has the form slice:prefix:name, but the cgroup "
			"manager isn't systemd: use --systemd-cgroup, or a path",
			path);
}

static int create(struct cgroup *cgroup, const struct cgroup_request *request, struct error *err)
{
	const char *path = request->cgroups_path && *request->cgroups_path ? request->cgroups_path
									   : request->id;
	setting_list settings;

	if (cgroup_find_hierarchies(cgroup, err) < 0 ||
		resources_settings(
			cgroup, request->resources, "/linux/resources", false, &settings, err) < 0)
		return -1;
	postpone_pids(cgroup, &settings);
	if (cgroup->manager == CGROUP_MANAGER_SYSTEMD)
		return systemd_create(cgroup, request, &settings, err);
	if (cgroup_word(path, '/', ".."))
		return error_set(err, 0, "/linux/cgroupsPath: \"%s\" contains \"..\"", path);
	warn_of_unit(path);
	return cgroup_make_all(cgroup, request, path, &settings, err);
}

int cgroup_create(struct cgroup *cgroup, struct arena *arena, const struct cgroup_request *request,
	struct error *err)
{
	*cgroup = (struct cgroup){ .manager = request->manager, .fd = -1, .arena = arena };
	if (request->manager == CGROUP_MANAGER_DISABLED || create(cgroup, request, err) == 0)
		return 0;
	undo(cgroup);
	return -1;
}

static void close_entries(struct cgroup *cgroup)
{
	for (size_t i = 0; cgroup->entries && i < cgroup->hierarchies.n; i++)
		fd_close(&cgroup->entries[i]);
	cgroup->entries = NULL;
}

/*
 * The kernel checks who opened the file, not who writes to it. So these descriptors also serve a
 * process in another user namespace.
 */
static int open_entries(struct cgroup *cgroup, struct error *err)
{
	cgroup->entries =
		arena_alloc(cgroup->arena, (cgroup->hierarchies.n + 1) * sizeof *cgroup->entries);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		cgroup->entries[i] = -1;
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];

		if (cgroup_directory(hierarchy, err) < 0)
			return -1;
		if (*hierarchy->name == 0) {
			cgroup->fd = hierarchy->fd;
			continue;
		}
		cgroup->entries[i] = openat(hierarchy->fd, "tasks", O_WRONLY | O_CLOEXEC);
		if (cgroup->entries[i] < 0)
			return error_errno(err, "cgroup %s: open tasks", hierarchy->directory);
	}
	return 0;
}

int cgroup_ready(struct cgroup *cgroup, struct error *err)
{
	if (cgroup->helper ? systemd_ready(cgroup, err) == 0
			   : cgroup->layout == CGROUP_V2 || open_entries(cgroup, err) == 0)
		return 0;
	undo(cgroup);
	return -1;
}

int cgroup_enter_self(struct cgroup *cgroup, struct error *err)
{
	for (size_t i = 0; cgroup->entries && i < cgroup->hierarchies.n; i++)
		if (cgroup->entries[i] >= 0 && write(cgroup->entries[i], "0", 1) < 0)
			return cgroup_entry_error(&cgroup->hierarchies.v[i], 0, err);
	close_entries(cgroup);
	return 0;
}

int cgroup_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err)
{
	setting_list late = { cgroup->late, cgroup->late != NULL };

	if ((cgroup->helper ? systemd_enter(cgroup, pid, cloned, err)
			    : cgroup_enter_hierarchies(cgroup, pid, cloned, err)) < 0)
		return -1;
	close_entries(cgroup);
	cgroup->late = NULL;
	return settings_apply(cgroup, &late, "/linux/resources", NULL, err);
}

void cgroup_load(struct cgroup *cgroup)
{
	cgroup->fd = -1;
	cgroup->entries = NULL;
	cgroup->helper = NULL;
	cgroup->late = NULL;
	cgroup->arena = NULL;
	*cgroup->v2_controllers = 0;
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		size_t len = strlen(hierarchy->mount);

		hierarchy->fd = -1;
		/* ignore a directory outside its mount point: it can't be the container's */
		if (strncmp(hierarchy->directory, hierarchy->mount, len) != 0 ||
			hierarchy->directory[len] != '/')
			cgroup->hierarchies.v[i--] = cgroup->hierarchies.v[--cgroup->hierarchies.n];
	}
}

void cgroup_close(struct cgroup *cgroup)
{
	if (cgroup->helper)
		systemd_close(cgroup);
	close_entries(cgroup);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		fd_close(&cgroup->hierarchies.v[i].fd);
	cgroup->fd = -1;
}

/*
 * Ask the kernel first, because it refuses what systemd silently accepts. systemd rounds values and
 * writes the files itself, so write them again afterwards.
 */
static int apply_update(struct cgroup *cgroup, const setting_list *settings,
	const struct oci_resources *resources, const string_map *annotations, setting_list *undo,
	struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	if (unified && v2_enable(cgroup, unified, settings, "resources: ", err) < 0)
		return -1;
	if (settings_apply(cgroup, settings, "resources: ", undo, err) < 0)
		return -1;
	if (cgroup->scope &&
		(systemd_update(cgroup, settings, resources, annotations, err) < 0 ||
			settings_apply(cgroup, settings, "resources: ", NULL, err) < 0))
		return -1;
	return resources->devices.n
		? cgroup_apply_devices(cgroup, resources, annotations, true, err)
		: 0;
}

static int update(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, struct cgroup_undo *undo, struct error *err)
{
	setting_list settings;

	if (resources_settings(cgroup, resources, "resources: ", true, &settings, err) < 0)
		return -1;
	if (!cgroup->path && (settings.n || resources->devices.n))
		return error_set(err, 0, "resources: the container has no cgroup of its own");
	return apply_update(cgroup, &settings, resources, annotations, &undo->settings, err);
}

int cgroup_update(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, struct cgroup_undo *undo, struct error *err)
{
	cleanup_cgroup_undo struct cgroup_undo own = { 0 };
	int result;

	undo = undo ? undo : &own;
	*undo = (struct cgroup_undo){ 0 };
	cgroup->arena = &undo->arena;
	result = update(cgroup, resources, annotations, undo, err);
	cgroup->arena = NULL;
	if (result < 0)
		cgroup_revert(cgroup, undo);
	return result;
}

void cgroup_revert(struct cgroup *cgroup, struct cgroup_undo *undo)
{
	const struct oci_resources none = { 0 };
	struct error problem;

	cgroup->arena = &undo->arena;
	if (cgroup->scope && undo->settings.n &&
		systemd_update(cgroup, &undo->settings, &none, NULL, &problem) < 0)
		log_warning("the refused update isn't undone: %s", problem.text);
	settings_revert(cgroup, &undo->settings);
	cgroup->arena = NULL;
	undo->settings.n = 0;
}

void cgroup_undo_free(struct cgroup_undo *undo)
{
	arena_free(&undo->arena);
}

/* ---- ownership ---- */

/* The files named by the spec, for kernels that don't list them (before 4.15). */
static const char delegate_fallback[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

static int give(int dirfd, const char *directory, uid_t host_uid, struct error *err)
{
	cleanup_buf struct buf files = { 0 };
	char *save = NULL;

	if (file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", &files, NULL) < 0) {
		buf_clear(&files);
		buf_puts(&files, delegate_fallback);
	}
	if (fchownat(dirfd, "", host_uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
		return error_errno(err, "cgroup %s: give it to user %u", directory, host_uid);
	for (char *file = strtok_r(files.data, "\n", &save); file;
		file = strtok_r(NULL, "\n", &save))
		if (fchownat(dirfd, file, host_uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 &&
			errno != ENOENT)
			return error_errno(
				err, "cgroup %s: give %s to user %u", directory, file, host_uid);
	return 0;
}

int cgroup_delegate(struct cgroup *cgroup, uid_t host_uid, struct error *err)
{
	struct cgroup_hierarchy *unified =
		cgroup->layout == CGROUP_V2 ? cgroup_unified(cgroup) : NULL;

	if (!unified)
		return 0;
	if (cgroup_directory(unified, err) < 0 ||
		give(unified->fd, unified->directory, host_uid, err) < 0)
		return -1;
	cgroup->delegated = true;
	return 0;
}

int cgroup_delegate_below(
	struct cgroup *cgroup, const char *name, uid_t host_uid, pid_t pid, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);
	cleanup_fd int fd = -1;
	char text[24];

	if (cgroup->layout != CGROUP_V2 || cgroup->manager != CGROUP_MANAGER_SYSTEMD || !unified)
		return error_set(err, 0, "it needs cgroup v2 and the systemd manager");
	if (cgroup_directory(unified, err) < 0)
		return -1;
	if (mkdirat(unified->fd, name, 0755) < 0 && errno != EEXIST)
		return error_errno(err, "cgroup %s: make %s in it", unified->directory, name);
	fd = openat(unified->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cgroup %s: open %s in it", unified->directory, name);
	snprintf(text, sizeof text, "%d", pid);
	if (give(fd, unified->directory, host_uid, err) < 0)
		return -1;
	if (cgroup_write(fd, "cgroup.procs", text) < 0)
		return error_errno(
			err, "cgroup %s/%s: put process %d into it", unified->directory, name, pid);
	cgroup->delegated = true;
	return 0;
}
