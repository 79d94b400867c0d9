/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which cgroup a process of `exec` enters: the container's or, with --cgroup, a sub-cgroup. The
 * kernel resolves the sub-cgroup's path beneath the fd of the container's cgroup, so it can't leave
 * it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "cgroup/internal.h"

/* Opens `path` below the container's directory in one hierarchy. */
static int open_below(struct cgroup_hierarchy *hierarchy, const char *path, struct error *err)
{
	const char *wanted = path;
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	int fd;

	path += strspn(path, "/");
	if (*path == 0) {
		fd = open(hierarchy->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0
			? error_errno(err, "open the container's cgroup %s", hierarchy->directory)
			: fd;
	}
	fd = cgroup_directory(hierarchy, err);
	if (fd < 0)
		return -1;
	fd = sys_openat2(fd, path, &how);
	if (fd < 0)
		return error_errno(err,
			"--cgroup %s: open it below the container's cgroup %s (controllers: %s)",
			wanted, hierarchy->directory,
			*hierarchy->name ? hierarchy->name : "all of cgroup v2");
	return fd;
}

/* A container to which its cgroup was delegated may have frozen sub-cgroups. */
static int check_not_frozen(
	const struct cgroup_hierarchy *added, const char *path, struct error *err)
{
	bool v2 = *added->name == 0;
	uint64_t frozen = 0;
	char text[256];

	if (!v2 && !cgroup_word(added->name, ',', "freezer"))
		return 0;
	if (cgroup_read(added->fd, v2 ? "cgroup.events" : "freezer.state", text, sizeof text) < 0)
		return error_errno(err, "cgroup %s/%s: is it frozen", added->directory, path);
	if (v2 ? !cgroup_key(text, "frozen", &frozen) || !frozen : strcmp(text, "THAWED") == 0)
		return 0;
	return error_set(err, 0,
		"cannot exec in a frozen cgroup, %s/%s (use --ignore-paused to override)",
		added->directory, path);
}

static int add(struct cgroup_exec *exec, struct cgroup_hierarchy *hierarchy, const char *path,
	bool frozen, struct error *err)
{
	struct cgroup_hierarchy *added = &exec->hierarchies.v[exec->hierarchies.n];

	if (cgroup_word(path, '/', ".."))
		return error_set(err, 0, "--cgroup %s: \"..\" isn't allowed", path);
	*added = (struct cgroup_hierarchy){ .name = hierarchy->name,
		.directory = hierarchy->directory,
		.fd = open_below(hierarchy, path, err) };
	if (added->fd < 0)
		return -1;
	exec->hierarchies.n++;
	return frozen || path[strspn(path, "/")] == 0 ? 0 : check_not_frozen(added, path, err);
}

/* Returns true for one of its controllers, or its own name (name=NAME). */
static bool is_called(const struct cgroup_hierarchy *hierarchy, const char *name)
{
	return cgroup_word(hierarchy->name, ',', name) ||
		(strncmp(hierarchy->name, "name=", 5) == 0 &&
			strcmp(hierarchy->name + 5, name) == 0);
}

/*
 * Returns the --cgroup path for one hierarchy: from an argument that names one of its controllers,
 * else from one without controllers.
 */
static const char *path_for(const struct cgroup_hierarchy *hierarchy, const string_list *wanted)
{
	const char *path = "";

	for (size_t i = 0; i < wanted->n; i++) {
		const char *colon = strchr(wanted->v[i], ':');
		cleanup_free char *controllers = mem_strdup(wanted->v[i]);
		char *save = NULL;

		if (!colon) {
			path = wanted->v[i];
			continue;
		}
		controllers[colon - wanted->v[i]] = 0;
		for (char *one = strtok_r(controllers, ",", &save); one;
			one = strtok_r(NULL, ",", &save))
			if (is_called(hierarchy, one))
				return colon + 1;
	}
	return path;
}

/* Checks that every controller named by an argument exists. */
static int check_controllers(struct cgroup *cgroup, const string_list *wanted, struct error *err)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const char *colon = strchr(wanted->v[i], ':');
		cleanup_free char *controllers = mem_strdup(wanted->v[i]);
		char *save = NULL;

		if (!colon)
			continue;
		if (colon == wanted->v[i])
			return error_set(err, 0,
				"--cgroup %s: there is no controller before the colon",
				wanted->v[i]);
		if (cgroup->layout == CGROUP_V2)
			return error_set(err, 0,
				"--cgroup %s: on cgroup v2 a path has no controllers before it, "
				"like %.*s",
				wanted->v[i], (int)(colon - wanted->v[i]), wanted->v[i]);
		controllers[colon - wanted->v[i]] = 0;
		for (char *one = strtok_r(controllers, ",", &save); one;
			one = strtok_r(NULL, ",", &save)) {
			size_t j = 0;

			while (j < cgroup->hierarchies.n &&
				!is_called(&cgroup->hierarchies.v[j], one))
				j++;
			if (j == cgroup->hierarchies.n)
				return error_set(err, 0,
					"--cgroup %s: the container has no cgroup with the "
					"controller %s",
					wanted->v[i], one);
		}
	}
	return 0;
}

