/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths inside a tree that somebody hostile may have made: a rootfs. This is the only place where
 * such a path is resolved: by openat2(RESOLVE_IN_ROOT), so that symlinks and ".." mean what they
 * mean to the container and never lead outside, and magic links are refused. Callers act on the
 * returned fd and never use the path again. (CVE-2017-1002101, CVE-2021-30465, CVE-2024-45310,
 * CVE-2025-31133 and their kin.)
 */
#pragma once
#include <sys/types.h>

struct error;

/* Opens an existing path. flags as open(2), O_CLOEXEC is added. Returns an fd, or -1 with errno
 * set. */
int path_open(int rootfd, const char *path, int flags, struct error *err);

/* The same for a path none of whose components is a symlink, else ELOOP: where what it means must
 * not be the tree's choice. */
int path_open_exact(int rootfd, const char *path, int flags, struct error *err);

/* Opens `path` with O_PATH, making it and its missing parent directories (0755). A dangling symlink
 * inside the tree is followed and its target made, inside the tree. Directories get mode; what
 * exists already stays as it is. Returns an O_PATH fd of the directory. */
int path_make_directory(int rootfd, const char *path, mode_t mode, struct error *err);

/* The same for a last component that is an empty regular file (a mountpoint for a file). What
 * exists already and isn't a directory is taken as it is. */
int path_make_file(int rootfd, const char *path, mode_t mode, struct error *err);

/* Opens the parent directory of path's last component (O_PATH), made if missing, and stores a
 * pointer to that component (inside path) in *name. A last component of "..", "." or "" is refused.
 * For mknodat and symlinkat, which don't follow. */
int path_open_parent(int rootfd, const char *path, const char **name, struct error *err);

/* True if path is absolute and inside prefix, or prefix itself, after lexical cleaning; no file
 * system access. */
_Bool path_is_below(const char *path, const char *prefix);

/* Lexically clean copy ("a/./b/../c//" to "a/c"); an absolute one never climbs above "/". Caller
 * frees. */
char *path_clean(const char *path);

/* join: base "/" name; an absolute name stays as it is. Caller frees. */
char *path_absolute(const char *base, const char *name);
