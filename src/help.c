/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `--help` and `help COMMAND`, generated from the tables.
 */
#include <string.h>

#include "command.h"

/* "  -b, --bundle DIR" */
static void option_names(struct buf *out, const struct option *o)
{
	buf_puts(out, "  ");
	if (o->letter)
		buf_printf(out, "-%c, ", o->letter);
	else
		buf_puts(out, "    ");
	buf_printf(
		out, "--%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
}

static void options_text(struct buf *out, const struct option *table)
{
	static const struct option help = { "help", 'h', NULL, "show this help", NULL, 0 };
	size_t width = 0;

	for (const struct option *o = table; o->name; o++) {
		size_t len = strlen(o->name) + (o->argument ? strlen(o->argument) + 1 : 0) +
			strlen("  -x, --");

		if (o->help && len > width)
			width = len;
	}
	for (const struct option *o = table;; o++) {
		const struct option *row = o->name ? o : &help;
		size_t start = out->len;

		if (row->help) {
			option_names(out, row);
			buf_printf(
				out, "%*s  %s", (int)(width - (out->len - start)), "", row->help);
			if (row->fallback)
				buf_printf(out, " (default: %s)", row->fallback);
			buf_puts(out, "\n");
		}
		if (!o->name)
			return;
	}
}

static void program_text(struct buf *out, const struct command *const *table)
{
	buf_puts(out,
		"hull - run containers according to the Open Container Initiative specification\n\n"
		"Usage: hull [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
	for (const struct command *const *c = table; *c; c++)
		buf_printf(out, "  %-12s%s\n", (*c)->name, (*c)->summary);
	buf_puts(out, "\nGlobal options:\n");
	options_text(out, global_options);
	buf_puts(out,
		"\n`hull COMMAND --help` shows the options of a command; man hull and man "
		"hull-COMMAND say more.\n\n"
		"Example: run a container from the root file system in ./rootfs\n"
		"  hull spec\n"
		"  hull run mycontainer\n");
}

void help_text(struct buf *out, const struct command *const *table, const struct command *c)
{
	if (!c) {
		program_text(out, table);
		return;
	}
	buf_printf(out, "hull %s - %s\n\nUsage: hull %s [OPTIONS]%s%s\n\n%s\n\nOptions:\n", c->name,
		c->summary, c->name, *c->arguments ? " " : "", c->arguments, c->description);
	options_text(out, c->options);
	buf_printf(out, "\nExample:\n%s\n", c->example);
}

static int help(const struct call *call, struct error *err)
{
	cleanup_buf struct buf out = { 0 };
	const struct command *command =
		call->n > 0 ? command_find(call->commands, call->args[0]) : NULL;

	if (call->n > 0 && !command)
		return command_unknown(call->commands, call->args[0]);
	help_text(&out, call->commands, command);
	return print(&out, err);
}

static const struct option options[] = { { .name = NULL } };

const struct command help_command = {
	.name = "help",
	.summary = "show help for hull or a command",
	.arguments = "[COMMAND]",
	.description =
		"Shows the same as `hull COMMAND --help` or, without COMMAND, as `hull --help`.",
	.example = "  hull help create",
	.options = options,
	.max = 1,
	.run = help,
};
