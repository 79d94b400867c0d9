/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a mount couldn't be attached: what the kernel's errno leaves open.
 */
#pragma once
#include <stddef.h>

#include "linux/mount/mounts.h"

struct error;

/* Appends the reason to err, with which mount_attach() of plans->v[failed] failed: which mount is
 * read-only, which element of the path is no directory, whose root directory was deleted, which
 * limit is reached. Returns -1. */
int mounts_explain(const struct mount_plans *plans, size_t failed, int rootfd, struct error *err);
