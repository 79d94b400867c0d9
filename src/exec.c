/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull exec
 */
#include "command.h"
#include "common_options.h"

static int exec(const struct call *call, struct error *err)
{
	struct exec_options *o = call->options;
	int status = 0;

	o->id = call->args[0];
	o->args = (string_list){ (const char **)call->args + 1, call->n - 1 };
	if (o->args.n == 0 && !o->process)
		return error_set(err, 0,
			"process args cannot be empty: neither a command nor --process is given");
	return container_exec(call->rt, o, &status, err) < 0 ? -1 : status;
}

static const struct option options[] = {
	{ "additional-gids", 'g', "GID", "add a group ID; repeatable", option_gids,
		offsetof(struct exec_options, additional_gids) },
	{ "apparmor", 0, "PROFILE", "AppArmor profile", option_string,
		offsetof(struct exec_options, apparmor_profile) },
	{ "cap", 'c', "CAPABILITY", "add a capability, CAP_...; repeatable", option_strings,
		offsetof(struct exec_options, capabilities) },
	{ "cgroup", 0, "[CONTROLLER,...:]PATH",
		"use this existing cgroup below the container's; repeatable", option_strings,
		offsetof(struct exec_options, cgroups) },
	{ OPTION_CONSOLE_SOCKET(struct exec_options, ) },
	{ "cwd", 0, "DIRECTORY", "working directory in the container", option_string,
		offsetof(struct exec_options, cwd) },
	{ OPTION_DETACH(struct exec_options, ) },
	{ "env", 'e', "NAME=VALUE", "set an environment variable; repeatable", option_strings,
		offsetof(struct exec_options, env) },
	{ "ignore-paused", 0, NULL, "accept a paused container", option_bool,
		offsetof(struct exec_options, ignore_paused) },
	{ "no-new-privs", 0, NULL, "set no_new_privs", option_opt_bool,
		offsetof(struct exec_options, no_new_privileges) },
	{ OPTION_PID_FILE(struct exec_options, ) },
	{ OPTION_PIDFD_SOCKET(struct exec_options, ) },
	{ OPTION_PRESERVE_FDS(struct exec_options, ) },
	{ "process", 'p', "FILE", "read the process as JSON, instead of a command and its options",
		option_string, offsetof(struct exec_options, process) },
	{ "process-label", 0, "LABEL", "SELinux label", option_string,
		offsetof(struct exec_options, selinux_label) },
	{ "tty", 't', NULL, "allocate a terminal", option_bool,
		offsetof(struct exec_options, tty) },
	{ "user", 'u', "UID[:GID]", "user ID, and optionally group ID", option_user,
		offsetof(struct exec_options, user) },
	{ OPTION_END },
};

const struct command exec_command = {
	.name = "exec",
	.summary = "execute a command in a running container",
	.arguments = "ID [COMMAND [ARGUMENT...]]",
	.description =
		"Executes COMMAND in the container. Unless options change them, its attributes "
		"are those of the\n"
		"container's process. The exit status is that of the command, or 128 plus the "
		"signal that ended\n"
		"it; 255 if it could not be executed. Options must precede ID.",
	.example = "  hull exec --tty --user 1000:1000 web sh",
	.options = options,
	.options_size = sizeof(struct exec_options),
	.min = 1,
	.max = (unsigned)-1,
	.stop_at_argument = true,
	.failure = "exec failed",
	.failure_status = 255,
	.run = exec,
};
