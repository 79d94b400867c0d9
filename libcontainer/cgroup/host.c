/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the host's cgroup hierarchies, where they are mounted, and where each controller is. One
 * read of /proc/self/cgroup lists them. They are expected below /sys/fs/cgroup under their names;
 * mountinfo is read only for one that isn't there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "cgroup/internal.h"
#include "linux/mount/mountinfo.h"

const char *const cgroup_manager_names[] = { "cgroupfs", "systemd", "disabled", NULL };

static bool filesystem_is(int fd, unsigned long magic)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

bool cgroup_is_v2(void)
{
	struct statfs fs;

	return statfs(CGROUP_ROOT, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/*
 * Finds a hierarchy that isn't mounted at its usual place. Sets mount and fd if it is mounted
 * elsewhere.
 */
static void find_mount(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy)
{
	const char *type = *hierarchy->name ? "cgroup" : "cgroup2";
	mount_entries entries;
	char option[64];

	snprintf(option, sizeof option, "%.*s", (int)strcspn(hierarchy->name, ","),
		hierarchy->name); /* one of several that are mounted together */
	if (mountinfo_read(cgroup->arena, &entries, NULL) < 0)
		return;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];

		if (strcmp(entry->type, type) != 0 ||
			(*option && !mount_options_have(entry->filesystem_options, option)))
			continue;
		fd_close(&hierarchy->fd);
		hierarchy->mount = arena_strdup(cgroup->arena, entry->point);
		hierarchy->fd = open(hierarchy->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
}

/*
 * Opens the mount point. Returns false with errno if the hierarchy isn't mounted or can't be
 * opened.
 */
static bool open_mount(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy)
{
	const char *name = hierarchy->name;
	long magic = *name ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC;

	if (*name == 0)
		name = "unified";
	else if (strncmp(name, "name=", 5) == 0)
		name += 5;
	hierarchy->mount = arena_printf(cgroup->arena, CGROUP_ROOT "/%s", name);
	hierarchy->fd = open(hierarchy->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (hierarchy->fd < 0 && (errno == EMFILE || errno == ENFILE))
		return false;
	if (hierarchy->fd >= 0 && filesystem_is(hierarchy->fd, magic))
		return true;
	fd_close(&hierarchy->fd);
	errno = ENOENT;
	find_mount(cgroup, hierarchy);
	return hierarchy->fd >= 0;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int no_cgroups(const struct cgroup *cgroup, struct error *err)
{
	error_set(err, 0, "no cgroup hierarchy is mounted at " CGROUP_ROOT);
	return error_hint(err, "mount one (mount -t cgroup2 cgroup2 " CGROUP_ROOT "), or %s",
		cgroup->manager == CGROUP_MANAGER_DISABLED
			? "leave this mount out of config.json"
			: "run containers without cgroups: --cgroup-manager=disabled");
}

int cgroup_find_hierarchies(struct cgroup *cgroup, struct error *err)
{
	cleanup_fd int root = open(CGROUP_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_buf struct buf text = { 0 };
	char *save = NULL;

	if (root < 0)
		return errno == ENOENT ? no_cgroups(cgroup, err)
				       : error_errno(err, "%s: open", CGROUP_ROOT);
	if (file_read(AT_FDCWD, "/proc/self/cgroup", &text, err) < 0)
		return -1;
	cgroup->layout = filesystem_is(root, CGROUP2_SUPER_MAGIC) ? CGROUP_V2 : CGROUP_V1;
	cgroup->hierarchies.v = arena_alloc(
		cgroup->arena, (count_lines(text.data) + 1) * sizeof *cgroup->hierarchies.v);
	for (char *line = strtok_r(text.data, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		struct cgroup_hierarchy *hierarchy = &cgroup->hierarchies.v[cgroup->hierarchies.n];
		char *name = strchr(line, ':'), *path = name ? strchr(name + 1, ':') : NULL;

		if (!path || (cgroup->layout == CGROUP_V2 && path != name + 1))
			continue;
		*path = 0;
		*hierarchy =
			(struct cgroup_hierarchy){ .name = arena_strdup(cgroup->arena, name + 1),
				.fd = -1 };
		hierarchy->directory = arena_strdup(cgroup->arena, path + 1);
		if (cgroup->layout == CGROUP_V2) {
			hierarchy->mount = CGROUP_ROOT;
			hierarchy->fd = fd_take(&root);
		} else if (!open_mount(cgroup, hierarchy)) {
			if (errno == EMFILE || errno == ENFILE) /* it may still be mounted */
				return error_errno(err, "%s: open", hierarchy->mount);
			continue;
		}
		cgroup->hierarchies.n++;
	}
	return cgroup->hierarchies.n == 0 ? no_cgroups(cgroup, err) : 0;
}

struct cgroup_hierarchy *cgroup_unified(struct cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		if (*cgroup->hierarchies.v[i].name == 0)
			return &cgroup->hierarchies.v[i];
	return NULL;
}

char *cgroup_v2_path(pid_t pid)
{
	cleanup_free char *file = mem_printf("/proc/%d/cgroup", pid);
	cleanup_buf struct buf text = { 0 };
	const char *line;

	if (file_read(AT_FDCWD, file, &text, NULL) < 0 || !text.len)
		return NULL;
	line = strncmp(text.data, "0::", 3) == 0 ? text.data + 3 : strstr(text.data, "\n0::");
	if (line && *line == '\n')
		line += strlen("\n0::");
	return line ? mem_printf("%.*s", (int)strcspn(line, "\n"), line) : NULL;
}

/* Returns a controller's name on v1 if that differs. */
static const char *v1_name(const char *controller)
{
	return strcmp(controller, "io") == 0 ? "blkio" : controller;
}

const char *cgroup_v2_controllers(struct cgroup *cgroup)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	if (unified && !*cgroup->v2_controllers) {
		cleanup_free char *path = mem_printf("%s/cgroup.controllers", unified->mount);

		strcpy(cgroup->v2_controllers, " ");
		cgroup_read(AT_FDCWD, path, cgroup->v2_controllers + 1,
			sizeof cgroup->v2_controllers - 1);
	}
	return cgroup->v2_controllers;
}

struct cgroup_hierarchy *cgroup_of_controller(
	struct cgroup *cgroup, const char *controller, bool *v2)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);

	*v2 = true;
	if (cgroup->layout == CGROUP_V2 || *controller == 0 || strcmp(controller, "cgroup") == 0)
		return unified;
	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		if (cgroup_word(cgroup->hierarchies.v[i].name, ',', v1_name(controller))) {
			*v2 = false;
			return &cgroup->hierarchies.v[i];
		}
	return cgroup_word(cgroup_v2_controllers(cgroup), ' ', controller) ? unified : NULL;
}

int cgroup_directory(struct cgroup_hierarchy *hierarchy, struct error *err)
{
	if (hierarchy->fd < 0)
		hierarchy->fd = open(hierarchy->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (hierarchy->fd < 0)
		error_errno(err, "cgroup %s: open", hierarchy->directory);
	return hierarchy->fd;
}

const char *cgroup_annotation(const string_map *annotations, const char *key)
{
	for (size_t i = 0; annotations && i < annotations->n; i++)
		if (strcmp(annotations->v[i].key, key) == 0)
			return annotations->v[i].value;
	return NULL;
}
