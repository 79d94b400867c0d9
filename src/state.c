/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull state
 */
#include "command.h"
#include "common_options.h"

static void state_members(
	struct json_writer *w, const struct container_state *state, const char *owner)
{
	json_map_open(w);
	json_member_string(w, "ociVersion", state->oci_version);
	json_member_string(w, "id", state->id);
	json_member_int(w, "pid", state->pid);
	json_member_string(w, "status", container_status_names[state->status - 1]);
	json_member_string(w, "bundle", state->bundle);
	json_member_string(w, "rootfs", state->rootfs);
	json_member_string(w, "created", state->created);
	annotations_json(w, &state->annotations);
	json_member_string(w, "owner", owner);
	json_map_close(w);
}

void state_text(
	struct buf *out, const struct container_state *state, const char *owner, unsigned indent)
{
	struct json_writer *w = json_writer_new(indent);

	state_members(w, state, owner);
	json_writer_finish(w, out);
}

static int state(const struct call *call, struct error *err)
{
	cleanup_state struct container_state st = { 0 };
	cleanup_buf struct buf out = { 0 };

	if (container_state(call->rt, call->args[0], &st, err) < 0)
		return -1;
	state_text(&out, &st, "", 2); /* as in runc, only `list` shows the owner */
	buf_puts(&out, "\n");
	return print(&out, err);
}

static const struct option options[] = { { OPTION_END } };

const struct command state_command = {
	.name = "state",
	.summary = "show the state of a container",
	.arguments = "ID",
	.description = "Prints the state as JSON: the members of the runtime-spec, and rootfs, "
		       "created and owner. The\n"
		       "status is creating, created, running, paused or stopped.",
	.example = "  hull state web",
	.options = options,
	.min = 1,
	.max = 1,
	.run = state,
};
