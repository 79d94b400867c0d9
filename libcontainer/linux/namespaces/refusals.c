/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/namespaces/refusals.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/sys.h"

static const struct {
	int flag;
	const char *file, *limit;
} kinds[] = {
	{ CLONE_NEWUSER, "user", "max_user_namespaces" },
	{ CLONE_NEWPID, "pid", "max_pid_namespaces" },
	{ CLONE_NEWNET, "net", "max_net_namespaces" },
	{ CLONE_NEWNS, "mnt", "max_mnt_namespaces" },
	{ CLONE_NEWIPC, "ipc", "max_ipc_namespaces" },
	{ CLONE_NEWUTS, "uts", "max_uts_namespaces" },
	{ CLONE_NEWCGROUP, "cgroup", "max_cgroup_namespaces" },
	{ CLONE_NEWTIME, "time", "max_time_namespaces" },
};
enum { KINDS = ARRAY_SIZE(kinds) };

/* Reads the first line of a small file; "" if it can't be read. */
static const char *read_line(const char *path, char text[64])
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, 63);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* ---- ENOSPC ---- */

/*
 * In a child, creates one namespace of this kind and returns the errno, or 0. in_userns: inside a
 * new user namespace, whose limits may differ.
 */
static int try_kind(int flag, bool in_userns)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (in_userns && flag != CLONE_NEWUSER && unshare(CLONE_NEWUSER) < 0)
			_exit(0);
		_exit(unshare(flag) < 0 ? errno : 0);
	}
	status = child < 0 ? 0 : process_wait(child);
	return status;
}

bool namespaces_limit_reached(uint64_t flags, struct buf *why)
{
	for (size_t i = 0; i < KINDS; i++) {
		cleanup_free char *path = mem_printf("/proc/sys/user/%s", kinds[i].limit);
		char value[64];

		if (!(flags & (uint64_t)kinds[i].flag) ||
			try_kind(kinds[i].flag, flags & CLONE_NEWUSER) != ENOSPC)
			continue;
		buf_printf(why, "user.%s is reached: it is %s here (sysctl)", kinds[i].limit,
			read_line(path, value));
		if (kinds[i].flag == CLONE_NEWUSER && atol(value) > 0)
			buf_puts(why, "; or user namespaces are nested 32 deep, which is the most");
		return true;
	}
	return false;
}

static bool limit_reached(const void *operation, struct buf *why)
{
	return namespaces_limit_reached(*(const uint64_t *)operation, why);
}

/* ---- EPERM ---- */

/*
 * True if this process can create a user namespace outside of its chroot: setns(2) into its own
 * mount namespace moves a child to that namespace's root.
 */
static bool works_outside(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

		_exit(fd >= 0 && setns(fd, CLONE_NEWNS) == 0 && unshare(CLONE_NEWUSER) == 0 ? 0
											    : 1);
	}
	status = child < 0 ? -1 : process_wait(child);
	return status == 0;
}

/* True if the root directory isn't the root of the mount namespace. */
static bool in_chroot(const void *operation, struct buf *why)
{
	struct statx root;

	(void)why;
	if (!(*(const uint64_t *)operation & CLONE_NEWUSER))
		return false;
	if (statx(AT_FDCWD, "/", 0, STATX_INO, &root) == 0 &&
		root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
		!(root.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return true;
	return works_outside();
}

/* Distributions' settings that reserve user namespaces for root. */
static bool reserved_for_root(const void *operation, struct buf *why)
{
	static const struct {
		const char *sysctl, *path, *value;
	} settings[] = {
		{ "kernel.unprivileged_userns_clone", "/proc/sys/kernel/unprivileged_userns_clone",
			"0" },
		{ "kernel.apparmor_restrict_unprivileged_userns",
			"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1" },
	};
	char value[64];

	if (geteuid() == 0 || !(*(const uint64_t *)operation & CLONE_NEWUSER))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(read_line(settings[i].path, value), settings[i].value) == 0) {
			buf_printf(why,
				"the sysctl %s is %s: only root may make user namespaces here",
				settings[i].sysctl, value);
			return true;
		}
	return false;
}

static bool has_no_userns(const void *operation, struct buf *why)
{
	(void)why;
	return geteuid() != 0 && !(*(const uint64_t *)operation & CLONE_NEWUSER);
}

/* ---- EINVAL ---- */

static bool kind_unknown(const void *operation, struct buf *why)
{
	uint64_t flags = *(const uint64_t *)operation;

	for (size_t i = 0; i < KINDS; i++) {
		cleanup_free char *path = mem_printf("/proc/self/ns/%s", kinds[i].file);

		if (!(flags & (uint64_t)kinds[i].flag) || access(path, F_OK) == 0 ||
			access("/proc/self/ns/mnt", F_OK) < 0)
			continue;
		buf_printf(why, "this kernel is built without namespaces of the kind \"%s\"",
			kinds[i].file);
		return true;
	}
	return false;
}

static const struct explanation rows[] = {
	{ ENOSPC, NULL, limit_reached, NULL },
	{ ENOSPC, NULL, NULL, "a limit of /proc/sys/user was reached" },
	{ EUSERS, NULL, NULL, "user namespaces are nested 32 deep, which is the most" },
	{ EPERM, NULL, in_chroot,
		"hull runs in a chroot, and no user namespace can be made from inside one: enter "
		"its root with pivot_root(2) instead" },
	{ EPERM, NULL, reserved_for_root, NULL },
	{ EPERM, NULL, has_no_userns,
		"without root's capabilities a container needs a user namespace of its own: use "
		"`hull spec --rootless`" },
	{ EPERM, NULL, NULL,
		"this host doesn't let the caller make these namespaces: a seccomp filter or a "
		"security module around hull, or IDs of the caller that its user namespace doesn't "
		"map" },
	{ EINVAL, NULL, kind_unknown, NULL },
	{ ENOMEM, NULL, NULL,
		"a joined PID namespace whose first process has ended takes no process any more; "
		"or memory is short" },
	EXPLANATIONS_END,
};

int namespaces_explain(uint64_t flags, struct error *err)
{
	return explain(rows, NULL, &flags, err);
}
