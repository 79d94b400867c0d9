/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a mount couldn't be opened or attached (base/explain.h).
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

/*
 * Explains why detached mounts couldn't be opened or made, while those that could are still open:
 * appends to err which limit was reached. Returns -1.
 */
int mounts_explain_trees(struct error *err);

/*
 * Explains why a path of the host couldn't be opened: appends to err which of its directories is
 * missing, a file, or closed to hull. Returns -1.
 */
int mounts_explain_path(const char *path, struct error *err);

/* Explains why path_open_exact() failed: a symlink. Returns -1. */
int mounts_explain_exact(struct error *err);
