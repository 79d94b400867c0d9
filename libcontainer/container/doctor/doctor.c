/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/doctor/doctor_checks.h"
#include "linux/ids/userns.h"
#include "linux/mount/idmap.h"

void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
	const char *found, ...)
{
	struct findings *f = d->findings;
	char text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, found);
	vsnprintf(text, sizeof text, found, ap);
	va_end(ap);
	LIST_GROW(&f->arena, f, 1);
	f->v[f->n++] = (struct finding){ arena_strdup(&f->arena, check), verdict,
		arena_strdup(&f->arena, text),
		advice != NULL ? arena_strdup(&f->arena, advice) : NULL };
}

/* An error's hint stands behind its first "; ", and often it begins with what was looked at. */
void doctor_report_error(
	struct doctor *d, enum verdict verdict, const char *check, const struct error *err)
{
	const char *text = err->text, *hint = strstr(text, "; ");
	size_t len = strlen(check);

	if (strncmp(text, check, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	doctor_report(d, verdict, check, hint != NULL ? hint + 2 : NULL, "%.*s",
		(int)(hint != NULL ? hint - text : ERROR_TEXT_MAX), text);
}

/* The first line of a file, or NULL. */
static const char *line_of(struct doctor *d, const char *path)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	return arena_strndup(&d->findings->arena, text.data != NULL ? text.data : "",
		text.data != NULL ? strcspn(text.data, "\n") : 0);
}

/* ---- the kernel ---- */

static void check_kernel(struct doctor *d)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major < 5 || (major == 5 && minor < 14))
		doctor_report(d, VERDICT_BAD, "kernel", "hull needs Linux 5.14 or newer",
			"Linux %s", name.release);
	else if (major < 6 || (major == 6 && minor < 3))
		doctor_report(d, VERDICT_WARNING, "kernel",
			"Kubernetes wants 6.3 or newer, for ID-mapped tmpfs (secrets, config maps, emptyDir)",
			"Linux %s", name.release);
	else
		doctor_report(d, VERDICT_OK, "kernel", NULL, "Linux %s", name.release);
}

/* System calls that hull can't do without, and newer ones. With these arguments none of them does
 * anything: what is looked at is whether the kernel, or a filter around this process, knows it. */
static const struct system_call {
	long number;
	const char *name;
	bool needed;
} system_calls[] = {
	{ SYS_clone3, "clone3", true }, { SYS_openat2, "openat2", true },
	{ SYS_pidfd_open, "pidfd_open", true }, { SYS_close_range, "close_range", true },
	{ SYS_open_tree, "open_tree", true }, { SYS_move_mount, "move_mount", true },
	{ SYS_fsopen, "fsopen", true }, { SYS_mount_setattr, "mount_setattr", true },
	{ __NR_statmount, "statmount", false },
	{ __NR_open_tree_attr, "open_tree_attr",
		false }, /* 6.15: maps again what is ID-mapped already */
};

static void check_system_calls(struct doctor *d)
{
	cleanup_buf struct buf there = { 0 }, missing = { 0 }, newer = { 0 };

	for (size_t i = 0; i < sizeof system_calls / sizeof *system_calls; i++) {
		const struct system_call *call = &system_calls[i];
		bool known = syscall(call->number, -1L, -1L, -1L, 0L, 0L) >= 0 || errno != ENOSYS;

		buf_printf(known ? &there : call->needed ? &missing : &newer, " %s", call->name);
	}
	if (missing.len > 0)
		doctor_report(d, VERDICT_BAD, "system calls",
			"Linux 5.14 or newer, and no seccomp filter around hull that hides them",
			"missing:%s", missing.data);
	else
		doctor_report(d, VERDICT_OK, "system calls", NULL, "there:%s%s%s", there.data,
			newer.len > 0 ? "; not:" : "", newer.len > 0 ? newer.data : "");
}

