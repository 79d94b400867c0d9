/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths inside a tree that somebody hostile may have made, such as a root filesystem. This is the
 * only place that resolves such a path. It uses openat2(RESOLVE_IN_ROOT), so symlinks and ".." mean
 * what they mean to the container and never lead outside, and magic links are refused. Callers act
 * on the returned fd and never use the path again. See CVE-2017-1002101, CVE-2021-30465,
 * CVE-2024-45310 and CVE-2025-31133.
 */
#pragma once
#include <sys/types.h>

struct error;

/*
 * Opens an existing path. flags: see open(2); O_CLOEXEC is added. Returns an fd, or -1 with errno.
 */
int path_open(int rootfd, const char *path, int flags, struct error *err);

/*
 * The same, but fails with ELOOP if any component is a symlink: for paths that the tree must not be
 * able to redirect.
 */
int path_open_exact(int rootfd, const char *path, int flags, struct error *err);

/*
 * Opens a directory with O_PATH, creating it (with mode) and missing parents (0755). Follows a
 * dangling symlink and creates its target, inside the tree. Leaves existing directories unchanged.
 * Returns an fd, or -1.
 */
int path_make_directory(int rootfd, const char *path, mode_t mode, struct error *err);

/*
 * The same with an empty regular file as the last component (a mountpoint for a file). Accepts
 * anything that exists and isn't a directory.
 */
int path_make_file(int rootfd, const char *path, mode_t mode, struct error *err);

/*
 * Opens the parent directory of path's last component (O_PATH), creating it if missing, and points
 * *name at that component in path. Refuses "..", "." and "" as last component. For mknodat() and
 * symlinkat(), which don't follow. Returns an fd, or -1.
 */
int path_open_parent(int rootfd, const char *path, const char **name, struct error *err);

/* True for an absolute path without "//", "." and "..", and without a slash at its end. */
_Bool path_is_clean(const char *path);

/*
 * Returns true if path is absolute and inside prefix, or equal to it, after lexical cleaning.
 * Doesn't access the filesystem.
 */
_Bool path_is_below(const char *path, const char *prefix);

/*
 * Returns a lexically clean copy ("a/./b/../c//" becomes "a/c"); an absolute path never climbs
 * above "/". The caller frees it.
 */
char *path_clean(const char *path);

/* Returns base "/" name, or name if it is absolute. The caller frees it. */
char *path_absolute(const char *base, const char *name);
