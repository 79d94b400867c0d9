/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull run
 */
#include "command.h"
#include "common_options.h"
#include "create.h"

static int run(const struct call *call, struct error *err)
{
	int status = 0;

	create_environment(call->options, call->args[0]);
	return container_run(call->rt, call->options, &status, err) < 0 ? -1 : status;
}

static const struct option options[] = {
	{ OPTION_BUNDLE(struct create_options, ) },
	{ OPTION_CONFIG(struct create_options, ) },
	{ OPTION_CONSOLE_SOCKET(struct create_options, ) },
	{ OPTION_DETACH(struct create_options, ) },
	{ OPTION_GIDMAP(struct create_options, ) },
	{ OPTION_IDMAP_ROOTFS(struct create_options, ) },
	{ OPTION_KEEP(struct create_options, ) },
	{ OPTION_NO_NEW_KEYRING(struct create_options, ) },
	{ OPTION_NO_PIVOT(struct create_options, ) },
	{ OPTION_NO_SUBREAPER(struct create_options, ) },
	{ OPTION_PID_FILE(struct create_options, ) },
	{ OPTION_PIDFD_SOCKET(struct create_options, ) },
	{ OPTION_PRESERVE_FDS(struct create_options, ) },
	{ OPTION_UIDMAP(struct create_options, ) },
	{ OPTION_USERNS(struct create_options, ) },
	{ OPTION_END },
};

const struct command run_command = {
	.name = "run",
	.summary = "create and start a container",
	.arguments = "ID",
	.description =
		"Creates and starts the container of a bundle, waits for its process to end, "
		"and deletes it.\n"
		"The exit status is that of the process, or 128 plus the signal that ended it.",
	.example = "  hull run --bundle /srv/web web",
	.options = options,
	.options_size = sizeof(struct create_options),
	.min = 1,
	.max = 1,
	.failure = "hull run failed",
	.run = run,
};
