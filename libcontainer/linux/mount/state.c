/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of a mount: its tree, and the parts of a tree that was split.
 */
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/mount/internal.h"

void mount_take_tree(struct mount_state *state, struct arena *arena, const char *path, int tree)
{
	if (path[0] == '\0') {
		fd_close(&state->tree);
		state->tree = tree;
		return;
	}
	*LIST_ADD(arena, &state->parts) = (struct mount_part){ arena_strdup(arena, path), tree };
}

void mount_state_close_parts(struct mount_state *state)
{
	while (state->parts.n > 0)
		fd_close(&state->parts.v[--state->parts.n].tree);
}
