/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Linux security modules: AppArmor (process.apparmorProfile) and SELinux (process.selinuxLabel).
 * procfd: see linux/procfs.h; what is written there is for the next execve() of the calling thread.
 */
#pragma once
#include <stdbool.h>

struct error;

/* Of the host: to be asked before the container's mounts are in place. */
bool lsm_apparmor_enabled(void);
bool lsm_selinux_enabled(void);

/* On the host's side: an error where a profile or label is given (NULL or "": not) whose module
 * isn't enabled. */
int lsm_check(const char *apparmor_profile, const char *selinux_label, struct error *err);

/* Inside: profile or label for the coming execve(). NULL or "": nothing happens. */
int lsm_apparmor_apply(int procfd, const char *profile, struct error *err);
int lsm_selinux_apply(int procfd, const char *label, struct error *err);

/* Label of the keys that this thread makes until its execve(). NULL or "": nothing happens. */
int lsm_selinux_label_keys(int procfd, const char *label, struct error *err);
