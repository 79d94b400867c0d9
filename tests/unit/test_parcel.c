/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trees on their way to the init: each arrives in its place, and nothing of a wrong message stays.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "container/create/parcel.h"
#include "support.h"

enum { MOUNTS = 100, DEVICES = 7, ENTRIES = 3, PARTS = 2 };

/* A side of `create` with MOUNTS mounts, the first of which is a cgroup, and DEVICES devices. */
static struct setup side(void)
{
	struct setup c = SETUP(CREATE);

	c.mounts.n = MOUNTS;
	c.mounts.plan = arena_alloc(&c.arena, MOUNTS * sizeof *c.mounts.plan);
	c.mounts.state = arena_alloc(&c.arena, MOUNTS * sizeof *c.mounts.state);
	for (size_t i = 0; i < MOUNTS; i++)
		c.mounts.state[i].tree = -1;
	c.mounts.state[0].cgroup.entries.v =
		arena_alloc(&c.arena, ENTRIES * sizeof(struct cgroup_mount_entry));
	c.mounts.state[0].cgroup.entries.n = ENTRIES;
	for (size_t i = 0; i < ENTRIES; i++)
		c.mounts.state[0].cgroup.entries.v[i].tree = -1;
	c.devices.n = DEVICES;
	c.devices.v = arena_alloc(&c.arena, DEVICES * sizeof *c.devices.v);
	for (size_t i = 0; i < DEVICES; i++)
		c.devices.v[i].tree = -1;
	return c;
}

