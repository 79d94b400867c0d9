/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates a cgroup in a v2 hierarchy, checks it, and enables its controllers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/explain.h"
#include "cgroup/internal.h"

enum {
	CONTROLLERS_MAX = 512,
	CONTROLLER_MAX = 64
}; /* bytes: the kernel has about ten names of ten letters */

/* Copies the next word of *words to word. */
static bool next_word(const char **words, char word[CONTROLLER_MAX])
{
	const char *begin = *words + strspn(*words, " \n");
	size_t len = strcspn(begin, " \n");

	if (len == 0 || len >= CONTROLLER_MAX)
		return false;
	memcpy(word, begin, len);
	word[len] = '\0';
	*words = begin + len;
	return true;
}

static bool all_in(const char *words, const char *list)
{
	char word[CONTROLLER_MAX];

	while (next_word(&words, word))
		if (!cgroup_word(list, ' ', word))
			return false;
	return true;
}

/* The controllers to enable, and the settings that need them. */
struct request {
	const char *wanted, *document;
	const setting_list *settings;
};

/* Returns the property that needs the controller, or NULL. */
static const char *required_by(const setting_list *settings, const char *controller)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->v[i].v2 && strcmp(settings->v[i].controller, controller) == 0)
			return settings->v[i].property;
	return NULL;
}

/* ---- why a controller can't be enabled for a directory's children ---- */

struct enabling {
	int dirfd;
	const char *path, *controller;
};

static bool parent_lacks_it(const void *operation, struct buf *why)
{
	const struct enabling *e = operation;
	char text[CONTROLLERS_MAX];

	(void)why;
	return cgroup_read(e->dirfd, "cgroup.controllers", text, sizeof text) >= 0 &&
		!cgroup_word(text, ' ', e->controller);
}

static bool has_processes_itself(const void *operation, struct buf *why)
{
	const struct enabling *e = operation;

	buf_printf(why,
		"there are processes in /%s itself: cgroup v2 wants them in a cgroup below it",
		e->path);
	return true;
}

static bool is_threaded(const void *operation, struct buf *why)
{
	const struct enabling *e = operation;
	char type[64];

	if (cgroup_read(e->dirfd, "cgroup.type", type, sizeof type) < 0 ||
		strcmp(type, "domain") == 0)
		return false;
	buf_printf(why, "the type of /%s is \"%s\", which takes only threaded controllers", e->path,
		type);
	return true;
}

static bool not_delegated(const void *operation, struct buf *why)
{
	const struct enabling *e = operation;

	buf_printf(why, "/%s isn't delegated to this user", e->path);
	return true;
}

static const struct explanation enable_rows[] = {
	{ ENOENT, NULL, parent_lacks_it,
		"its own parent doesn't have it in cgroup.subtree_control" },
	{ EBUSY, NULL, has_processes_itself, NULL },
	{ EOPNOTSUPP, NULL, is_threaded, NULL },
	{ EINVAL, "cpu", NULL,
		"this kernel (CONFIG_RT_GROUP_SCHED) needs all real-time processes in the root "
		"cgroup before it enables cpu; ps -eo cls,rtprio,pid,comm shows those of class FF "
		"and RR" },
	{ EACCES, NULL, not_delegated, NULL },
	{ EPERM, NULL, not_delegated, NULL },
	{ EROFS, NULL, not_delegated, NULL },
	EXPLANATIONS_END,
};

static int explain_refusal(const struct request *request, int dirfd, const char *path,
	const char *controller, int errnum, struct error *err)
{
	const struct enabling enabling = { dirfd, path, controller };

	error_set(err, errnum, "%s%s: cgroup /%s: enable the controller %s for cgroups below it",
		request->document, required_by(request->settings, controller), path, controller);
	return explain(enable_rows, controller, &enabling, err);
}

/*
 * Enables the wanted controllers for a directory's children: all at once; if that is refused, one
 * by one, because a controller that no limit needs may be missing. If the directory has processes,
 * enables none: the kernel would accept some (cpu, pids), but make it a "threaded domain".
 */
static int enable_in(const struct request *request, int dirfd, const char *path, struct error *err)
{
	char there[CONTROLLERS_MAX], enabled[CONTROLLERS_MAX], word[CONTROLLER_MAX];
	cleanup_buf struct buf all = { 0 };
	bool busy;

	if (cgroup_read(dirfd, "cgroup.controllers", there, sizeof there) < 0 ||
		cgroup_read(dirfd, "cgroup.subtree_control", enabled, sizeof enabled) < 0)
		return error_errno(err, "cgroup /%s: read its controllers", path);
	for (const char *left = request->wanted; next_word(&left, word);) {
		if (cgroup_word(enabled, ' ', word))
			continue;
		if (cgroup_word(there, ' ', word))
			buf_printf(&all, "%s+%s", all.len ? " " : "", word);
		else if (required_by(request->settings, word))
			return explain_refusal(request, dirfd, path, word, ENOENT, err);
	}
	if (all.len == 0 || cgroup_write(dirfd, "cgroup.subtree_control", all.data) == 0)
		return 0;
	busy = errno == EBUSY;
	for (const char *left = all.data; next_word(&left, word);)
		if ((busy || cgroup_write(dirfd, "cgroup.subtree_control", word) < 0) &&
			required_by(request->settings, word + 1))
			return explain_refusal(
				request, dirfd, path, word + 1, busy ? EBUSY : errno, err);
	return 0;
}

