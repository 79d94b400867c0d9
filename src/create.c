/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull create
 */
#include "create.h"

#include <unistd.h>

#include "command.h"
#include "common_options.h"

void create_environment(struct create_options *options, const char *id)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS"),
		   *notify = getenv("NOTIFY_SOCKET");
	const char *receiver = getenv("RUN_OCI_SECCOMP_RECEIVER");
	struct error ignored;
	uint64_t n;

	options->id = id;
	options->notify_socket = notify && *notify ? notify : NULL;
	options->seccomp_receiver = receiver && *receiver ? receiver : NULL;
	if (pid && fds && option_parse_uint64(pid, INT32_MAX, &n) && (pid_t)n == getpid())
		option_count(NULL, fds, &options->listen_fds, NULL, &ignored);
}

static int create(const struct call *call, struct error *err)
{
	create_environment(call->options, call->args[0]);
	return container_create(call->rt, call->options, err);
}

static const struct option options[] = {
	{ OPTION_BUNDLE(struct create_options, ) },
	{ OPTION_CONFIG(struct create_options, ) },
	{ OPTION_CONSOLE_SOCKET(struct create_options, ) },
	{ OPTION_GIDMAP(struct create_options, ) },
	{ OPTION_IDMAP_ROOTFS(struct create_options, ) },
	{ OPTION_NO_NEW_KEYRING(struct create_options, ) },
	{ OPTION_NO_PIVOT(struct create_options, ) },
	{ OPTION_PID_FILE(struct create_options, ) },
	{ OPTION_PIDFD_SOCKET(struct create_options, ) },
	{ OPTION_PRESERVE_FDS(struct create_options, ) },
	{ OPTION_UIDMAP(struct create_options, ) },
	{ OPTION_USERNS(struct create_options, ) },
	{ "no-subreaper", 0, NULL, NULL, option_ignore,
		0 }, /* crun's; create leaves no process for it */
	{ OPTION_END },
};

const struct command create_command = {
	.name = "create",
	.summary = "create a container",
	.arguments = "ID",
	.description = "Creates namespaces, a cgroup, the root file system and a first process for "
		       "the container of a\n"
		       "bundle. The process waits until `hull start` makes it execute the program "
		       "that config.json\n"
		       "names. ID is any new name of letters, digits and _ + - .",
	.example = "  hull create --bundle /srv/web web && hull start web",
	.options = options,
	.options_size = sizeof(struct create_options),
	.min = 1,
	.max = 1,
	.failure = "hull create failed",
	.run = create,
};
