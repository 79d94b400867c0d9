/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.maskedPaths and linux.readonlyPaths. A masked file is covered by the host's /dev/null,
 * which the host side opens and verifies: never the container's (CVE-2025-31133). Masked
 * directories share one empty read-only tmpfs. Paths that don't exist are skipped.
 */
#pragma once
#include "linux/mount/mounts.h"

struct error;

/* Host side: returns a detached clone of /dev/null, checked to be device 1:3; or -1. */
int masks_open_null(struct error *err);

struct mask_covers {
	int null_tree;     /* from masks_open_null(), borrowed */
	const char *label; /* SELinux label of the empty directory; NULL: none */
};

/* Inside, after all other mounts: covers the paths. Returns 0 or -1. */
int masks_apply(const string_list *paths, const struct mounts *mounts, int rootfd,
	const struct mask_covers *with, struct error *err);
int masks_apply_readonly(
	const string_list *paths, const struct mounts *mounts, int rootfd, struct error *err);
