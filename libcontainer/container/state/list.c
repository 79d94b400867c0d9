/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `state` and `list`.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/state/state.h"

/* Moves the strings of the state file, and their arena, to out. */
static void present(struct container_state *out, struct state *state, int state_fd)
{
	enum container_status status = state_status(state, state_fd);

	*out = (struct container_state){
		.oci_version = state->oci_version,
		.id = state->id,
		.pid = status == CONTAINER_STOPPED ? 0 : state->pid,
		.status = status,
		.bundle = state->bundle,
		.rootfs = state->rootfs,
		.created = state->created,
		.annotations = state->annotations,
		.owner = state->owner,
	};
	cgroup_close(&state->cgroup);
	out->arena = state->arena;
	state->arena = (struct arena){ 0 };
}

int container_state(
	const struct runtime *rt, const char *id, struct container_state *out, struct error *err)
{
	struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err);

	*out = (struct container_state){ 0 };
	if (state_fd < 0) {
		state_free(&state);
		return -1;
	}
	present(out, &state, state_fd);
	return 0;
}

void container_state_free(struct container_state *state)
{
	arena_free(&state->arena);
}

static int show(int root_fd, const char *id,
	int (*each)(void *, const struct container_state *, const struct error *), void *context)
{
	cleanup_fd int state_fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_state struct container_state out = { 0 };
	struct state state = STATE_NONE;
	struct error problem;
	struct stat st;

	if (state_fd < 0) /* deleted meanwhile, or not a directory */
		return 0;
	if (state_read(state_fd, &state, &problem) == 0) {
		present(&out, &state, state_fd);
		return each(context, &out, NULL);
	}
	state_free(&state);
	if (fstat(state_fd, &st) < 0 || st.st_nlink == 0)
		return 0;
	out.id = id;
	out.owner = st.st_uid;
	return each(context, &out, &problem);
}

static int is_container(const struct dirent *entry)
{
	return state_check_id(entry->d_name, NULL) == 0;
}

int container_list(const struct runtime *rt,
	int (*each)(
		void *context, const struct container_state *state, const struct error *problem),
	void *context, struct error *err)
{
	cleanup_fd int root_fd = state_root_open(rt, false, err);
	struct dirent **entries;
	int n, result = 0;

	if (root_fd < 0)
		return rt->root_is_default && errno == ENOENT ? 0 : -1;
	n = scandirat(root_fd, ".", &entries, is_container, alphasort);
	if (n < 0)
		return error_errno(err, "read the state root %s", rt->root);
	for (int i = 0; i < n; i++) {
		if (result == 0)
			result = show(root_fd, entries[i]->d_name, each, context);
		mem_free(entries[i]);
	}
	mem_free(entries);
	return result;
}
