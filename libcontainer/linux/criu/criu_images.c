/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/criu/criu_images.h"

#include <string.h>

#include "base/mem.h"
#include "linux/criu/protobuf.h"

enum { HEADER = 8 };
/* file_entry of fdinfo.proto, reg_file_entry of regfile.proto, mnt_entry of mnt.proto */
enum { FILE_REG = 3, REG_POS = 3, REG_NAME = 6, REG_SIZE = 8, REG_MODE = 10 };
enum { MOUNT_SHARED = 10, MOUNT_MASTER = 11, MOUNT_EXTERNAL = 18 };

/* The messages of an image, in sequence. */
struct image {
	const uint8_t *at, *end;
};

static int open_image(struct image *image, const void *data, size_t len)
{
	image->at = data;
	image->end = image->at + len;
	if (len < HEADER)
		return -1;
	image->at += HEADER;
	return 0;
}

/* Returns 1 for a message, 0 at the end, -1 on error. */
static int next_message(struct image *image, struct protobuf *message)
{
	uint32_t size;

	if (image->at == image->end)
		return 0;
	if (image->end - image->at < (ptrdiff_t)sizeof size)
		return -1;
	memcpy(&size, image->at, sizeof size);
	image->at += sizeof size;
	if (size > (size_t)(image->end - image->at))
		return -1;
	*message = (struct protobuf){ image->at, image->at + size };
	image->at += size;
	return 1;
}

static void append(struct buf *out, struct protobuf bytes)
{
	buf_append(out, bytes.at, (size_t)(bytes.end - bytes.at));
}

/* Appends the image with each message replaced by edit()'s output. */
static int edit_image(struct buf *out, const void *data, size_t len,
	int (*edit)(struct buf *out, struct protobuf message, const void *context),
	const void *context)
{
	struct protobuf message;
	struct image image;
	int found;

	if (open_image(&image, data, len) < 0)
		return -1;
	buf_append(out, data, HEADER);
	while ((found = next_message(&image, &message)) > 0) {
		cleanup_buf struct buf edited = { 0 };
		uint32_t size;

		if (edit(&edited, message, context) < 0)
			return -1;
		size = (uint32_t)edited.len;
		buf_append(out, &size, sizeof size);
		if (size > 0)
			buf_append(out, edited.data, size);
	}
	return found;
}

/* ---- open files ---- */

static bool is_named(struct protobuf reg, const string_list *names)
{
	struct protobuf_field field;

	while (reg.at < reg.end && protobuf_take(&reg, &field))
		for (size_t i = 0; field.number == REG_NAME && i < names->n; i++)
			if (strlen(names->v[i]) == (size_t)(field.bytes.end - field.bytes.at) &&
				memcmp(names->v[i], field.bytes.at, strlen(names->v[i])) == 0)
				return true;
	return false;
}

/* Removes the position, so that the descriptor that replaces the file keeps its own. */
static int loosen_file(struct buf *out, struct protobuf reg)
{
	struct protobuf_field field;

	while (reg.at < reg.end) {
		if (!protobuf_take(&reg, &field))
			return -1;
		if (field.number == REG_POS)
			protobuf_put_number(out, REG_POS, -1);
		else if (field.number != REG_SIZE && field.number != REG_MODE)
			append(out, field.whole);
	}
	return 0;
}

static int loosen(struct buf *out, struct protobuf entry, const void *names)
{
	struct protobuf_field field;

	while (entry.at < entry.end) {
		cleanup_buf struct buf reg = { 0 };

		if (!protobuf_take(&entry, &field))
			return -1;
		if (field.number != FILE_REG || field.is_number || !is_named(field.bytes, names)) {
			append(out, field.whole);
			continue;
		}
		if (loosen_file(&reg, field.bytes) < 0)
			return -1;
		protobuf_put_bytes(out, FILE_REG, reg.data, reg.len);
	}
	return 0;
}

int criu_images_loosen(struct buf *out, const void *data, size_t len, const string_list *names)
{
	return edit_image(out, data, len, loosen, names);
}

/* ---- mounts ---- */

struct sharing {
	uint32_t shared, master;
	bool external;
};

static int read_sharing(struct protobuf mount, struct sharing *sharing)
{
	struct protobuf_field field;

	*sharing = (struct sharing){ 0 };
	while (mount.at < mount.end) {
		if (!protobuf_take(&mount, &field))
			return -1;
		switch (field.number) {
		case MOUNT_SHARED: sharing->shared = (uint32_t)field.value; break;
		case MOUNT_MASTER: sharing->master = (uint32_t)field.value; break;
		case MOUNT_EXTERNAL: sharing->external = true; break;
		default: break;
		}
	}
	return 0;
}

static bool has_group(const peer_groups *groups, uint32_t group)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->v[i] == group)
			return true;
	return false;
}

static void add_group(struct arena *arena, peer_groups *groups, uint32_t group)
{
	*LIST_ADD(arena, groups) = group;
}

int criu_images_groups(const void *data, size_t len, struct arena *arena, peer_groups *groups)
{
	struct protobuf message;
	struct image image;
	int found;

	if (open_image(&image, data, len) < 0)
		return -1;
	while ((found = next_message(&image, &message)) > 0) {
		struct sharing sharing;

		if (read_sharing(message, &sharing) < 0)
			return -1;
		if (!sharing.external && sharing.shared != 0 && !has_group(groups, sharing.shared))
			add_group(arena, groups, sharing.shared);
	}
	return found;
}

static int cut(struct buf *out, struct protobuf mount, const void *groups)
{
	struct protobuf_field field;
	struct sharing sharing;

	if (read_sharing(mount, &sharing) < 0)
		return -1;
	while (mount.at < mount.end) {
		protobuf_take(&mount, &field); /* can't fail: the message was parsed before */
		if ((field.number == MOUNT_SHARED && sharing.external) ||
			(field.number == MOUNT_MASTER &&
				(sharing.external || !has_group(groups, sharing.master))))
			continue;
		append(out, field.whole);
	}
	return 0;
}

int criu_images_cut(struct buf *out, const void *data, size_t len, const peer_groups *groups)
{
	return edit_image(out, data, len, cut, groups);
}
