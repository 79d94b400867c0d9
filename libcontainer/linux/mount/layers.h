/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root filesystem given as layers of an overlay (annotation io.hull.rootfs.layers). hull mounts
 * the overlay itself, over lower layers that are ID-mapped; an overlay as a whole can't be. So one
 * unpacked image serves any number of containers with different IDs, without chown and without a
 * copy. Nothing is mounted on the host.
 */
#pragma once
#include <sys/types.h>

#include "spec/config.h"

struct error;

struct layers {
	string_list lower;        /* the first is on top */
	const char *upper, *work; /* NULL: read-only */
	string_map others;        /* other overlay options */
};

/* Parses overlay options, "lowerdir=A:B,upperdir=C,workdir=D,...". Returns 0 or -1. */
int layers_parse(struct arena *arena, const char *text, struct layers *layers, struct error *err);

/*
 * Gives the overlay the SELinux label, unless its options have one. NULL: does nothing. The layers
 * keep their labels.
 */
void layers_label(struct arena *arena, struct layers *layers, const char *label);

/* Host IDs of container root. */
struct layers_owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Mounts the overlay and returns it as a detached tree, or -1. Paths are relative to bundle_fd.
 * userns_fd: mapping for the lower layers, which needs Linux 5.19; -1: none. owner: new owner of
 * the upper directory; NULL: unchanged.
 */
int layers_mount(const struct layers *layers, int bundle_fd, int userns_fd,
	const struct layers_owner *owner, struct error *err);
