/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Linux security modules: AppArmor (process.apparmorProfile) and SELinux (process.selinuxLabel).
 * procfd: see linux/namespaces/procfs.h. Labels are for the next execve() of the calling thread.
 */
#pragma once
#include <stdbool.h>

struct error;

/* The host's state: call these before the container's mounts exist. */
bool lsm_apparmor_enabled(void);
bool lsm_selinux_enabled(void);

/*
 * Host side: fails if a profile or label is given (not NULL or "") but its module isn't enabled.
 * Returns 0 or -1.
 */
int lsm_check(const char *apparmor_profile, const char *selinux_label, struct error *err);

/*
 * Inside: sets profile or label for the next execve(2). NULL or "": does nothing. Returns 0 or -1.
 * The profile "unconfined" is also accepted if AppArmor isn't active.
 */
int lsm_apparmor_apply(int procfd, const char *profile, struct error *err);
int lsm_selinux_apply(int procfd, const char *label, struct error *err);

/*
 * Sets the label of keys that this thread creates until its next execve(2). NULL or "": does
 * nothing. Returns 0 or -1.
 */
int lsm_selinux_label_keys(int procfd, const char *label, struct error *err);

/*
 * Gives the label to an open file, or to all files of a new filesystem (fsopen(2)). NULL or "":
 * does nothing. Returns 0, or -1 with errno.
 */
int lsm_selinux_label_file(int fd, const char *label);
int lsm_selinux_label_filesystem(int fsfd, const char *label);

/*
 * Appends to err, which says that a filesystem can't be mounted, how the label may be the cause.
 * NULL or "": appends nothing. Returns -1.
 */
int lsm_selinux_mount_hint(const char *label, struct error *err);
