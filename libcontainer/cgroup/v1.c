/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates a cgroup in one v1 hierarchy and checks it. A cpuset inherits CPUs and memory nodes,
 * without which no process can enter it.
 */
#include <fcntl.h>
#include <string.h>

#include "cgroup/internal.h"

/*
 * Reads a cpuset file of the directory into text. If it is empty, first fills the parent the same
 * way and copies its value.
 */
static int fill_cpuset(int dirfd, const char *file, char text[CGROUP_TEXT_MAX])
{
	cleanup_fd int parent = -1;

	if (cgroup_read(dirfd, file, text, CGROUP_TEXT_MAX) < 0)
		return -1;
	if (*text)
		return 0;
	parent = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fill_cpuset(parent, file, text) < 0)
		return -1;
	return cgroup_write(dirfd, file, text);
}

/* If a setting will write the file, only the parents need a value. */
static int inherit_cpuset(int dirfd, const char *file, const setting_list *settings)
{
	cleanup_fd int parent = -1;
	char text[CGROUP_TEXT_MAX];
	bool set = false;

	for (size_t i = 0; i < settings->n; i++)
		set = set || strcmp(settings->v[i].file, file) == 0;
	if (!set)
		return fill_cpuset(dirfd, file, text);
	parent = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return parent < 0 ? -1 : fill_cpuset(parent, file, text);
}

static int has_processes(void *context, int dirfd, const char *path)
{
	char text[64];

	(void)context;
	(void)path;
	return cgroup_read(dirfd, "cgroup.procs", text, sizeof text) > 0;
}

static int check_fitness(struct cgroup_hierarchy *hierarchy, struct error *err)
{
	char text[64];

	/* A new directory has no processes, but it is frozen if its parent is. */
	if (!hierarchy->made && cgroup_walk(hierarchy->fd, has_processes, NULL) > 0)
		return error_set(err, 0, "cgroup %s: not empty: there are processes in it already",
			hierarchy->directory);
	if (cgroup_word(hierarchy->name, ',', "freezer") &&
		cgroup_read(hierarchy->fd, "freezer.state", text, sizeof text) > 0 &&
		strcmp(text, "THAWED") != 0)
		return error_set(
			err, 0, "cgroup %s: frozen, by itself or a parent", hierarchy->directory);
	return 0;
}

int v1_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, struct error *err)
{
	if (cgroup_make(cgroup, hierarchy, path, err) < 0)
		return -1;
	if (cgroup->manager != CGROUP_MANAGER_SYSTEMD &&
		check_fitness(hierarchy, err) < 0) /* a new unit contains hull-systemd */
		return -1;
	if (cgroup_word(hierarchy->name, ',', "cpuset") &&
		(inherit_cpuset(hierarchy->fd, "cpuset.cpus", settings) < 0 ||
			inherit_cpuset(hierarchy->fd, "cpuset.mems", settings) < 0))
		return error_errno(err,
			"cgroup %s: take over the CPUs and memory nodes of the parent",
			hierarchy->directory);
	return 0;
}
