/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel supports, tried out if possible.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "doctor.h"
#include "linux/ids/userns.h"
#include "linux/mount/idmap.h"

const char *doctor_line_of(struct doctor *d, const char *path)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	return arena_strndup(&d->findings.arena, text.data != NULL ? text.data : "",
		text.data != NULL ? strcspn(text.data, "\n") : 0);
}

static void check_version(struct doctor *d)
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
			"Kubernetes needs 6.3 or newer for ID-mapped tmpfs (secrets, config "
			"maps, emptyDir)",
			"Linux %s", name.release);
	else
		doctor_report(d, VERDICT_OK, "kernel", NULL, "Linux %s", name.release);
}

/*
 * System calls that hull needs, and newer ones. With these arguments none has an effect: the check
 * is whether the kernel, or a filter around this process, knows the call.
 */
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
		false }, /* 6.15: ID-maps a mount that already is */
};

static void check_system_calls(struct doctor *d)
{
	cleanup_buf struct buf there = { 0 }, missing = { 0 }, newer = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(system_calls); i++) {
		const struct system_call *call = &system_calls[i];
		bool known = syscall(call->number, -1L, -1L, -1L, 0L, 0L) >= 0 || errno != ENOSYS;

		buf_printf(known ? &there : call->needed ? &missing : &newer, " %s", call->name);
	}
	if (missing.len > 0)
		doctor_report(d, VERDICT_BAD, "system calls",
			"Linux 5.14 or newer, and no seccomp filter around hull that hides them",
			"missing:%s", missing.data);
	else
		doctor_report(d, VERDICT_OK, "system calls", NULL, "available:%s%s%s", there.data,
			newer.len > 0 ? "; missing:" : "", newer.len > 0 ? newer.data : "");
}

/* Creates one, which is more reliable than any setting. The settings explain a failure. */
static void check_user_namespaces(struct doctor *d)
{
	const struct oci_id_mapping line = { 0, getuid(), 1 }, group = { 0, getgid(), 1 };
	const oci_id_mappings uids = { (struct oci_id_mapping *)&line, 1 },
			      gids = { (struct oci_id_mapping *)&group, 1 };
	const char *max = doctor_line_of(d, "/proc/sys/user/max_user_namespaces");
	const char *clone = doctor_line_of(d, "/proc/sys/kernel/unprivileged_userns_clone");
	const char *apparmor =
		doctor_line_of(d, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
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
			max != NULL ? max : "missing");
	else if (max != NULL && strtol(max, NULL, 10) < 256)
		doctor_report(d, VERDICT_WARNING, "user namespaces",
			"sysctl -w user.max_user_namespaces=65536: a node runs 110 pods",
			"can be made; user.max_user_namespaces is %s", max);
	else
		doctor_report(d, VERDICT_OK, "user namespaces", NULL,
			"can be made; user.max_user_namespaces is %s",
			max != NULL ? max : "missing");
	if (clone != NULL && strcmp(clone, "0") == 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces",
			"sysctl -w kernel.unprivileged_userns_clone=1, if users other than "
			"root should run containers",
			"kernel.unprivileged_userns_clone is 0");
	if (apparmor != NULL && strcmp(apparmor, "0") != 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces",
			"an AppArmor profile for hull with `userns,`, if users other than root "
			"should run containers",
			"kernel.apparmor_restrict_unprivileged_userns is %s", apparmor);
}

static void check_tmpfs(struct doctor *d)
{
	cleanup_fd int fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -1;
	struct error err;

	if (fsfd < 0 || fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return; /* not root: check_path() reports it */
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

void doctor_check_kernel(struct doctor *d)
{
	check_version(d);
	check_system_calls(d);
	check_user_namespaces(d);
	check_tmpfs(d);
}