/* Makes one, which says more than any of the settings; then the settings say why not. */
static void check_user_namespaces(struct doctor *d)
{
	const struct oci_id_mapping line = { 0, getuid(), 1 }, group = { 0, getgid(), 1 };
	const oci_id_mappings uids = { (struct oci_id_mapping *)&line, 1 },
			      gids = { (struct oci_id_mapping *)&group, 1 };
	const char *max = line_of(d, "/proc/sys/user/max_user_namespaces");
	const char *clone = line_of(d, "/proc/sys/kernel/unprivileged_userns_clone");
	const char *apparmor = line_of(d, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	const struct oci_id_mapping many = { 0, 100000, 65536 };
	const oci_id_mappings block = { (struct oci_id_mapping *)&many, 1 };
	bool privileged = geteuid() == 0;
	struct error err = { 0 };

	d->userns = privileged ? userns_make(&block, &block, true, &err)
			       : userns_make(&uids, &gids, false, &err);
	if (d->userns < 0)
		doctor_report(d, VERDICT_BAD, "user namespaces",
			"a kernel with CONFIG_USER_NS, and user.max_user_namespaces over 0",
			"%s; user.max_user_namespaces is %s", err.text,
			max != NULL ? max : "not there");
	else if (max != NULL && strtol(max, NULL, 10) < 256)
		doctor_report(d, VERDICT_WARNING, "user namespaces",
			"sysctl -w user.max_user_namespaces=65536: a node runs 110 pods",
			"can be made; user.max_user_namespaces is %s", max);
	else
		doctor_report(d, VERDICT_OK, "user namespaces", NULL,
			"can be made; user.max_user_namespaces is %s",
			max != NULL ? max : "not there");
	if (clone != NULL && strcmp(clone, "0") == 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces",
			"sysctl -w kernel.unprivileged_userns_clone=1, if users shall run containers without root",
			"kernel.unprivileged_userns_clone is 0");
	if (apparmor != NULL && strcmp(apparmor, "0") != 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces",
			"an AppArmor profile for hull with `userns,`, if users shall run containers without root",
			"kernel.apparmor_restrict_unprivileged_userns is %s", apparmor);
}

static void check_tmpfs(struct doctor *d)
{
	cleanup_fd int fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -1;
	struct error err;

	if (fsfd < 0 || fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return; /* not root: the paths say what there is to say */
	tree = fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	if (tree < 0 || d->userns < 0)
		return;
	if (idmap_apply(tree, d->userns, false, "tried", "a new tmpfs", &err) < 0)
		doctor_report(d, VERDICT_BAD, "ID-mapped tmpfs",
			"Linux 6.3 or newer: secrets and config maps of pods are tmpfs", "%s",
			err.text);
	else
		doctor_report(d, VERDICT_OK, "ID-mapped tmpfs", NULL, "works");
}

/* ---- cgroups ---- */

/* cgroup v2, "Delegation": which controllers the cgroup that this process is in has for its
 * children, and for a user whether it is that user's. */
static void check_delegation(struct doctor *d)
{
	struct arena *arena = &d->findings->arena;
	cleanup_buf struct buf text = { 0 };
	const char *own, *controllers;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", &text, NULL) < 0 || text.data == NULL ||
		(own = strstr(text.data, "0::/")) == NULL)
		return;
	own = arena_printf(arena, "/sys/fs/cgroup%.*s", (int)strcspn(own + 3, "\n"), own + 3);
	controllers = line_of(d, arena_printf(arena, "%s/cgroup.controllers", own));
	if (access(own, W_OK) < 0 || access(arena_printf(arena, "%s/cgroup.procs", own), W_OK) < 0)
		doctor_report(d, VERDICT_WARNING, "delegation",
			"systemd-run --user --scope -p Delegate=yes, or Delegate=yes for user@.service",
			"%s isn't this user's: containers get no cgroup, and no limits", own);
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

/* nsdelegate keeps a container from moving its processes out of what was delegated to it. */
static bool has_nsdelegate(void)
{
	cleanup_buf struct buf mounts = { 0 };
	const char *line;

	if (file_read(AT_FDCWD, "/proc/self/mounts", &mounts, NULL) < 0 || mounts.data == NULL)
		return true;
	line = strstr(mounts.data, " /sys/fs/cgroup cgroup2 ");
	return line == NULL || memmem(line, strcspn(line, "\n"), "nsdelegate", 10) != NULL;
}

static void check_cgroups(struct doctor *d)
{
	const char *controllers = line_of(d, "/sys/fs/cgroup/cgroup.controllers");

	if (controllers == NULL) {
		doctor_report(d, VERDICT_WARNING, "cgroups",
			"boot with systemd.unified_cgroup_hierarchy=1: only version 2 can be given to a container",
			"version 1 or hybrid");
		return;
	}
	if (has_nsdelegate())
		doctor_report(d, VERDICT_OK, "cgroups", NULL, "version 2: %s", controllers);
	else
		doctor_report(d, VERDICT_WARNING, "cgroups",
			"mount -o remount,nsdelegate /sys/fs/cgroup, where containers get a writable cgroup",
			"version 2, without nsdelegate: %s", controllers);
	if (geteuid() != 0)
		check_delegation(d);
}

int container_doctor(const struct runtime *rt, const struct doctor_options *options,
	struct findings *findings, struct error *err)
{
	struct doctor d = { rt, options, findings, -1 };

	(void)err;
	*findings = (struct findings){ 0 };
	check_kernel(&d);
	check_system_calls(&d);
	check_user_namespaces(&d);
	check_tmpfs(&d);
	doctor_check_paths(&d);
	doctor_check_subids(&d);
	doctor_check_helpers(&d);
	check_cgroups(&d);
	doctor_check_engines(&d);
	if (options->bundle != NULL)
		doctor_check_bundle(&d);
	fd_close(&d.userns);
	return 0;
}

void findings_free(struct findings *findings)
{
	arena_free(&findings->arena);
}

enum verdict findings_verdict(const struct findings *findings)
{
	enum verdict worst = VERDICT_OK;

	for (size_t i = 0; i < findings->n; i++)
		worst = findings->v[i].verdict > worst ? findings->v[i].verdict : worst;
	return worst;
}
