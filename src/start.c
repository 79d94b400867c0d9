/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull start
 */
#include "command.h"
#include "common_options.h"

static int start(const struct call *call, struct error *err)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	return container_start(call->rt, call->args[0], notify && *notify ? notify : NULL, err);
}

static const struct option options[] = { { OPTION_END } };

const struct command start_command = {
	.name = "start",
	.summary = "start a created container",
	.arguments = "ID",
	.description = "Makes the process of a created container execute its program, and returns "
		       "when it does. Fails\n"
		       "with the reason if a hook fails or the program can't be executed.",
	.example = "  hull create --bundle /srv/web web && hull start web",
	.options = options,
	.min = 1,
	.max = 1,
	.run = start,
};
