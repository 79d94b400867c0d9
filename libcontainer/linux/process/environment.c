/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/environment.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "linux/ids/user.h"
#include "linux/process/exec_refusals.h"

/* Returns the length of the variable's name. Without "=", the whole text is the name. */
static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

/*
 * Names seen so far: a hash table with open addressing, because engines pass thousands of variables
 * for a namespace's services.
 */
struct names {
	const char **slots;
	size_t size; /* a power of two, at least twice the number of names */
};

/* Returns true if the variable's name is new. */
static bool add_name(struct names *names, const char *variable)
{
	size_t len = name_length(variable), at;
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)variable[i]) * 16777619U;
	for (at = hash & (names->size - 1); names->slots[at] != NULL;
		at = (at + 1) & (names->size - 1))
		if (name_length(names->slots[at]) == len &&
			memcmp(names->slots[at], variable, len) == 0)
			return false;
	names->slots[at] = variable;
	return true;
}

char **environment_make(struct arena *arena, const string_list *env, int root, uid_t uid)
{
	char **made = arena_alloc(arena, (env->n + 2) * sizeof *made), **first = made + env->n;
	cleanup_free const char **slots = NULL;
	struct names names = { .size = 4 };

	while (names.size < 2 * env->n)
		names.size *= 2;
	slots = mem_alloc(names.size * sizeof *slots);
	names.slots = slots;
	/* Backwards, because the last value of a name wins; [env->n] is for HOME. */
	for (size_t i = env->n; i-- > 0;)
		if (add_name(&names, env->v[i]) && strcmp(env->v[i], "HOME=") != 0)
			*--first = arena_strdup(arena, env->v[i]);
	if (environment_value(first, "HOME") == NULL)
		made[env->n] = arena_printf(arena, "HOME=%s", user_home(arena, root, uid));
	return first;
}

const char *environment_value(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* True if path is a file that the effective user may execute; otherwise sets errno. */
static bool executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

char *environment_find(struct arena *arena, char *const *env, const char *name, struct error *err)
{
	const char *path = environment_value(env, "PATH");
	struct execution_refused refused = {
		.path = name,
		.argv = (char *[]){ (char *)name, NULL },
		.env = env,
	};

	if (strchr(name, '/') != NULL) {
		if (executable(name))
			return arena_strdup(arena, name);
		if (errno == EISDIR || errno == EACCES) {
			exec_explain(&refused, EACCES, err);
		} else {
			error_of_program(err, errno, "exec: \"%s\": stat %s", name, name);
			exec_hint(&refused, err);
		}
		return NULL;
	}
	while (path != NULL && *name != '\0') {
		size_t len = strcspn(path, ":");
		char *candidate =
			arena_printf(arena, "%.*s%s%s", (int)len, path, len > 0 ? "/" : "./", name);

		if (executable(candidate))
			return candidate;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != EISDIR) {
			error_of_program(
				err, errno, "exec: \"%s\": look for it at %s", name, candidate);
			refused.path = candidate;
			exec_hint(&refused, err);
			return NULL;
		}
		path = path[len] == ':' ? path + len + 1 : NULL;
	}
	error_set(err, 0, "exec: \"%s\": executable file not found in $PATH", name);
	return NULL;
}
