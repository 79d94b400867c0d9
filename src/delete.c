/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull delete
 */
#include "command.h"
#include "common_options.h"

struct delete_options {
	bool force, regex;
};

static int delete_one(const struct call *call, const char *id, struct error *err)
{
	const struct delete_options *o = call->options;

	return container_delete(call->rt, id, o->force, err);
}

static int delete_containers(const struct call *call, struct error *err)
{
	const struct delete_options *o = call->options;

	return match_each(call, o->regex, call->args[0], delete_one, err);
}

static const struct option options[] = {
	{ "force", 'f', NULL, "kill it first; it is not an error if it doesn't exist", option_bool,
		offsetof(struct delete_options, force) },
	{ "regex", 'r', NULL, "ID is an extended regular expression; act on every match",
		option_bool, offsetof(struct delete_options, regex) },
	{ OPTION_END },
};

const struct command delete_command = {
	.name = "delete",
	.summary = "delete a stopped container",
	.arguments = "ID",
	.description = "Deletes a container whose process has ended, or that was created but never "
		       "started: removes its\n"
		       "cgroup and its state, then runs its poststop hooks.",
	.example = "  hull delete --force web",
	.options = options,
	.options_size = sizeof(struct delete_options),
	.min = 1,
	.max = 1,
	.run = delete_containers,
};
