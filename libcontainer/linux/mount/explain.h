/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a mount couldn't be attached: what the kernel's errno leaves open.
 */
#pragma once
#include <stddef.h>

#include "linux/mount/mounts.h"

struct error;

/*
 * Explains why mount_attach() failed at the mount with index `failed`: appends to err which mount
 * is read-only, which path element is not a directory, which mount's root directory was deleted, or
 * which limit was reached. Returns -1.
 */
int mounts_explain(const struct mounts *mounts, size_t failed, int rootfd, struct error *err);
