/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether containers can have cgroups of their own.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "doctor.h"

/*
 * cgroup v2, "Delegation": checks which controllers this process's cgroup has for its children and,
 * for an unprivileged user, whether the user owns it.
 */
static void check_delegation(struct doctor *d)
{
	struct arena *arena = &d->findings.arena;
	cleanup_buf struct buf text = { 0 };
	const char *own, *controllers;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", &text, NULL) < 0 || text.data == NULL ||
		(own = strstr(text.data, "0::/")) == NULL)
		return;
	own = arena_printf(arena, "/sys/fs/cgroup%.*s", (int)strcspn(own + 3, "\n"), own + 3);
	controllers = doctor_line_of(d, arena_printf(arena, "%s/cgroup.controllers", own));
	if (access(own, W_OK) < 0 || access(arena_printf(arena, "%s/cgroup.procs", own), W_OK) < 0)
		doctor_report(d, VERDICT_WARNING, "delegation",
			"systemd-run --user --scope -p Delegate=yes, or Delegate=yes for "
			"user@.service",
			"%s doesn't belong to this user: containers get no cgroup and no limits",
			own);
	else if (controllers == NULL || strstr(controllers, "memory") == NULL ||
		strstr(controllers, "pids") == NULL)
		doctor_report(d, VERDICT_WARNING, "delegation",
			"Delegate=cpu cpuset io memory pids for user@.service",
			"%s has the controllers: %s", own,
			controllers != NULL && *controllers != '\0' ? controllers : "none");
	else
		doctor_report(d, VERDICT_OK, "delegation", NULL, "%s has the controllers: %s", own,
			controllers);
}

/* nsdelegate prevents a container from moving its processes out of its delegated subtree. */
static bool has_nsdelegate(struct doctor *d)
{
	struct libmnt_fs *fs = doctor_mount_of(d, "/sys/fs/cgroup");
	const char *options = fs != NULL ? mnt_fs_get_fs_options(fs) : NULL;

	return options == NULL || mnt_optstr_get_option(options, "nsdelegate", NULL, NULL) == 0;
}

void doctor_check_cgroups(struct doctor *d)
{
	const char *controllers = doctor_line_of(d, "/sys/fs/cgroup/cgroup.controllers");

	if (controllers == NULL) {
		doctor_report(d, VERDICT_WARNING, "cgroups",
			"boot with systemd.unified_cgroup_hierarchy=1: only version 2 can be "
			"delegated to a container",
			"version 1 or hybrid");
		return;
	}
	if (has_nsdelegate(d))
		doctor_report(d, VERDICT_OK, "cgroups", NULL, "version 2: %s", controllers);
	else
		doctor_report(d, VERDICT_WARNING, "cgroups",
			"mount -o remount,nsdelegate /sys/fs/cgroup, if containers get a "
			"writable cgroup",
			"version 2, without nsdelegate: %s", controllers);
	if (geteuid() != 0)
		check_delegation(d);
}
