/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Out-of-memory kills as events: on v2 changes of memory.events (inotify), on v1 an eventfd on
 * memory.oom_control.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"
#include "cgroup/internal.h"

static bool count_kills(int directory, uint64_t *kills)
{
	char text[512];

	return cgroup_read(directory, "memory.events", text, sizeof text) > 0 &&
		cgroup_key(text, "oom_kill", kills);
}

/*
 * Reads the kills in the container's cgroup and, at the same time, below its parent. Returns false
 * if the cgroup is gone.
 */
static bool look(const struct cgroup_oom *oom, uint64_t *kills, uint64_t *above)
{
	uint64_t before = 0;

	count_kills(oom->above, above);
	do {
		before = *above;
		if (!count_kills(oom->file, kills))
			return false;
		count_kills(oom->above, above);
	} while (before != *above);
	return true;
}

static int add_watch(const struct cgroup_oom *oom, int directory, const char *file)
{
	char path[FD_PATH_MAX + 32], text[FD_PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", fd_path(text, directory), file);
	return inotify_add_watch(oom->fd, path, IN_MODIFY | IN_DELETE_SELF);
}

/*
 * Opens a directory that outlives the container's: above the unit, or above the directories that
 * hull created.
 */
static int open_above(const struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy)
{
	cleanup_free char *above = mem_strdup(hierarchy->directory);
	char *unit = cgroup->scope ? strstr(above, cgroup->scope) : NULL;

	for (uint32_t left = hierarchy->made > 1 && !unit ? hierarchy->made : 1; left; left--)
		*(unit ? unit : strrchr(above, '/')) = 0;
	return open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* True if this limit of inotify(7) may be reached. sysctl: below /proc/sys/fs/inotify. */
static bool inotify_limit(const char *sysctl, struct buf *why)
{
	cleanup_free char *path = mem_printf("/proc/sys/fs/inotify/%s", sysctl);
	cleanup_buf struct buf value = { 0 };

	buf_printf(why, "user %u may have no more: the sysctl fs.inotify.%s", getuid(), sysctl);
	if (file_read(AT_FDCWD, path, &value, NULL) == 0 && value.data != NULL)
		buf_printf(why, " is %ld", atol(value.data));
	return true;
}

static bool too_many_instances(const void *operation, struct buf *why)
{
	(void)operation;
	return inotify_limit("max_user_instances", why);
}

static bool too_many_watches(const void *operation, struct buf *why)
{
	(void)operation;
	return inotify_limit("max_user_watches", why);
}

static const struct explanation watch_refusals[] = {
	{ EMFILE, NULL, too_many_instances, NULL },
	{ ENOSPC, NULL, too_many_watches, NULL },
	EXPLANATIONS_END,
};

static int open_v2(const struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy,
	struct cgroup_oom *oom, struct error *err)
{
	static const char *const files[] = { "memory.events", "cgroup.events" };

	oom->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (oom->fd < 0)
		return error_errno(err, "inotify_init1"), explain(watch_refusals, NULL, NULL, err);
	for (size_t i = 0; i < 2; i++)
		if (add_watch(oom, hierarchy->fd, files[i]) < 0)
			return error_errno(
				       err, "cgroup %s: watch %s", hierarchy->directory, files[i]),
			       explain(watch_refusals, NULL, NULL, err);
	oom->file = openat(hierarchy->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	oom->above = open_above(cgroup, hierarchy);
	/* the root has no such file */
	if (oom->above >= 0 && add_watch(oom, oom->above, files[0]) < 0)
		fd_close(&oom->above);
	look(oom, &oom->kills, &oom->above_kills);
	return 0;
}

static int open_v1(struct cgroup_hierarchy *hierarchy, struct cgroup_oom *oom, struct error *err)
{
	char text[32];

	oom->file = openat(hierarchy->fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	oom->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (oom->file < 0 || oom->fd < 0)
		return error_errno(
			err, "cgroup %s: watch memory.oom_control", hierarchy->directory);
	snprintf(text, sizeof text, "%d %d", oom->fd, oom->file);
	if (cgroup_write(hierarchy->fd, "cgroup.event_control", text) < 0)
		return error_errno(err, "cgroup %s: write \"%s\" to cgroup.event_control",
			hierarchy->directory, text);
	return 0;
}

int cgroup_oom_open(struct cgroup *cgroup, struct cgroup_oom *oom, struct error *err)
{
	bool v2 = false;
	struct cgroup_hierarchy *hierarchy;
	int result;

	*oom = (struct cgroup_oom){ .fd = -1, .file = -1, .above = -1 };
	hierarchy = cgroup->path ? cgroup_of_controller(cgroup, "memory", &v2) : NULL;
	if (!hierarchy)
		return error_set(err, 0,
			"the container has no memory cgroup: out-of-memory kills can't be seen");
	if (cgroup_directory(hierarchy, err) < 0)
		return -1;
	oom->v2 = v2;
	oom->directory = hierarchy->directory;
	result = v2 ? open_v2(cgroup, hierarchy, oom, err) : open_v1(hierarchy, oom, err);
	if (result < 0)
		cgroup_oom_close(oom);
	return result;
}

/*
 * systemd removes an empty cgroup at once. Then the parent's count since the last read is the
 * number of kills.
 */
static int read_v2(struct cgroup_oom *oom)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event)))), text[512];
	uint64_t kills = oom->kills, above = oom->above_kills, populated = 1;
	bool gone;
	int new;

	while (read(oom->fd, events, sizeof events) > 0)
		;
	gone = !look(oom, &kills, &above);
	new = (int)(gone ? above - oom->above_kills : kills - oom->kills);
	oom->kills = kills;
	oom->above_kills = above;
	if (!new &&
		(gone || cgroup_read(oom->file, "cgroup.events", text, sizeof text) <= 0 ||
			(cgroup_key(text, "populated", &populated) && !populated)))
		return -1;
	return new;
}

int cgroup_oom_read(struct cgroup_oom *oom)
{
	uint64_t count = 0;

	if (oom->v2)
		return read_v2(oom);
	/* The kernel also signals the eventfd when the cgroup is removed. */
	if (access(oom->directory, F_OK) < 0)
		return -1;
	/* The value counts notifications, and one kill may cause several. */
	return read(oom->fd, &count, sizeof count) == sizeof count;
}

void cgroup_oom_close(struct cgroup_oom *oom)
{
	fd_close(&oom->fd);
	fd_close(&oom->file);
	fd_close(&oom->above);
}