/* A file that is another one each time. */
static int file(void)
{
	int fd = memfd_create("tree", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void give(struct setup *c)
{
	c->rootfs_tree = file();
	c->null_tree = file();
	c->devices.store = file();
	for (size_t i = 0; i < DEVICES; i += 2)
		c->devices.v[i].tree = file();
	for (size_t i = 1; i < MOUNTS; i++)
		c->mounts.state[i].tree = i % 5 == 0 ? -1 : file();
	for (size_t i = 0; i < ENTRIES - 1; i++)
		c->mounts.state[0].cgroup.entries.v[i].tree = file();
	mount_take_tree(&c->mounts.state[3], &c->arena, "/below", file());
	mount_take_tree(&c->mounts.state[3], &c->arena, "/below/it", file());
}

static void close_side(struct setup *c)
{
	fd_close(&c->rootfs_tree);
	fd_close(&c->null_tree);
	fd_close(&c->devices.store);
	for (size_t i = 0; i < DEVICES; i++)
		fd_close(&c->devices.v[i].tree);
	for (size_t i = 0; i < ENTRIES; i++)
		fd_close(&c->mounts.state[0].cgroup.entries.v[i].tree);
	for (size_t i = 0; i < MOUNTS; i++) {
		fd_close(&c->mounts.state[i].tree);
		for (size_t j = 0; j < c->mounts.state[i].parts.n; j++)
			fd_close(&c->mounts.state[i].parts.v[j].tree);
	}
	arena_free(&c->arena);
}

static bool same(int a, int b)
{
	struct stat st_a, st_b;

	if (a < 0 || b < 0)
		return a < 0 && b < 0;
	return a != b && fstat(a, &st_a) == 0 && fstat(b, &st_b) == 0 && st_a.st_ino == st_b.st_ino;
}

static void each_tree_arrives_in_its_place(void **state)
{
	struct setup host = side(), init = side();
	struct sync_message message;
	int messages = 0, type;

	(void)state;
	give(&host);
	assert_int_equal(sync_pair(host.sync, &err), 0);
	assert_int_equal(parcel_send(&host, &err), 0);
	do {
		type = sync_receive(host.sync[1], &message, SYNC_HOST_SIDE, &err);
		assert_int_equal(parcel_receive(&init, &message, &err), 0);
		messages++;
	} while (type == SYNC_TREES);
	assert_int_equal(type, SYNC_PREPARED);
	assert_int_equal(messages, 2);
	assert_true(same(host.rootfs_tree, init.rootfs_tree));
	assert_true(same(host.null_tree, init.null_tree));
	assert_true(same(host.devices.store, init.devices.store));
	for (size_t i = 0; i < DEVICES; i++)
		assert_true(same(host.devices.v[i].tree, init.devices.v[i].tree));
	for (size_t i = 0; i < MOUNTS; i++)
		assert_true(same(host.mounts.state[i].tree, init.mounts.state[i].tree));
	for (size_t i = 0; i < ENTRIES; i++)
		assert_true(same(host.mounts.state[0].cgroup.entries.v[i].tree,
			init.mounts.state[0].cgroup.entries.v[i].tree));
	assert_int_equal(init.mounts.state[3].parts.n, PARTS);
	for (size_t i = 0; i < PARTS; i++) {
		const struct mount_part *sent = &host.mounts.state[3].parts.v[i],
					*got = &init.mounts.state[3].parts.v[i];

		assert_string_equal(got->path, sent->path);
		assert_true(same(got->tree, sent->tree));
	}
	fd_close(&host.sync[0]);
	fd_close(&host.sync[1]);
	close_side(&host);
	close_side(&init);
}

/* Where an init opens its trees itself, the message comes without any. */
static void none_where_the_init_is_the_opener(void **state)
{
	struct setup host = side();
	struct sync_message message;

	(void)state;
	give(&host);
	host.trees_inside = true;
	assert_int_equal(sync_pair(host.sync, &err), 0);
	assert_int_equal(parcel_send(&host, &err), 0);
	assert_int_equal(sync_receive(host.sync[1], &message, SYNC_HOST_SIDE, &err), SYNC_PREPARED);
	assert_int_equal(message.nfds, 0);
	fd_close(&host.sync[0]);
	fd_close(&host.sync[1]);
	close_side(&host);
}

static void a_wrong_label_is_an_error(void **state)
{
	static const struct {
		uint32_t label[3];
		const char *path;
		size_t cut; /* bytes that are missing at the end */
	} table[] = {
		{ { 99, 0, 0 }, "", 0 },                   /* no such place */
		{ { 4, MOUNTS, 0 }, "", 0 },               /* no such mount */
		{ { 3, DEVICES, 0 }, "", 0 },              /* no such device */
		{ { 6, 0, ENTRIES }, "", 0 },              /* no such entry */
		{ { 6, 1, 0 }, "", 0 },                    /* no cgroup */
		{ { 5, 1, 0 }, "", 0 },                    /* a part without a path */
		{ { 5, MOUNTS, 0 }, "/x", 0 },             /* a part of no mount */
		{ { 4, 1, 0 }, "", 1 },                    /* no NUL */
		{ { 4, 1, 0 }, "", 5 },                    /* no label */
		{ { 0, UINT32_MAX, UINT32_MAX }, "", 13 }, /* nothing at all */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct setup init = side();
		struct sync_message message = { .nfds = 2 };
		size_t len = sizeof table[i].label + strlen(table[i].path) + 1;
		int next;

		memcpy(message.payload, table[i].label, sizeof table[i].label);
		strcpy(message.payload + sizeof table[i].label, table[i].path);
		message.len = len - table[i].cut;
		message.fds[0] = next = file();
		message.fds[1] = file();
		assert_int_equal(parcel_receive(&init, &message, &err), -1);
		assert_int_equal(err.code, EPROTO);
		assert_int_equal(fcntl(next, F_GETFD), -1);
		assert_int_equal(fcntl(message.fds[1], F_GETFD), -1);
		close_side(&init);
	}
}

/* The second of two trees for one place. */
static void a_place_is_taken_once(void **state)
{
	const uint32_t labels[2][4] = { { 0 }, { 0 } }; /* the NUL is the first byte of the last */
	struct setup init = side();
	struct sync_message message = { .nfds = 2, .len = 26 };

	(void)state;
	memcpy(message.payload, labels[0], 13);
	memcpy(message.payload + 13, labels[1], 13);
	message.fds[0] = file();
	message.fds[1] = file();
	assert_int_equal(parcel_receive(&init, &message, &err), -1);
	assert_int_equal(init.rootfs_tree, message.fds[0]);
	assert_int_equal(fcntl(message.fds[1], F_GETFD), -1);
	close_side(&init);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tree_arrives_in_its_place),
		cmocka_unit_test(none_where_the_init_is_the_opener),
		cmocka_unit_test(a_wrong_label_is_an_error),
		cmocka_unit_test(a_place_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
