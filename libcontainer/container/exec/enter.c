/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/exec/enter.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/namespaces/namespaces.h"

enum { LINK_MAX_TEXT = 64 }; /* "TYPE:[INODE]" */

/*
 * True if create made this namespace for the container. This process can join it even if it is its
 * own, except for a user namespace, which has to be compared.
 */
static bool was_made(const struct state *state, enum oci_namespace_type type)
{
	return state->exec != NULL && type != NAMESPACE_USER &&
		config_has_new_namespace(state->exec, type);
}

static const struct explanation look_rows[] = {
	{ EACCES, NULL, NULL, "the container's first process can't be traced by this user" },
	EXPLANATIONS_END,
};

static int no_namespace(pid_t pid, enum oci_namespace_type type, struct error *err)
{
	const char *name = namespace_type_names[type - 1];

	if (errno == ENOENT)
		return error_set(err, 0,
			"the container is ending: its first process, %d, has no %s namespace any "
			"more",
			pid, name);
	error_errno(err, "look at the container's %s namespace", name);
	return explain(look_rows, NULL, NULL, err);
}

/*
 * Finds the namespaces to join: those that differ from this process's own. Joining one's own may
 * need a privilege or fail (user namespace: EINVAL). Compares the texts of the links, which name
 * the namespace; following a link would create an inode.
 */
static int find_other_namespaces(const struct state *state, int *flags, struct error *err)
{
	cleanup_fd int own = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC), theirs = -1;
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/ns", state->pid);
	theirs = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*flags = 0;
	for (enum oci_namespace_type type = 1; type < NAMESPACE_TYPES; type++) {
		char a[LINK_MAX_TEXT], b[LINK_MAX_TEXT];
		ssize_t len, len_theirs;

		if (was_made(state, type)) {
			*flags |= namespace_flag(type);
			continue;
		}
		len = readlinkat(own, namespace_file(type), a, sizeof a);
		if (len < 0 && errno == ENOENT) /* the kernel doesn't have this type */
			continue;
		len_theirs = readlinkat(theirs, namespace_file(type), b, sizeof b);
		if (len_theirs < 0)
			return no_namespace(state->pid, type, err);
		if (len != len_theirs || memcmp(a, b, (size_t)len) != 0)
			*flags |= namespace_flag(type);
	}
	return 0;
}

int entrance_open(struct entrance *entrance, const struct state *state, struct error *err)
{
	*entrance = (struct entrance){ .pidfd = process_open(state->pid, state->pid_start_time),
		.root = -1 };
	if (entrance->pidfd < 0)
		return error_errno(err, "open the container's first process");
	if (find_other_namespaces(state, &entrance->flags, err) < 0) {
		process_check(
			entrance->pidfd, err); /* if the container has ended, report that instead */
		return -1;
	}
	return process_check(entrance->pidfd, err);
}

int entrance_open_root(struct entrance *entrance, const struct state *state,
	const struct oci_config *config, struct error *err)
{
	const struct oci_namespace *ns = config_namespace(config, NAMESPACE_MOUNT);
	char path[32];

	if (ns != NULL && (ns->path == NULL || ns->path[0] == '\0'))
		return 0;
	snprintf(path, sizeof path, "/proc/%d/root", state->pid);
	entrance->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return entrance->root < 0 ? error_errno(err, "open the container's root directory")
				  : process_check(entrance->pidfd, err);
}

void entrance_close(struct entrance *entrance)
{
	fd_close(&entrance->pidfd);
	fd_close(&entrance->root);
}

int entrance_become_root(struct error *err)
{
	if (sys_setresgid(0) < 0 || process_hide(NULL) < 0 || sys_setresuid(0) < 0) {
		error_errno(err, "become root of the user namespace");
		return error_hint(err,
			"the container's ids 0 must be mapped in /linux/uidMappings and "
			"/linux/gidMappings");
	}
	return process_hide(err);
}

/*
 * With several flags, setns(2) takes the user namespace first, and checks the others against the
 * privileges both before and after. So one call also joins namespaces that the user namespace
 * doesn't own.
 */
int entrance_enter(const struct entrance *entrance, struct error *err)
{
	if (process_hide(err) < 0)
		return -1;
	if (entrance->flags != 0 && setns(entrance->pidfd, entrance->flags) < 0)
		return errno == ESRCH
			? error_set(err, ESRCH, "the container has ended: join its namespaces")
			: error_errno(err, "join the container's namespaces (flags 0x%x)",
				  (unsigned)entrance->flags);
	if (process_hide(err) < 0)
		return -1;
	if (entrance->root >= 0 && (fchdir(entrance->root) < 0 || chroot(".") < 0))
		return error_errno(err, "enter the container's root directory");
	return entrance->flags & CLONE_NEWUSER ? entrance_become_root(err) : 0;
}
