/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "globals.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "command.h"
#include "container/trace.h"
#include "linux/ids/userns.h"

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const rootless_choices[] = { "auto", "false", "true", NULL };

const struct option global_options[] = {
	{ "cgroup-manager", 0, "MANAGER",
		"manager of cgroups: cgroupfs (default), systemd or disabled", option_choice,
		offsetof(struct globals, cgroup_manager), .choices = cgroup_manager_names },
	{ "debug", 0, NULL, "same as --log-level debug", option_bool,
		offsetof(struct globals, debug) },
	{ "log", 0, "TARGET", "log to FILE, journald:NAME or syslog:NAME (default: standard error)",
		option_string, offsetof(struct globals, log) },
	{ "log-format", 0, "FORMAT", "format of log lines: text (default) or json", option_choice,
		offsetof(struct globals, log_format), .choices = log_formats },
	{ "log-level", 0, "LEVEL", "lowest level to log: error, warning, info (default) or debug",
		option_choice, offsetof(struct globals, log_level), .choices = log_levels },
	{ "root", 0, "DIR",
		"directory for container state (default: /run/hull, or $XDG_RUNTIME_DIR/hull)",
		option_string, offsetof(struct globals, root) },
	{ "rootless", 0, "MODE",
		"continue if cgroups can't be created: true, false or auto (default)",
		option_choice, offsetof(struct globals, rootless), .choices = rootless_choices },
	{ "systemd-cgroup", 0, NULL,
		"same as --cgroup-manager systemd; cgroupsPath is SLICE:PREFIX:NAME", option_bool,
		offsetof(struct globals, systemd_cgroup) },
	{ "trace", 0, "FILE",
		"write a timeline of the steps of create, run or exec, as Chrome trace JSON",
		option_string, offsetof(struct globals, trace) },
	{ "version", 'v', NULL, "show the version", option_bool,
		offsetof(struct globals, version) },
	{ "criu", 0, "FILE", NULL, option_ignore, 0 }, /* runc's, obsolete there, too */
	{ .name = NULL },
};

/*
 * True if the default state root is below XDG_RUNTIME_DIR: for users other than root, and for root
 * in a user namespace unless USER says that root logged in.
 */
static bool wants_runtime_dir(void)
{
	const char *user = getenv("USER");

	return geteuid() != 0 || ((!user || strcmp(user, "root") != 0) && !userns_is_initial());
}

static int set_root(struct runtime *rt, const char *root, struct arena *arena, struct error *err)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *cwd = NULL, *absolute = NULL, *clean = NULL;

	rt->root_is_default = !root;
	rt->root_is_sticky = !root && runtime_dir && *runtime_dir && wants_runtime_dir();
	if (!root)
		root = rt->root_is_sticky ? arena_printf(arena, "%s/hull", runtime_dir)
					  : RUNSTATEDIR "/hull";
	if (*root != '/' && !(cwd = getcwd(NULL, 0)))
		return error_errno(err, "--root %s: working directory", root);
	absolute = path_absolute(cwd ? cwd : "/", root);
	clean = path_clean(absolute);
	if (strcmp(clean, "/") == 0)
		return error_set(err, 0, "option --root argument should not be set to /");
	rt->root = arena_strdup(arena, clean);
	return 0;
}

int globals_apply(
	const struct globals *g, struct runtime *rt, struct arena *arena, struct error *err)
{
	enum log_level level = g->debug ? LOG_LEVEL_DEBUG
		: g->log_level          ? (enum log_level)(g->log_level - 1)
					: LOG_LEVEL_INFO;

	if (log_open(g->log, g->log_format == 2 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, level, err) <
		0)
		return -1;
	rt->cgroup_manager = g->cgroup_manager ? (enum cgroup_manager)g->cgroup_manager
		: g->systemd_cgroup            ? CGROUP_MANAGER_SYSTEMD
					       : CGROUP_MANAGER_CGROUPFS;
	rt->rootless = g->rootless ? (enum rootless)(g->rootless - 1) : ROOTLESS_AUTO;
	rt->trace_fd = g->trace ? trace_open(g->trace, err) : -1;
	if (g->trace && rt->trace_fd < 0)
		return -1;
	return set_root(rt, g->root, arena, err);
}
