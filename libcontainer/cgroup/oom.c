/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Out-of-memory kills as events: on v2 a change of memory.events (inotify), on v1 an eventfd on memory.oom_control.
 */
#include "cgroup/internal.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

static int open_v2(struct cgroup_hierarchy *hierarchy, struct cgroup_oom *oom, struct error *err)
{
	static const char *const files[] = { "memory.events", "cgroup.events" };
	char path[FD_PATH_MAX + 32], directory[FD_PATH_MAX], text[512];

	oom->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (oom->fd < 0)
		return error_errno(err, "inotify_init1");
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", fd_path(directory, hierarchy->fd), files[i]);
		if (inotify_add_watch(oom->fd, path, IN_MODIFY | IN_DELETE_SELF) < 0)
			return error_errno(err, "cgroup %s: watch %s", hierarchy->directory, files[i]);
	}
	oom->file = openat(hierarchy->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_read(hierarchy->fd, "memory.events", text, sizeof text) > 0)
		cgroup_key(text, "oom_kill", &oom->kills);
	return 0;
}

static int open_v1(struct cgroup_hierarchy *hierarchy, struct cgroup_oom *oom, struct error *err)
{
	char text[32];

	oom->file = openat(hierarchy->fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	oom->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (oom->file < 0 || oom->fd < 0)
		return error_errno(err, "cgroup %s: watch memory.oom_control", hierarchy->directory);
	snprintf(text, sizeof text, "%d %d", oom->fd, oom->file);
	if (cgroup_write(hierarchy->fd, "cgroup.event_control", text) < 0)
		return error_errno(err, "cgroup %s: write \"%s\" to cgroup.event_control", hierarchy->directory, text);
	return 0;
}

int cgroup_oom_open(struct cgroup *cgroup, struct cgroup_oom *oom, struct error *err)
{
	bool v2 = false;
	struct cgroup_hierarchy *hierarchy;
	int result;

	*oom = (struct cgroup_oom){ .fd = -1, .file = -1 };
	hierarchy = cgroup->path ? cgroup_of_controller(cgroup, "memory", &v2) : NULL;
	if (!hierarchy)
		return error_set(err, 0, "the container has no memory cgroup: out-of-memory kills can't be seen");
	if (cgroup_directory(hierarchy, err) < 0)
		return -1;
	oom->v2 = v2;
	oom->directory = hierarchy->directory;
	result = v2 ? open_v2(hierarchy, oom, err) : open_v1(hierarchy, oom, err);
	if (result < 0)
		cgroup_oom_close(oom);
	return result;
}

static int read_v2(struct cgroup_oom *oom)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event)))), text[512];
	uint64_t kills = oom->kills, populated = 1;
	int new;

	while (read(oom->fd, events, sizeof events) > 0)
		;
	if (cgroup_read(oom->file, "memory.events", text, sizeof text) <= 0 || !cgroup_key(text, "oom_kill", &kills))
		return -1;
	new = (int)(kills - oom->kills);
	oom->kills = kills;
	if (!new &&
		(cgroup_read(oom->file, "cgroup.events", text, sizeof text) <= 0 ||
			(cgroup_key(text, "populated", &populated) && !populated)))
		return -1;
	return new;
}

int cgroup_oom_read(struct cgroup_oom *oom)
{
	uint64_t count = 0;

	if (oom->v2)
		return read_v2(oom);
	/* The kernel signals the eventfd when the cgroup is removed, too. */
	if (access(oom->directory, F_OK) < 0)
		return -1;
	return read(oom->fd, &count, sizeof count) == sizeof count ? (int)count : 0;
}

void cgroup_oom_close(struct cgroup_oom *oom)
{
	fd_close(&oom->fd);
	fd_close(&oom->file);
}
