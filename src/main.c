/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull's command line: the table of commands, the global options, what becomes of errors, and exit
 * statuses: 0 done; 1 an error, wrong usage too; 3 no such command; of run and exec the container
 * process's own (128 + signal), and 255 where exec itself failed.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "command.h"
#include "container/trace.h"
#include "linux/ids/userns.h"

enum { EXIT_ERROR = 1, EXIT_NO_COMMAND = 3 };

const struct command *const commands[] = {
	&checkpoint_command,
	&completion_command,
	&create_command,
	&delete_command,
	&doctor_command,
	&events_command,
	&exec_command,
	&features_command,
	&help_command,
	&kill_command,
	&list_command,
	&mounts_command,
	&pause_command,
	&ps_command,
	&restore_command,
	&resume_command,
	&run_command,
	&spec_command,
	&start_command,
	&state_command,
	&update_command,
	&userns_command,
	NULL,
};

struct globals {
	bool debug, systemd_cgroup, version;
	const char *log, *root, *trace;
	int log_format, log_level, cgroup_manager,
		rootless; /* 1 + index into the choices; 0: not given */
};

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const rootless_choices[] = { "auto", "false", "true", NULL };

const struct option global_options[] = {
	{ "cgroup-manager", 0, "MANAGER",
		"who makes cgroups: cgroupfs (default), systemd or disabled", option_choice,
		offsetof(struct globals, cgroup_manager), .choices = cgroup_manager_names },
	{ "debug", 0, NULL, "log everything: --log-level debug", option_bool,
		offsetof(struct globals, debug) },
	{ "log", 0, "TARGET",
		"where the log goes: FILE, journald:NAME or syslog:NAME (default: standard error)",
		option_string, offsetof(struct globals, log) },
	{ "log-format", 0, "FORMAT", "text (default) or json", option_choice,
		offsetof(struct globals, log_format), .choices = log_formats },
	{ "log-level", 0, "LEVEL",
		"the least that is logged: error, warning, info (default) or debug", option_choice,
		offsetof(struct globals, log_level), .choices = log_levels },
	{ "root", 0, "DIR",
		"where the state of the containers stands (default: /run/hull, or $XDG_RUNTIME_DIR/hull)",
		option_string, offsetof(struct globals, root) },
	{ "rootless", 0, "WHETHER",
		"do without cgroups that may not be made: true, false or auto (default)",
		option_choice, offsetof(struct globals, rootless), .choices = rootless_choices },
	{ "systemd-cgroup", 0, NULL, "--cgroup-manager systemd; cgroupsPath is SLICE:PREFIX:NAME",
		option_bool, offsetof(struct globals, systemd_cgroup) },
	{ "trace", 0, "FILE",
		"write when each step of create, run or exec happened, as Chrome trace JSON",
		option_string, offsetof(struct globals, trace) },
	{ "version", 'v', NULL, "show the version", option_bool,
		offsetof(struct globals, version) },
	{ "criu", 0, "FILE", NULL, option_ignore, 0 }, /* runc's, obsolete there too */
	{ .name = NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

/* Logs the error; where the log is a file it goes to standard error as well, so that whoever typed
 * the command sees it.
 */
static void report(const struct error *err)
{
	struct error shown = *err;

	log_error("%s", err->text);
	if (!log_is_elsewhere())
		return;
	/* An error may cite what an image says: that gives no orders to a terminal. */
	for (unsigned char *c = (unsigned char *)shown.text; *c != '\0'; c++)
		if ((*c < ' ' && *c != '\n') || *c == 0x7f ||
			(c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			*c = '?';
	dprintf(STDERR_FILENO, "%s\n", shown.text);
}

int no_such_command(const char *name)
{
	struct error err = { 0 };

	error_set(&err, 0, "no such command: \"%s\"", name);
	error_hint(&err, "`hull --help` lists them");
	report(&err);
	return EXIT_NO_COMMAND;
}

/* Wrong usage: says so on standard output with the help that would have been needed, as runc does.
 */
static int wrong_usage(const struct command *command, const struct error *what)
{
	cleanup_buf struct buf out = { 0 };

	buf_puts(&out, "Incorrect Usage");
	buf_printf(&out, what->text[0] ? ": %s\n\n" : ".\n\n", what->text);
	help_text(&out, command);
	print(&out, NULL);
	report(what);
	return EXIT_ERROR;
}

/* XDG_RUNTIME_DIR counts for who isn't root, and for a root inside a user namespace who hasn't
 * become it by logging in.
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

static int set_runtime(
	struct runtime *rt, const struct globals *g, struct arena *arena, struct error *err)
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

static int check_count(const struct command *c, size_t n, struct error *err)
{
	if (n >= c->min && n <= c->max)
		return 0;
	if (c->min == c->max)
		return error_set(
			err, 0, "hull: \"%s\" requires exactly %u argument(s)", c->name, c->min);
	if (n < c->min)
		return error_set(err, 0, "hull: \"%s\" requires a minimum of %u argument(s)",
			c->name, c->min);
	return error_set(
		err, 0, "hull: \"%s\" requires a maximum of %u argument(s)", c->name, c->max);
}

static int run_command_line(const struct runtime *rt, const struct command *c, int argc,
	char *const *argv, struct arena *arena)
{
	struct error err = { 0 };
	string_list args = { 0 };
	bool help = false;
	struct call call = {
		.rt = rt, .options = arena_alloc(arena, c->options_size + 1), .arena = arena
	};
	int status;

	if (options_parse(c->options, c->stop_at_argument, argc, argv, call.options, &args, &help,
		    arena, &err) < 0)
		return wrong_usage(c, &err);
	if (help) {
		cleanup_buf struct buf out = { 0 };

		help_text(&out, c);
		status = print(&out, &err);
	} else {
		if (check_count(c, args.n, &err) < 0)
			return wrong_usage(c, &err);
		call.args = LIST_RESERVE(arena, &args, 1); /* ends with NULL */
		call.n = args.n;
		status = c->run(&call, &err);
		if (status < 0 && c->failure)
			error_prefix(&err, "%s", c->failure);
	}
	if (status >= 0)
		return status;
	report(&err);
	return c->failure_status ? c->failure_status : EXIT_ERROR;
}

/* Descriptors 0, 1 and 2 are there from here on: nothing that is opened later can be taken for
 * standard output. */
static void open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(EXIT_ERROR);
}

int main(int argc, char **argv)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct globals globals = { 0 };
	struct runtime rt = { .argv = argv };
	string_list words = { 0 };
	bool help = false;
	const struct command *command;

	if (geteuid() == 0) /* else the kernel lets nobody write the maps of its children */
		process_hide(NULL);
	open_standard_fds();
	signal(SIGCHLD, SIG_DFL); /* to a caller's SIG_IGN the kernel leaves nothing to wait for */
	if (options_parse(global_options, true, argc - 1, argv + 1, &globals, &words, &help, &arena,
		    &err) < 0)
		return wrong_usage(NULL, &err);
	if (help || globals.version || words.n == 0) {
		cleanup_buf struct buf out = { 0 };

		if (globals.version && !help)
			version_text(&out);
		else
			help_text(&out, NULL);
		if (print(&out, &err) == 0)
			return 0;
	} else if (set_runtime(&rt, &globals, &arena, &err) == 0) {
		command = command_find(words.v[0]);
		if (command) {
			int status = run_command_line(&rt, command, (int)words.n - 1,
				argv + argc - (words.n - 1), &arena);

			trace_close(rt.trace_fd);
			return status;
		}
		return no_such_command(words.v[0]);
	}
	report(&err);
	return EXIT_ERROR;
}
