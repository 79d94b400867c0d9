/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The images of CRIU that hull reads or edits. An image is two magic numbers, then messages, each
 * preceded by its length. All functions return -1 if the data isn't such an image.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/json/json.h"
#include "spec/config.h"

struct arena;
struct buf;

/*
 * Edits files.img. CRIU requires that a descriptor which replaces a file has its type, mode and
 * size, and sets its position: wrong for standard streams. Appends the image to out without these
 * fields for files with these names. Returns 0 or -1.
 */
int criu_images_loosen(struct buf *out, const void *data, size_t len, const string_list *names);

/* Peer groups of mounts in mountpoints-*.img, by the kernel's numbers. */
typedef LIST(uint32_t) peer_groups;

/*
 * Collects the groups of the container's own mounts, not of those from the host. Returns 0 or -1.
 */
int criu_images_groups(const void *data, size_t len, struct arena *arena, peer_groups *groups);

/*
 * CRIU can make a mount a slave or peer only of another mount in the images, not of the host's.
 * Appends the image to out without such relations: host mounts become private, and only `groups`
 * remain as masters. Returns 0 or -1.
 */
int criu_images_cut(struct buf *out, const void *data, size_t len, const peer_groups *groups);
