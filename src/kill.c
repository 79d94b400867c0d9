/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull kill
 */
#include <signal.h>

#include "command.h"
#include "common_options.h"

struct kill_options {
	bool all, regex;
	int signal;
};

static int kill_one(const struct call *call, const char *id, struct error *err)
{
	const struct kill_options *o = call->options;

	return container_kill(call->rt, id, o->signal, o->all, err);
}

static int kill_containers(const struct call *call, struct error *err)
{
	struct kill_options *o = call->options;

	o->signal = call->n > 1 ? option_parse_signal(call->args[1]) : SIGTERM;
	if (o->signal < 0)
		return error_set(err, 0, "unknown signal \"%s\"", call->args[1]);
	return match_each(call, o->regex, call->args[0], kill_one, err);
}

static const struct option options[] = {
	{ "all", 'a', NULL,
		"signal every process; it is not an error if the container isn't running",
		option_bool, offsetof(struct kill_options, all) },
	{ "regex", 'r', NULL, "ID is an extended regular expression; act on every match",
		option_bool, offsetof(struct kill_options, regex) },
	{ OPTION_END },
};

const struct command kill_command = {
	.name = "kill",
	.summary = "send a signal to a container",
	.arguments = "ID [SIGNAL]",
	.description =
		"Sends SIGNAL (default: TERM), a number or a name with or without SIG, to the "
		"container's first\n"
		"process. Without a PID namespace of its own, KILL ends every process of the "
		"container.",
	.example = "  hull kill web KILL",
	.options = options,
	.options_size = sizeof(struct kill_options),
	.min = 1,
	.max = 2,
	.stop_at_argument = true,
	.run = kill_containers,
};
