/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/parcel.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum tree_place {
	PLACE_ROOTFS,
	PLACE_NULL,
	PLACE_DEVICES,
	PLACE_DEVICE,
	PLACE_MOUNT,
	PLACE_PART,
	PLACE_CGROUP
};

/*
 * The payload contains a label for each tree, followed by a NUL-terminated path, which only
 * PLACE_PART uses.
 */
struct label {
	uint32_t place; /* enum tree_place */
	uint32_t index; /* of the mount or device */
	uint32_t entry; /* PLACE_CGROUP: of its entry */
};

/* ---- the sender ---- */

struct parcel {
	int sock;
	int fds[FD_SEND_MAX];
	size_t nfds, len;
	char payload[SYNC_PAYLOAD_MAX];
};

static int flush(struct parcel *parcel, enum sync_type type, struct error *err)
{
	int result = sync_send_fds(parcel->sock, type, parcel->nfds > 0 ? parcel->payload : NULL,
		parcel->len, parcel->fds, parcel->nfds);

	parcel->nfds = parcel->len = 0;
	return result == 0 ? 0 : sync_unsent(parcel->sock, SYNC_INIT, err);
}

static int add(
	struct parcel *parcel, struct label label, const char *path, int tree, struct error *err)
{
	size_t len = strlen(path) + 1;

	if (tree < 0)
		return 0;
	if (sizeof label + len >= sizeof parcel->payload)
		return error_set(err, ENAMETOOLONG, "send the mount below %s", path);
	if ((parcel->nfds == FD_SEND_MAX ||
		    parcel->len + sizeof label + len >= sizeof parcel->payload) &&
		flush(parcel, SYNC_TREES, err) < 0)
		return -1;
	parcel->fds[parcel->nfds++] = tree;
	memcpy(parcel->payload + parcel->len, &label, sizeof label);
	memcpy(parcel->payload + parcel->len + sizeof label, path, len);
	parcel->len += sizeof label + len;
	return 0;
}

static int add_mount(struct parcel *parcel, const struct setup *c, uint32_t i, struct error *err)
{
	const struct mount_state *state = &c->mounts.state[i];

	if (add(parcel, (struct label){ PLACE_MOUNT, i, 0 }, "", state->tree, err) < 0)
		return -1;
	for (size_t j = 0; j < state->parts.n; j++)
		if (add(parcel, (struct label){ PLACE_PART, i, 0 }, state->parts.v[j].path,
			    state->parts.v[j].tree, err) < 0)
			return -1;
	for (uint32_t j = 0; j < state->cgroup.entries.n; j++)
		if (add(parcel, (struct label){ PLACE_CGROUP, i, j }, "",
			    state->cgroup.entries.v[j].tree, err) < 0)
			return -1;
	return 0;
}

int parcel_send(const struct setup *c, struct error *err)
{
	struct parcel parcel;

	parcel.sock = c->sync[0];
	parcel.nfds = parcel.len = 0;
	if (c->trees_inside)
		return flush(&parcel, SYNC_PREPARED, err);
	if (add(&parcel, (struct label){ PLACE_ROOTFS, 0, 0 }, "", c->rootfs_tree, err) < 0 ||
		add(&parcel, (struct label){ PLACE_NULL, 0, 0 }, "", c->null_tree, err) < 0 ||
		add(&parcel, (struct label){ PLACE_DEVICES, 0, 0 }, "", c->devices.store, err) < 0)
		return -1;
	for (uint32_t i = 0; i < c->devices.n; i++)
		if (add(&parcel, (struct label){ PLACE_DEVICE, i, 0 }, "", c->devices.v[i].tree,
			    err) < 0)
			return -1;
	for (uint32_t i = 0; i < c->mounts.n; i++)
		if (add_mount(&parcel, c, i, err) < 0)
			return -1;
	return flush(&parcel, SYNC_PREPARED, err);
}

/* ---- the receiver ---- */

static int *slot_of_mount(struct mount_state *state, const struct label *label)
{
	if (label->place == PLACE_MOUNT)
		return &state->tree;
	return label->place == PLACE_CGROUP && label->entry < state->cgroup.entries.n
		? &state->cgroup.entries.v[label->entry].tree
		: NULL;
}

/* Returns where the tree belongs, or NULL. */
static int *slot_of(struct setup *c, const struct label *label)
{
	switch (label->place) {
	case PLACE_ROOTFS: return &c->rootfs_tree;
	case PLACE_NULL: return &c->null_tree;
	case PLACE_DEVICES: return &c->devices.store;
	case PLACE_DEVICE:
		return label->index < c->devices.n ? &c->devices.v[label->index].tree : NULL;
	default:
		return label->index < c->mounts.n
			? slot_of_mount(&c->mounts.state[label->index], label)
			: NULL;
	}
}

/* Takes the next tree and returns the length of its label, or 0. */
static size_t take(struct setup *c, const char *text, size_t len, int tree)
{
	struct label label;
	const char *path = text + sizeof label;
	int *slot;

	if (len <= sizeof label || memchr(path, '\0', len - sizeof label) == NULL)
		return 0;
	memcpy(&label, text, sizeof label);
	if (label.place == PLACE_PART && label.index < c->mounts.n && path[0] != '\0') {
		mount_take_tree(&c->mounts.state[label.index], &c->arena, path, tree);
	} else {
		slot = slot_of(c, &label);
		if (slot == NULL || *slot >= 0)
			return 0;
		*slot = tree;
	}
	return sizeof label + strlen(path) + 1;
}

int parcel_receive(struct setup *c, const struct sync_message *message, struct error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < message->nfds; i++) {
		size_t len = take(c, message->payload + at, message->len - at, message->fds[i]);

		at += len;
		if (len > 0)
			continue;
		for (; i < message->nfds; i++)
			close(message->fds[i]);
		return error_set(err, EPROTO, "receive a tree from the host side");
	}
	return 0;
}
