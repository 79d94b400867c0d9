/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/lsm.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/mem.h"
#include "linux/namespaces/procfs.h"

enum { LABEL_MAX = 4096 };

static const char unconfined[] = "unconfined";

static bool given(const char *label)
{
	return label != NULL && *label != '\0';
}

bool lsm_apparmor_enabled(void)
{
	cleanup_fd int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char answer = 'N';

	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

bool lsm_selinux_enabled(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && (unsigned)fs.f_type == SELINUX_MAGIC;
}

int lsm_check(const char *apparmor_profile, const char *selinux_label, struct error *err)
{
	/* Without AppArmor everything is unconfined. */
	if (given(apparmor_profile) && strcmp(apparmor_profile, unconfined) != 0 &&
		!lsm_apparmor_enabled())
		return error_set(err, 0,
			"/process/apparmorProfile: \"%s\" can't be applied: AppArmor is not "
			"enabled on this host",
			apparmor_profile);
	if (given(selinux_label) && !lsm_selinux_enabled())
		return error_set(err, 0,
			"/process/selinuxLabel: \"%s\" can't be applied: SELinux is not enabled on "
			"this host",
			selinux_label);
	return 0;
}

/* ---- for the next execve(2) ---- */

struct refused_label {
	int procfd;
	const char *own; /* the file that contains hull's own label */
};

static bool own_label(const void *operation, struct buf *why)
{
	const struct refused_label *refused = operation;
	cleanup_fd int fd = procfs_open(refused->procfd, refused->own, O_RDONLY, NULL);
	char label[LABEL_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, label, sizeof label - 1);

	if (n <= 0)
		return false;
	label[n] = '\0';
	label[strcspn(label, "\n")] = '\0';
	buf_printf(why, "the policy must allow it to hull, which runs as %s", label);
	return true;
}

static const struct explanation apparmor_rows[] = {
	{ ENOENT, NULL, NULL, "is the profile loaded? apparmor_parser(8) does that" },
	{ EINVAL, NULL, NULL, "this is no name of a profile" },
	{ EACCES, NULL, own_label, NULL },
	{ EPERM, NULL, own_label, NULL },
	EXPLANATIONS_END,
};

static const struct explanation selinux_rows[] = {
	{ EINVAL, NULL, NULL, "the loaded policy has no such label" },
	{ EACCES, NULL, own_label, NULL },
	EXPLANATIONS_END,
};

int lsm_apparmor_apply(int procfd, const char *profile, struct error *err)
{
	const struct refused_label refused = { procfd, "thread-self/attr/apparmor/current" };
	cleanup_free char *command = NULL;

	if (!given(profile))
		return 0;
	command = mem_printf("exec %s", profile);
	if (procfs_write(procfd, "thread-self/attr/apparmor/exec", command, err) == 0)
		return 0;
	/* ENOENT: the kernel has no AppArmor. EINVAL: it has, but another module is active. */
	if ((errno == ENOENT || errno == EINVAL) && strcmp(profile, unconfined) == 0)
		return 0;
	explain(apparmor_rows, NULL, &refused, err);
	return error_prefix(err, "/process/apparmorProfile");
}

static int write_selinux(int procfd, const char *file, const char *label, struct error *err)
{
	const struct refused_label refused = { procfd, "thread-self/attr/current" };

	if (!given(label) || procfs_write(procfd, file, label, err) == 0)
		return 0;
	return explain(selinux_rows, NULL, &refused, err);
}

int lsm_selinux_apply(int procfd, const char *label, struct error *err)
{
	return write_selinux(procfd, "thread-self/attr/exec", label, err) < 0
		? error_prefix(err, "/process/selinuxLabel")
		: 0;
}

int lsm_selinux_label_keys(int procfd, const char *label, struct error *err)
{
	return write_selinux(procfd, "thread-self/attr/keycreate", label, err) < 0
		? error_prefix(err, "/process/selinuxLabel: label of the session keyring")
		: 0;
}

/* ---- filesystems ---- */

int lsm_selinux_label_file(int fd, const char *label)
{
	return given(label) ? fsetxattr(fd, "security.selinux", label, strlen(label), 0) : 0;
}

int lsm_selinux_label_filesystem(int fsfd, const char *label)
{
	return given(label) ? fsconfig(fsfd, FSCONFIG_SET_STRING, "context", label, 0) : 0;
}

int lsm_selinux_mount_hint(const char *label, struct error *err)
{
	if (!given(label) || err == NULL)
		return -1;
	if (err->code == EINVAL)
		return error_hint(err,
			"the label %s needs SELinux, a loaded policy that knows it, and a "
			"filesystem that can have it",
			label);
	return err->code == EACCES
		? error_hint(err,
			  "SELinux must allow hull to mount with the label %s; in a user namespace "
			  "only tmpfs, ramfs, devpts and overlay can have one",
			  label)
		: -1;
}