/*
 * A container may have enabled controllers for cgroups below a delegated cgroup, which then can't
 * contain processes. In this case `exec` uses the first process's cgroup. Returns its path below
 * the container's cgroup.
 */
static char *init_below(struct cgroup_hierarchy *unified, pid_t init)
{
	const char *path = unified->directory + strlen(unified->mount);
	cleanup_free char *own = NULL;
	char enabled[512];
	size_t len = strlen(path);

	if (cgroup_directory(unified, NULL) < 0 ||
		cgroup_read(unified->fd, "cgroup.subtree_control", enabled, sizeof enabled) <= 0)
		return NULL;
	own = cgroup_v2_path(init);
	return own && strncmp(own, path, len) == 0 && own[len] == '/' ? mem_strdup(own + len + 1)
								      : NULL;
}

int cgroup_exec_open(struct cgroup *cgroup, const string_list *wanted, pid_t init, bool frozen,
	struct cgroup_exec *exec, struct error *err)
{
	*exec = (struct cgroup_exec){ .fd = -1 };
	if (!cgroup->path)
		return wanted->n
			? error_set(err, 0, "--cgroup %s: the container has no cgroup of its own",
				  wanted->v[0])
			: 0;
	if (check_controllers(cgroup, wanted, err) < 0)
		return -1;
	exec->hierarchies.v = mem_alloc((cgroup->hierarchies.n + 1) * sizeof *exec->hierarchies.v);
	for (size_t i = 0; i < cgroup->hierarchies.n; i++) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[i];
		cleanup_free char *below = NULL;
		const char *path = path_for(hierarchy, wanted);

		if (cgroup->delegated && *path == 0 && *hierarchy->name == 0) {
			below = init_below(hierarchy, init);
			path = below ? below : path;
		}
		if (add(exec, hierarchy, path, frozen, err) < 0) {
			cgroup_exec_close(exec);
			return -1;
		}
		if (*hierarchy->name == 0)
			exec->fd = exec->hierarchies.v[exec->hierarchies.n - 1].fd;
	}
	return 0;
}

int cgroup_exec_enter(const struct cgroup_exec *exec, pid_t pid, struct error *err)
{
	char text[24];

	snprintf(text, sizeof text, "%d", pid);
	for (size_t i = 0; i < exec->hierarchies.n; i++) {
		const struct cgroup_hierarchy *hierarchy = &exec->hierarchies.v[i];

		if (cgroup_write(hierarchy->fd, "cgroup.procs", text) < 0)
			return cgroup_entry_error(hierarchy, pid, err);
	}
	return 0;
}

int cgroup_exec_enter_self(const struct cgroup_exec *exec, bool cloned, struct error *err)
{
	for (size_t i = 0; i < exec->hierarchies.n; i++) {
		const struct cgroup_hierarchy *hierarchy = &exec->hierarchies.v[i];

		if (cloned && hierarchy->fd == exec->fd)
			continue;
		if (cgroup_write(hierarchy->fd, *hierarchy->name == 0 ? "cgroup.procs" : "tasks",
			    "0") < 0)
			return cgroup_entry_error(hierarchy, 0, err);
	}
	return 0;
}

void cgroup_exec_close(struct cgroup_exec *exec)
{
	for (size_t i = 0; i < exec->hierarchies.n; i++)
		fd_close(&exec->hierarchies.v[i].fd);
	mem_free(exec->hierarchies.v);
	*exec = (struct cgroup_exec){ .fd = -1 };
}
