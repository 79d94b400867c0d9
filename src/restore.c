/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull restore
 */
#include "command.h"
#include "common_options.h"

struct restore_options {
	struct create_options create;
	struct criu_settings criu;
};

static int restore(const struct call *call, struct error *err)
{
	struct restore_options *o = call->options;
	int status = 0;

	o->create.id = call->args[0];
	o->criu.status_fd = -1;
	return container_restore(call->rt, &o->create, &o->criu, &status, err) < 0 ? -1 : status;
}

static const struct option options[] = {
	{ OPTION_BUNDLE(struct restore_options, create.) },
	{ OPTION_CONSOLE_SOCKET(struct restore_options, create.) },
	OPTION_CRIU(struct restore_options, criu.),
	{ OPTION_DETACH(struct restore_options, create.) },
	{ "lsm-mount-context", 0, "CONTEXT", "SELinux context for mounts", option_string,
		offsetof(struct restore_options, criu.lsm_mount_context) },
	{ "lsm-profile", 0, "TYPE:NAME", "label for processes: selinux:LABEL or apparmor:PROFILE",
		option_string, offsetof(struct restore_options, criu.lsm_profile) },
	{ "no-pivot", 0, NULL, "ignored: CRIU enters the rootfs itself", option_ignore, 0 },
	{ OPTION_NO_SUBREAPER(struct restore_options, create.) },
	{ OPTION_PID_FILE(struct restore_options, create.) },
	{ "tcp-close", 0, NULL, "restore TCP connections as closed", option_bool,
		offsetof(struct restore_options, criu.tcp_close) },
	{ OPTION_END },
};

const struct command restore_command = {
	.name = "restore",
	.summary = "restore a container from a checkpoint",
	.arguments = "ID",
	.description =
		"Restores a container from a bundle and the files of `hull checkpoint`. Unless "
		"detached, waits\n"
		"for its first process to end, and deletes it; the exit status is that of the "
		"process, or 128\n"
		"plus the signal that ended it. Needs CRIU and root.",
	.example = "  hull restore --detach --image-path /srv/images/web --bundle /srv/web web",
	.options = options,
	.options_size = sizeof(struct restore_options),
	.min = 1,
	.max = 1,
	.failure = "hull restore failed",
	.run = restore,
};
