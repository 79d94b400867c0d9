/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull checkpoint
 */
#include "command.h"
#include "common_options.h"

static int checkpoint(const struct call *call, struct error *err)
{
	return container_checkpoint(call->rt, call->args[0], call->options, err);
}

static const struct option options[] = {
	OPTION_CRIU(struct criu_settings, ),
	{ "leave-running", 0, NULL, "keep the container running", option_bool,
		offsetof(struct criu_settings, leave_running) },
	{ "link-remap", 0, NULL, "allow deleted open files, by creating links to them", option_bool,
		offsetof(struct criu_settings, link_remap) },
	{ "page-server", 0, "ADDRESS:PORT", "send memory to this page server", option_string,
		offsetof(struct criu_settings, page_server) },
	{ "parent-path", 0, "DIR", "earlier --pre-dump to build on, relative to --image-path",
		option_string, offsetof(struct criu_settings, parent_path) },
	{ "pre-dump", 0, NULL,
		"write only memory, for a faster checkpoint later; the container keeps running",
		option_bool, offsetof(struct criu_settings, pre_dump) },
	{ "status-fd", 0, "FD", "write a NUL to this descriptor when --lazy-pages is ready",
		option_fd, offsetof(struct criu_settings, status_fd), "-1" },
	{ "tcp-skip-in-flight", 0, NULL, "ignore TCP connections that are being established",
		option_bool, offsetof(struct criu_settings, tcp_skip_in_flight) },
	{ OPTION_END },
};

const struct command checkpoint_command = {
	.name = "checkpoint",
	.summary = "checkpoint a container to files",
	.arguments = "ID",
	.description =
		"Writes the processes of a running or paused container, with their memory, to "
		"files for\n"
		"`hull restore`, and deletes the container unless --leave-running or "
		"--pre-dump is given.\n"
		"Needs CRIU and root.",
	.example = "  hull checkpoint --image-path /srv/images/web web",
	.options = options,
	.options_size = sizeof(struct criu_settings),
	.min = 1,
	.max = 1,
	.failure = "hull checkpoint failed",
	.run = checkpoint,
};
