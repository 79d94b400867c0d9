/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of the container's process (process.env), and the search for its executable.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;

/*
 * Returns the environment for execve(2), in arena. If a name occurs twice, the last one wins. If
 * HOME is missing or empty, it is set from the container's /etc/passwd. root: fd of the container's
 * root.
 */
char **environment_make(struct arena *arena, const string_list *env, int root, uid_t uid);

/* Returns the value of a variable, or NULL. */
const char *environment_value(char *const *env, const char *name);

/*
 * Resolves `name` as execvp(3) does, with env's PATH, from the current directory and root, for the
 * effective user. Returns the path, in arena, or NULL. Errors have runc's texts, which engines
 * match: `exec: "foo": executable file not found in $PATH`, `exec: "/foo": stat /foo: no such file
 * or directory`, `exec: "/foo": permission denied`.
 */
char *environment_find(struct arena *arena, char *const *env, const char *name, struct error *err);
