/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/poststop.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define ASIDE "@deleted"

/*
 * The lock shows that a hull runs the hooks. It is released with its last descriptor, and so with a
 * killed hull.
 */
static bool lock(int state_fd)
{
	return flock(state_fd, LOCK_EX | LOCK_NB) == 0 &&
		faccessat(state_fd, "state.json", F_OK, 0) == 0;
}

static int open_aside(int root_fd)
{
	cleanup_fd int fd = openat(root_fd, ASIDE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && fd_is_ours(fd, S_IFDIR) ? fd_take(&fd) : -1;
}

/* Returns a descriptor of ROOT/@deleted, to which the container's directory was moved. */
static int put_aside(int root_fd, const char *id, struct error *err)
{
	for (;;) {
		cleanup_fd int aside = -1;

		if ((mkdirat(root_fd, ASIDE, 0700) < 0 && errno != EEXIST) ||
			((aside = open_aside(root_fd)) < 0 && errno != ENOENT))
			return error_errno(err, "make the directory " ASIDE " in the state root");
		if (aside >= 0 && renameat(root_fd, id, aside, id) == 0)
			return fd_take(&aside);
		if (aside >= 0 && (errno == ENOTEMPTY || errno == EEXIST)) {
			if (state_remove(aside, id, -1, err) < 0)
				return -1;
		} else if (errno != ENOENT) {
			return error_errno(err, "move %s to " ASIDE, id);
		} else if (aside >= 0 && faccessat(root_fd, id, F_OK, 0) < 0) {
			return fd_take(&aside); /* a killed delete has moved it */
		} /* otherwise another delete has removed the directory meanwhile */
	}
}

int poststop_finish(int root_fd, int state_fd, const struct state *state,
	const oci_hook_list *hooks, const struct hook_place *place, struct error *err)
{
	cleanup_buf struct buf json = { 0 };
	cleanup_fd int aside = -1;

	if (!lock(state_fd)) /* another delete runs the hooks, or has run them */
		return 0;
	aside = put_aside(root_fd, state->id, err);
	if (aside < 0)
		return -1;
	state_spec_json(&json, state, CONTAINER_STOPPED, 0);
	hooks_run_all(hooks, "poststop", &json, place);
	if (state_remove(aside, state->id, state_fd, err) < 0)
		return -1;
	unlinkat(root_fd, ASIDE, AT_REMOVEDIR); /* fails unless it is empty */
	return 0;
}

int poststop_remove(
	const struct runtime *rt, int state_fd, const struct state *state, struct error *err)
{
	cleanup_config struct oci_config config = { 0 };
	cleanup_fd int bundle = -1, root_fd = -1;
	struct hook_place place = HOOK_PLACE(-1);
	struct error problem;
	int result;

	if (!state->poststop)
		return state_remove_open(rt, state->id, state_fd, err);
	root_fd = state_root_open(rt, false, err);
	if (root_fd < 0)
		return -1;
	bundle = open(state->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state_config(state_fd, &config, &problem) < 0 ||
		hook_place_open(&place, &config, bundle, &problem) < 0) {
		log_warning("poststop hooks are left out: %s", problem.text);
		result = state_remove(root_fd, state->id, state_fd, err);
	} else {
		result = poststop_finish(
			root_fd, state_fd, state, &config.hooks->poststop, &place, err);
	}
	hook_place_close(&place);
	return result;
}

int poststop_resume(const struct runtime *rt, const char *id, struct error *err)
{
	cleanup_fd int root_fd = state_root_open(rt, false, NULL),
		       aside = root_fd < 0 ? -1 : open_aside(root_fd), state_fd = -1;
	cleanup_state_file struct state state = STATE_NONE;

	if (aside >= 0)
		state_fd = openat(aside, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state_fd < 0 || !lock(state_fd) || state_read(state_fd, &state, NULL) < 0)
		return 0;
	return poststop_remove(rt, state_fd, &state, err) < 0 ? -1 : 1;
}
