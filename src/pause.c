/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull pause, hull resume
 */
#include "command.h"
#include "common_options.h"

static int pause_container(const struct call *call, struct error *err)
{
	return container_pause(call->rt, call->args[0], err);
}

static int resume_container(const struct call *call, struct error *err)
{
	return container_resume(call->rt, call->args[0], err);
}

static const struct option options[] = { { OPTION_END } };

const struct command pause_command = {
	.name = "pause",
	.summary = "suspend all processes of a container",
	.arguments = "ID",
	.description =
		"Freezes the container's cgroup and returns when all processes in it are frozen.",
	.example = "  hull pause web && hull resume web",
	.options = options,
	.min = 1,
	.max = 1,
	.run = pause_container,
};

const struct command resume_command = {
	.name = "resume",
	.summary = "resume a paused container",
	.arguments = "ID",
	.description = "Thaws the cgroup of a container that was frozen by `hull pause`.",
	.example = "  hull pause web && hull resume web",
	.options = options,
	.min = 1,
	.max = 1,
	.run = resume_container,
};
