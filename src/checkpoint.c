/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull checkpoint, hull restore
 */
#include "base/log.h"
#include "command.h"
#include "common_options.h"
#include "create.h"
#include <string.h>

/* Choices in the order of the enums in container.h, which leave 0 for the default. */
static const char *const cgroups_modes[] = { "soft", "full", "strict", "ignore", NULL };
static const char *const network_locks[] = { "iptables", "nftables", "skip", NULL };

/* ADDRESS:PORT; an IPv6 address in brackets. */
static int page_server(
	const struct option *option, const char *text, void *target, struct arena *arena, struct error *err)
{
	struct criu_options *criu = target;
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	(void)option;
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
		criu->page_server_address = arena_strndup(arena, text + 1, len - 2);
	else
		criu->page_server_address = arena_strndup(arena, text, len);
	if (!*criu->page_server_address || !parse_uint64(colon + 1, UINT16_MAX, &port) || port == 0)
		return error_set(err, 0, "expected ADDRESS:PORT");
	criu->page_server_port = (uint16_t)port;
	return 0;
}

/* The only namespace that CRIU can leave empty. */
static int empty_namespace(
	const struct option *option, const char *text, void *target, struct arena *arena, struct error *err)
{
	(void)option, (void)arena;
	*(bool *)target = strcmp(text, "network") == 0;
	return *(bool *)target ? 0 : error_set(err, 0, "expected network");
}

/* What checkpoint and restore have both. */
/* clang-format off */
#define ROW(...) { __VA_ARGS__ }
#define BOTH(member) offsetof(struct criu_options, member)
#define CRIU_ROWS \
	ROW("auto-dedup", 0, NULL, "drop pages from images that newer ones replace", option_bool, BOTH(auto_dedup)), \
	ROW("empty-ns", 0, "NAMESPACE", "a new, empty namespace of this type: network", empty_namespace, \
	    BOTH(empty_network_namespace)), \
	ROW("ext-unix-sk", 0, NULL, "allow unix sockets with a peer outside", option_bool, BOTH(ext_unix_sk)), \
	ROW("file-locks", 0, NULL, "allow file locks", option_bool, BOTH(file_locks)), \
	ROW("image-path", 0, "DIR", "where the images stand (default: ./checkpoint)", option_string, BOTH(image_path)), \
	ROW("lazy-pages", 0, NULL, "move memory when it is touched, with userfaultfd(2)", option_bool, BOTH(lazy_pages)), \
	ROW("manage-cgroups-mode", 0, "MODE", "soft (default), full, strict or ignore", option_choice, \
	    BOTH(cgroups_mode), .choices = cgroups_modes), \
	ROW("shell-job", 0, NULL, "allow a terminal of the caller's", option_bool, BOTH(shell_job)), \
	ROW("tcp-established", 0, NULL, "allow open TCP connections", option_bool, BOTH(tcp_established)), \
	ROW("work-path", 0, "DIR", "where CRIU's log and other files go", option_string, BOTH(work_path))
/* clang-format on */

static int checkpoint(const struct call *call, struct error *err)
{
	return container_checkpoint(call->rt, call->args[0], call->options, err);
}

static const struct option checkpoint_options[] = {
	CRIU_ROWS,
	{ "leave-running", 0, NULL, "let the container run on", option_bool,
		offsetof(struct criu_options, leave_running) },
	{ "link-remap", 0, NULL, "allow open files that have no name any more", option_bool,
		offsetof(struct criu_options, link_remap) },
	{ "network-lock", 0, "METHOD", "how connections are held: iptables, nftables or skip", option_choice,
		offsetof(struct criu_options, network_lock), .choices = network_locks },
	{ "page-server", 0, "ADDRESS:PORT", "send memory to this page server", page_server, 0 },
	{ "parent-path", 0, "DIR", "images of an earlier --pre-dump", option_string,
		offsetof(struct criu_options, parent_path) },
	{ "pre-dump", 0, NULL, "memory only, and let the container run on", option_bool,
		offsetof(struct criu_options, pre_dump) },
	{ "status-fd", 0, "N", "a descriptor that gets a NUL byte when --lazy-pages can be asked for them", option_fd,
		offsetof(struct criu_options, status_fd), "-1" },
	{ "tcp-skip-in-flight", 0, NULL, "leave out connections that are being made", option_bool,
		offsetof(struct criu_options, tcp_skip_in_flight) },
	{ OPTION_END },
};

const struct command checkpoint_command = {
	.name = "checkpoint",
	.summary = "save a running container to disk",
	.arguments = "ID",
	.description = "Has CRIU write the processes of the container to image files, from which `hull restore`\n"
		       "makes them again. The container ends, unless --leave-running says otherwise.",
	.example = "  hull checkpoint --image-path /var/tmp/web web",
	.options = checkpoint_options,
	.options_size = sizeof(struct criu_options),
	.min = 1,
	.max = 1,
	.run = checkpoint,
};

struct restore_options {
	struct criu_options criu; /* first, where CRIU_ROWS look for it */
	struct create_options create;
};

static int restore(const struct call *call, struct error *err)
{
	struct restore_options *o = call->options;
	int status = 0;

	create_environment(&o->create, call->args[0]);
	o->criu.status_fd = -1;
	return container_restore(call->rt, &o->create, &o->criu, &status, err) < 0 ? -1 : status;
}

static const struct option restore_options[] = {
	CRIU_ROWS,
	{ OPTION_BUNDLE(struct restore_options, create.) },
	{ OPTION_CONSOLE_SOCKET(struct restore_options, create.) },
	{ OPTION_DETACH(struct restore_options, create.) },
	{ "lsm-mount-context", 0, "CONTEXT", "another SELinux context for the mounts", option_string,
		offsetof(struct restore_options, criu.lsm_mount_context) },
	{ "lsm-profile", 0, "TYPE:NAME", "another profile: apparmor:NAME or selinux:LABEL", option_string,
		offsetof(struct restore_options, criu.lsm_profile) },
	{ OPTION_NO_PIVOT(struct restore_options, create.) },
	{ OPTION_NO_SUBREAPER(struct restore_options, create.) },
	{ OPTION_PID_FILE(struct restore_options, create.) },
	{ "tcp-close", 0, NULL, "close TCP connections instead of restoring them", option_bool,
		offsetof(struct restore_options, criu.tcp_close) },
	{ OPTION_END },
};

const struct command restore_command = {
	.name = "restore",
	.summary = "make a container again from what checkpoint saved",
	.arguments = "ID",
	.description = "Makes the container ID with the processes that `hull checkpoint` saved, from the same\n"
		       "bundle. Without --detach it waits until the container ends, as `hull run` does.",
	.example = "  hull restore --detach --bundle /srv/web --image-path /var/tmp/web web",
	.options = restore_options,
	.options_size = sizeof(struct restore_options),
	.min = 1,
	.max = 1,
	.run = restore,
};
