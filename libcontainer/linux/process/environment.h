/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of the container's process (process.env), the search for its executable.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;

/* For execve(2). If a name occurs twice, the last one wins; HOME is set from the container's
 * /etc/passwd where it is missing or empty. root: an fd of the container's root. */
char **environment_make(struct arena *arena, const string_list *env, int root, uid_t uid);

/* The value of a variable or NULL. */
const char *environment_value(char *const *env, const char *name);

/* Path of the executable that `name` means: as execvp(3), with the PATH of env, from the current
 * directory and root, for the effective user. The texts of errors are runc's, on which engines
 * rely: `exec: "foo": executable file not found in $PATH`, `exec: "/foo": stat /foo: no such file
 * or directory`, `exec: "/foo": permission denied`. */
char *environment_find(struct arena *arena, char *const *env, const char *name, struct error *err);