/*
 * Enables the controllers in every directory above the cgroup. *complete: set to true if its parent
 * had all of them before.
 */
static int enable_controllers(const struct request *request, int root, const char *path,
	bool *complete, struct error *err)
{
	cleanup_free char *part = mem_strdup(path);
	char *last = strrchr(part, '/'), enabled[CONTROLLERS_MAX];
	cleanup_fd int above = -1;

	if (last) {
		*last = 0;
		above = openat(root, part, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	*complete = cgroup_read(last ? above : root, "cgroup.subtree_control", enabled,
			    sizeof enabled) >= 0 &&
		all_in(request->wanted, enabled);
	if (*complete)
		return 0;
	if (enable_in(request, root, "", err) < 0)
		return -1;
	for (char *slash = last ? part : NULL; slash;) {
		cleanup_fd int fd = -1;

		slash = strchr(slash, '/');
		if (slash)
			*slash = 0;
		fd = openat(root, part, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return error_errno(err, "cgroup /%s: open", part);
		if (enable_in(request, fd, part, err) < 0)
			return -1;
		if (slash)
			*slash++ = '/';
	}
	return 0;
}

/*
 * Below a threaded cgroup, a new one accepts processes only if it is threaded too. The caller has
 * checked that its controllers allow that.
 */
static int make_threaded(struct cgroup_hierarchy *hierarchy, struct error *err)
{
	char type[64];

	if (cgroup_read(hierarchy->fd, "cgroup.type", type, sizeof type) < 0 ||
		strcmp(type, "domain invalid") != 0)
		return 0;
	if (cgroup_write(hierarchy->fd, "cgroup.type", "threaded") < 0)
		return error_errno(err,
			"cgroup %s: its parent is threaded; write \"threaded\" to cgroup.type",
			hierarchy->directory);
	return 0;
}

static int check_fitness(struct cgroup_hierarchy *hierarchy, struct error *err)
{
	char events[256];
	uint64_t populated = 0, frozen = 0;

	if (cgroup_read(hierarchy->fd, "cgroup.events", events, sizeof events) < 0)
		return error_errno(err, "cgroup %s: read cgroup.events", hierarchy->directory);
	if (cgroup_key(events, "populated", &populated) && populated)
		return error_set(err, 0, "cgroup %s: not empty: there are processes in it already",
			hierarchy->directory);
	if (cgroup_key(events, "frozen", &frozen) && frozen)
		return error_set(
			err, 0, "cgroup %s: frozen, by itself or a parent", hierarchy->directory);
	return 0;
}

/* Lists the host's controllers that the settings need, or all. */
static void list_wanted(
	struct cgroup *cgroup, const setting_list *settings, bool all, struct buf *wanted)
{
	char word[CONTROLLER_MAX];

	buf_puts(wanted, "");
	for (const char *left = cgroup_v2_controllers(cgroup); next_word(&left, word);)
		if (all || required_by(settings, word))
			buf_printf(wanted, "%s ", word);
}

int v2_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	const setting_list *settings, bool all, struct error *err)
{
	cleanup_fd int root = openat(hierarchy->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_buf struct buf wanted = { 0 };
	bool complete = false;

	list_wanted(cgroup, settings, all, &wanted);
	if (cgroup_make(cgroup, hierarchy, path, err) < 0 ||
		(cgroup->manager != CGROUP_MANAGER_SYSTEMD &&
			check_fitness(hierarchy, err) < 0) || /* a new unit contains hull-systemd */
		(wanted.len &&
			enable_controllers(
				&(struct request){ wanted.data, "/linux/resources", settings },
				root, path, &complete, err) < 0))
		return -1;
	/* A threaded parent never has all controllers; if there are none, nothing was checked. */
	return complete ? 0 : make_threaded(hierarchy, err);
}

int v2_enable(struct cgroup *cgroup, const struct cgroup_hierarchy *hierarchy,
	const setting_list *settings, const char *document, struct error *err)
{
	const char *path = hierarchy->directory + strlen(hierarchy->mount) + 1;
	cleanup_buf struct buf wanted = { 0 };
	cleanup_fd int root = -1;
	bool complete;

	list_wanted(cgroup, settings, false, &wanted);
	if (!wanted.len)
		return 0;
	root = open(hierarchy->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, "%s: open", hierarchy->mount);
	return enable_controllers(
		&(struct request){ wanted.data, document, settings }, root, path, &complete, err);
}
