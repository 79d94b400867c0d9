/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull mounts
 */
#include <string.h>

#include "command.h"
#include "common_options.h"

static int mounts(const struct call *call, struct error *err)
{
	const char *what = call->args[0];

	if (strcmp(what, "add") == 0)
		return container_mounts_add(call->rt, call->args[1], call->args[2], err);
	if (strcmp(what, "remove") == 0)
		return container_mounts_remove(call->rt, call->args[1], call->args[2], err);
	return error_set(err, 0, "mounts \"%s\": expected add or remove", what);
}

static const struct option options[] = { { OPTION_END } };

const struct command mounts_command = {
	.name = "mounts",
	.summary = "add mounts to a running container, or remove them",
	.arguments = "add|remove ID FILE",
	.description =
		"FILE contains mounts as JSON: a list as in config.json, or an object with a "
		"member \"mounts\".",
	.example = "  echo '[{\"destination\":\"/data\",\"source\":\"/srv/data\","
		   "\"options\":[\"bind\"]}]' >data.json\n"
		   "  hull mounts add web data.json",
	.options = options,
	.min = 3,
	.max = 3,
	.run = mounts,
};
