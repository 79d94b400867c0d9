/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root filesystem given as layers of an overlay (annotation io.hull.rootfs.layers): hull mounts
 * the overlay itself, over lower layers that are ID-mapped, which an overlay as a whole can't be.
 * So one unpacked image serves any number of containers with different ids, without a chown and
 * without a copy. Nothing is mounted on the host.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

struct layers {
	string_list lower;        /* the first one is on top */
	const char *upper, *work; /* NULL: read-only */
	string_map others;        /* options that are overlay's */
};

/* text: as the options of an overlay, "lowerdir=A:B,upperdir=C,workdir=D,...". */
int layers_parse(struct arena *arena, const char *text, struct layers *layers, struct error *err);

/* Host ids of the container's root. */
struct layers_owner {
	uid_t uid;
	gid_t gid;
};

/* The overlay as a detached tree. Paths are relative to bundle_fd. userns_fd: whose mapping the
 * lower layers get; -1: none. owner: who gets the upper directory; NULL: it stays whose it is.
 * Needs Linux 5.19 where the lower layers are ID-mapped. */
int layers_mount(const struct layers *layers, int bundle_fd, int userns_fd,
	const struct layers_owner *owner, struct error *err);
