/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/lsm.h"

#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "linux/namespaces/procfs.h"

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

int lsm_apparmor_apply(int procfd, const char *profile, struct error *err)
{
	cleanup_free char *command = NULL;

	if (!given(profile))
		return 0;
	command = mem_printf("exec %s", profile);
	if (procfs_write(procfd, "thread-self/attr/apparmor/exec", command, err) == 0)
		return 0;
	if (errno == ENOENT && strcmp(profile, unconfined) == 0 &&
		faccessat(procfd, "thread-self/attr/apparmor", F_OK, 0) < 0)
		return 0;
	if (errno == ENOENT)
		error_hint(err, "is the profile loaded? apparmor_parser(8) does that");
	return error_prefix(err, "/process/apparmorProfile");
}

int lsm_selinux_apply(int procfd, const char *label, struct error *err)
{
	if (given(label) && procfs_write(procfd, "thread-self/attr/exec", label, err) < 0)
		return error_prefix(err, "/process/selinuxLabel");
	return 0;
}

int lsm_selinux_label_keys(int procfd, const char *label, struct error *err)
{
	if (given(label) && procfs_write(procfd, "thread-self/attr/keycreate", label, err) < 0)
		return error_prefix(err, "/process/selinuxLabel: label of the session keyring");
	return 0;
}
