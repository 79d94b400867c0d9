/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CRIU's images, as far as hull has a say in what they hold: each is two magic numbers, then
 * messages with their lengths before them. All functions return -1 where it isn't such an image.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/json/json.h"
#include "spec/config.h"

struct arena;
struct buf;

/* files.img: CRIU wants a descriptor that takes the place of a file to be of the same type, mode
 * and size as that, and sets its position. For the standard streams that is wrong: appends to out
 * the image without these for files of these names. */
int criu_images_loosen(struct buf *out, const void *data, size_t len, const string_list *names);

/* mountpoints-*.img: peer groups, by the numbers that the kernel had for them. */
typedef LIST(uint32_t) peer_groups;

/* Adds the groups that mounts of the container are in, without those that come from the host. */
int criu_images_groups(const void *data, size_t len, struct arena *arena, peer_groups *groups);

/* CRIU knows no way to make a mount of the container's a slave or a peer of the host's again but to
 * have it of another one of the same kind. Appends to out the image without these relations: mounts
 * of the host are private, masters are those in groups only. */
int criu_images_cut(struct buf *out, const void *data, size_t len, const peer_groups *groups);
