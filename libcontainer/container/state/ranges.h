/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Claims of blocks of IDs (--userns=auto). A block is a multiple of 65,536 IDs, aligned like the
 * kubelet's if the range allows it. For each 65,536 IDs there is a symlink, named after the first
 * ID, in one directory for all state roots of the host. It points to the state directory of the
 * container that has the IDs. symlink(2) fails if the name exists, and creates it together with its
 * contents, so concurrent hulls need neither a lock nor a scan. A claim whose state directory is
 * gone is void, so what a killed hull leaves is reused.
 */
#pragma once
#include <stdint.h>

#include "container/container.h"
#include "linux/ids/subids.h"

struct id_block {
	uint32_t uid, gid, size; /* size: a multiple of ID_UNIT */
};

/*
 * Claims a free block for the container with this absolute state directory. Fails with ENOENT if
 * the caller has no ranges, and with ENOSPC, naming the owners, if none is free. Returns 0 or -1.
 */
int ranges_claim(const struct runtime *rt, const char *state_directory, uint32_t size,
	struct id_block *block, struct error *err);

/* Chooses a block that is free now, without claiming it (`spec`). name: decides which. */
int ranges_choose(const struct runtime *rt, const char *name, uint32_t size, struct id_block *block,
	struct error *err);

/*
 * Releases a claim, if it is still this container's and no process of the user namespace is left;
 * else the next hull that wants the IDs finds out when they are free.
 */
void ranges_release(const struct runtime *rt, const char *state_directory,
	const struct id_block *block, uint64_t user_namespace);

/*
 * Removes claims of containers that are gone, and the directory if it is empty. Returns true if it
 * removed the directory.
 */
bool ranges_forget(const struct runtime *rt);

/*
 * Reads the ranges that blocks are taken from: for root those of the user `containers`, or else of
 * root; for others the caller's. *owner: that user. Everything is in arena. Returns 0 or -1.
 */
int ranges_of_caller(struct arena *arena, subid_list *uids, subid_list *gids, const char **owner,
	struct error *err);

/* Formats a block for the state file, "UID GID SIZE", in arena. */
const char *id_block_text(struct arena *arena, const struct id_block *block);
bool id_block_parse(const char *text, struct id_block *block);
