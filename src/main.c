/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull's command line. Exit statuses are runc's: 0 for success; 1 for an error, including wrong
 * usage; 3 for an unknown command. run and exec exit as the container's process did (128 + signal);
 * exec exits with 255 if it failed itself.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/process.h"
#include "command.h"
#include "container/trace.h"
#include "globals.h"

/* Reports wrong usage, and how to get help. */
static int wrong_usage(const struct command *command, struct error *err)
{
	error_prefix(err, "Incorrect Usage"); /* runc's words */
	error_hint(err, "see `hull %s%s--help`", command ? command->name : "", command ? " " : "");
	print_error(err);
	return EXIT_ERROR;
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

static int show_help(const struct command *command, struct error *err)
{
	cleanup_buf struct buf out = { 0 };

	help_text(&out, commands, command);
	return print(&out, err);
}

static int run_command_line(const struct runtime *rt, const struct command *c, int argc,
	char *const *argv, struct arena *arena)
{
	static struct error err;
	struct parsing p = { .table = c->options,
		.elsewhere = global_options,
		.stop_at_argument = c->stop_at_argument,
		.argc = argc,
		.argv = argv,
		.target = arena_alloc(arena, c->options_size + 1),
		.arena = arena };
	struct call call = { .rt = rt, .commands = commands, .options = p.target, .arena = arena };
	int status;

	if (options_parse(&p, &err) < 0)
		return wrong_usage(c, &err);
	if (p.help) {
		status = show_help(c, &err);
	} else {
		if (check_count(c, p.arguments.n, &err) < 0)
			return wrong_usage(c, &err);
		call.args = LIST_RESERVE(arena, &p.arguments, 1); /* ends with NULL */
		call.n = p.arguments.n;
		status = c->run(&call, &err);
		if (status < 0)
			host_explain(&err);
		if (status < 0 && c->failure)
			error_prefix(&err, "%s", c->failure);
	}
	if (status >= 0)
		return status;
	print_error(&err);
	return c->failure_status ? c->failure_status : EXIT_ERROR;
}

/*
 * Opens closed descriptors among 0, 1 and 2, so that a file opened later isn't mistaken for
 * standard output.
 */
static void open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(EXIT_ERROR);
}

static int show_version(struct error *err)
{
	cleanup_buf struct buf out = { 0 };

	version_text(&out);
	return print(&out, err);
}

static int run_words(
	struct runtime *rt, const string_list *words, int argc, char **argv, struct arena *arena)
{
	const struct command *command = command_find(commands, words->v[0]);
	int n = (int)words->n - 1, status;

	if (!command)
		return command_unknown(commands, words->v[0]);
	status = run_command_line(rt, command, n, argv + argc - n, arena);
	trace_close(rt->trace_fd);
	return status;
}

static int command_line(int argc, char **argv, struct arena *arena)
{
	static struct error err;
	struct globals globals = { 0 };
	struct runtime rt = { .argv = argv, .trace_fd = -1 };
	struct parsing p = { .table = global_options,
		.stop_at_argument = true,
		.argc = argc - 1,
		.argv = argv + 1,
		.target = &globals,
		.arena = arena };
	int status;

	if (options_parse(&p, &err) < 0)
		return wrong_usage(NULL, &err);
	if (globals.version && !p.help)
		status = show_version(&err);
	else if (p.help || p.arguments.n == 0)
		status = show_help(NULL, &err);
	else if ((status = globals_apply(&globals, &rt, arena, &err)) == 0)
		return run_words(&rt, &p.arguments, argc, argv, arena);
	if (status == 0)
		return 0;
	print_error(&err);
	return EXIT_ERROR;
}

static int run_program(int argc, char **argv)
{
	cleanup_arena struct arena arena = { 0 };

	if (geteuid() ==
		0) /* for other users, the kernel would let nobody write their children's maps */
		process_hide(NULL);
	open_standard_fds();
	signal(SIGCHLD, SIG_DFL); /* with SIG_IGN inherited, wait(2) would find no children */
	return command_line(argc, caller_take_words(&arena, argc, argv), &arena);
}

/* exit(3) has nothing left to do, and would write to another page. */
int main(int argc, char **argv)
{
	_exit(run_program(argc, argv));
}
