/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/claim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "container/poststop.h"
#include "container/state/ranges.h"
#include "container/wire/notify.h"

static int make_state_directory(struct setup *c, struct error *err)
{
	c->root_fd = state_root_open(c->rt, true, err);
	if (c->root_fd < 0)
		return -1;
	if (mkdirat(c->root_fd, c->options->id, 0700) < 0) {
		if (errno != EEXIST)
			return error_errno(
				err, "make the state directory %s/%s", c->rt->root, c->options->id);
		error_set(err, 0, "container with given ID already exists: %s", c->options->id);
		return -1;
	}
	c->claimed = true;
	c->state_fd = openat(c->root_fd, c->options->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->state_fd < 0
		? error_errno(err, "open the state directory %s/%s", c->rt->root, c->options->id)
		: 0;
}

void setup_unclaim(struct setup *c)
{
	struct error err;
	struct id_block ids;

	if (!c->claimed)
		return;
	if (id_block_parse(c->state.userns_claim, &ids))
		ranges_release(c->rt, arena_printf(&c->arena, "%s/%s", c->rt->root, c->options->id),
			&ids, c->state.user_namespace);
	if ((c->owes_poststop ? poststop_finish(c->root_fd, c->state_fd, &c->state,
					&c->config.hooks->poststop, &c->hook_place, &err)
			      : state_remove(c->root_fd, c->options->id, c->state_fd, &err)) < 0)
		log_warning("%s", err.text);
}

int setup_claim_ids(void *context, uint32_t size, struct id_block *ids, struct error *err)
{
	struct setup *c = context;

	if (make_state_directory(c, err) < 0 ||
		ranges_claim(c->rt, arena_printf(&c->arena, "%s/%s", c->rt->root, c->options->id),
			size, ids, err) < 0)
		return -1;
	c->state.userns_claim = id_block_text(&c->arena, ids);
	return 0;
}

/*
 * Copies the part of the configuration that exec needs, before setup_claim() adds what only the
 * init gets (NOTIFY_SOCKET).
 */
static struct oci_config *exec_part(struct setup *c)
{
	struct oci_config *part = arena_alloc(&c->arena, sizeof *part);

	part->linux = c->config.linux;
	if (c->config.process == NULL)
		return part;
	part->process = arena_alloc(&c->arena, sizeof *part->process);
	*part->process = *c->config.process;
	part->process->args = (string_list){ 0 };
	return part;
}

static void describe(struct setup *c)
{
	const struct oci_namespace *pid = config_namespace(&c->config, NAMESPACE_PID);
	struct state *state = &c->state;

	state->oci_version = c->config.oci_version;
	state->id = c->options->id;
	state->bundle = c->bundle;
	state->rootfs = c->rootfs;
	state->phase = CONTAINER_CREATING;
	state->creator = getpid();
	process_start_time(getpid(), &state->creator_start_time, NULL);
	state->created = state_timestamp(&c->arena);
	state->annotations = c->config.annotations;
	state->own_pid_namespace = pid != NULL && pid->path == NULL;
	state->poststart = c->config.hooks != NULL && c->config.hooks->poststart.n > 0;
	state->poststop = c->config.hooks != NULL && c->config.hooks->poststop.n > 0;
	state->process = c->config.process != NULL;
	state->no_new_keyring = c->options->no_new_keyring;
	state->rootless = c->rootless;
	state->terminal = c->config.process != NULL && c->config.process->terminal;
	state->exec = exec_part(c);
}

int setup_claim(struct setup *c, struct error *err)
{
	if (!c->claimed && make_state_directory(c, err) < 0)
		return -1;
	describe(c);
	if (c->options->notify_socket != NULL && setup_has_mounts(c) && !c->mounts_on_host) {
		cleanup_free char *path = mem_printf("%s/%s", c->rt->root, c->options->id);

		c->state.notify = true;
		if (notify_add(&c->config, path, c->state_fd, err) < 0)
			return -1;
	}
	return file_make(
		c->state_fd, "config.json", c->config_text.data, c->config_text.len, 0600, err);
}

int setup_write_state(struct setup *c, struct error *err)
{
	c->state.phase = CONTAINER_CREATED;
	c->state.creator = 0;
	c->state.creator_start_time = 0;
	return state_write(c->state_fd, &c->state, err);
}
