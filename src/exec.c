/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull exec
 */
#include "command.h"
#include "common_options.h"

struct exec_command {
	struct exec_options options;
	const char *user;
};

/* Not while options are parsed: runc's status for a bad user is that of a failed exec, 255. */
static int read_user(struct exec_command *command, struct arena *arena, struct error *err)
{
	if (command->user == NULL ||
		option_user(NULL, command->user, &command->options.user, arena, err) == 0)
		return 0;
	return error_prefix(err, "--user %s", command->user);
}

static int exec(const struct call *call, struct error *err)
{
	struct exec_command *command = call->options;
	struct exec_options *o = &command->options;
	int status = 0;

	if (read_user(command, call->arena, err) < 0)
		return -1;
	o->id = call->args[0];
	o->args = (string_list){ (const char **)call->args + 1, call->n - 1 };
	if (o->args.n == 0 && !o->process)
		return error_set(err, 0,
			"process args cannot be empty: neither a command nor --process is given");
	return container_exec(call->rt, o, &status, err) < 0 ? -1 : status;
}

static const struct option options[] = {
	{ "additional-gids", 'g', "GID", "add a group ID; repeatable", option_gids,
		offsetof(struct exec_command, options.additional_gids) },
	{ "apparmor", 0, "PROFILE", "AppArmor profile", option_string,
		offsetof(struct exec_command, options.apparmor_profile) },
	{ "cap", 'c', "CAPABILITY", "add a capability, CAP_...; repeatable", option_strings,
		offsetof(struct exec_command, options.capabilities) },
	{ "cgroup", 0, "[CONTROLLER,...:]PATH",
		"use this existing cgroup below the container's; repeatable", option_strings,
		offsetof(struct exec_command, options.cgroups) },
	{ OPTION_CONSOLE_SOCKET(struct exec_command, options.) },
	{ "cwd", 0, "DIRECTORY", "working directory in the container", option_string,
		offsetof(struct exec_command, options.cwd) },
	{ OPTION_DETACH(struct exec_command, options.) },
	{ "env", 'e', "NAME=VALUE", "set an environment variable; repeatable", option_strings,
		offsetof(struct exec_command, options.env) },
	{ "ignore-paused", 0, NULL, "accept a paused container", option_bool,
		offsetof(struct exec_command, options.ignore_paused) },
	{ "no-new-privs", 0, NULL, "set no_new_privs", option_opt_bool,
		offsetof(struct exec_command, options.no_new_privileges) },
	{ OPTION_PID_FILE(struct exec_command, options.) },
	{ OPTION_PIDFD_SOCKET(struct exec_command, options.) },
	{ OPTION_PRESERVE_FDS(struct exec_command, options.) },
	{ "process", 'p', "FILE", "read the process as JSON, instead of a command and its options",
		option_string, offsetof(struct exec_command, options.process) },
	{ "process-label", 0, "LABEL", "SELinux label", option_string,
		offsetof(struct exec_command, options.selinux_label) },
	{ "tty", 't', NULL, "allocate a terminal", option_bool,
		offsetof(struct exec_command, options.tty) },
	{ "user", 'u', "UID[:GID]", "user ID, and optionally group ID", option_string,
		offsetof(struct exec_command, user) },
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
	.options_size = sizeof(struct exec_command),
	.min = 1,
	.max = (unsigned)-1,
	.stop_at_argument = true,
	.failure = "exec failed",
	.failure_status = 255,
	.run = exec,
};
