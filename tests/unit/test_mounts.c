/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan of the mounts: kinds, ID mappings, what waits; that nothing changes it afterwards.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/mount/internal.h"
#include "support.h"

enum { MANY = 16 };

static struct arena arena;
static struct oci_id_mapping of_container = { 0, 100000, 65536 }, of_mount = { 0, 7, 1 },
			     of_option = { 0, 5, 1 };
static const oci_id_mappings none, container = { &of_container, 1 }, mount_own = { &of_mount, 1 };

static struct mount_context context_of(const oci_id_mappings *mappings)
{
	return (struct mount_context){ .arena = &arena,
		.rootfs = "/bundle/rootfs",
		.bundle_fd = AT_FDCWD,
		.user_namespace = mappings->n > 0,
		.owns_network = true,
		.owns_ipc = true,
		.network = -1,
		.ipc = -1,
		.uid_mappings = mappings,
		.gid_mappings = mappings };
}

/* Options are separated by commas. */
static struct oci_mount entry(
	const char *destination, const char *type, const char *source, const char *options)
{
	struct oci_mount mount = { .destination = destination, .type = type, .source = source };
	char *text = arena_strdup(&arena, options), *option;

	mount.options.v = arena_alloc(&arena, MANY * sizeof *mount.options.v);
	while ((option = strsep(&text, ",")) != NULL)
		if (option[0] != '\0')
			mount.options.v[mount.options.n++] = option;
	return mount;
}

static int clean_up(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void each_entry_has_a_kind(void **state)
{
	static const struct {
		const char *destination, *type, *source, *options;
		enum mount_kind kind;
		int around; /* index of the mount that contains the source; -1: none */
	} table[] = {
		{ "/tmp", "tmpfs", "tmpfs", "", MOUNT_FILESYSTEM, -1 },
		{ "/mapped", "tmpfs", "tmpfs", "idmap", MOUNT_HOST_MADE, -1 },
		{ "/v", "bind", "/srv/v", "", MOUNT_BIND, -1 },
		{ "/w", NULL, "/srv/w", "rbind,idmap", MOUNT_BIND, -1 },
		{ "/etc/x", NULL, "/bundle/rootfs/etc/y", "bind", MOUNT_ROOTFS_BIND, -1 },
		{ "/a", NULL, "/bundle/rootfs/v/sub", "bind", MOUNT_INNER_BIND, 2 },
		{ "/v/below", "tmpfs", "tmpfs", "", MOUNT_FILESYSTEM, -1 },
		{ "/b", NULL, "/bundle/rootfs/v/below/it", "bind", MOUNT_INNER_BIND, 6 },
		{ "/b", NULL, "/bundle/./rootfs//a/../v/beside", "bind", MOUNT_INNER_BIND, 2 },
		{ "/c", NULL, "/bundle/rootfs-2/v", "bind", MOUNT_BIND, -1 },
		{ "/v", NULL, NULL, "bind,remount,ro", MOUNT_REMOUNT, -1 },
		{ "/proc", NULL, NULL, "remount,ro", MOUNT_REMOUNT, -1 },
		{ "/bundle/rootfs/d", "proc", "proc", "", MOUNT_FILESYSTEM, -1 },
	};
	const struct mount_context context = context_of(&container);
	struct oci_mount list[ARRAY_SIZE(table)];
	struct mounts mounts;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		list[i] = entry(
			table[i].destination, table[i].type, table[i].source, table[i].options);
	assert_int_equal(mounts_plan(&context, list, ARRAY_SIZE(list), &mounts, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(mounts.plan[i].kind, table[i].kind);
		assert_ptr_equal(mounts.plan[i].around,
			table[i].around >= 0 ? &mounts.plan[table[i].around] : NULL);
		assert_int_equal(mounts.state[i].tree, -1);
	}
	assert_string_equal(mounts.plan[12].destination, "/d");
	mounts_close(&mounts);
}

/* "/" ends with its slash: the path of a source in it begins with the same slash. */
static void the_root_of_the_host_as_rootfs(void **state)
{
	const struct oci_mount list[] = { entry("/v", NULL, "/srv", "bind"),
		entry("/w", NULL, "/v/sub", "bind"), entry("/x", NULL, "/", "bind") };
	struct mount_context context = context_of(&none);
	struct mounts mounts;

	(void)state;
	context.rootfs = "/";
	assert_int_equal(mounts_plan(&context, list, ARRAY_SIZE(list), &mounts, &err), 0);
	assert_int_equal(mounts.plan[0].kind, MOUNT_ROOTFS_BIND);
	assert_string_equal(mounts.plan[0].inner, "/srv");
	assert_int_equal(mounts.plan[1].kind, MOUNT_INNER_BIND);
	assert_ptr_equal(mounts.plan[1].around, &mounts.plan[0]);
	assert_string_equal(mounts.plan[2].inner, "/");
	mounts_close(&mounts);
}

static void a_namespace_that_is_not_the_containers(void **state)
{
	const struct oci_mount list[] = { entry("/sys", "sysfs", "sysfs", ""),
		entry("/dev/mqueue", "mqueue", "mqueue", "nosuid") };
	struct mount_context context = context_of(&container);
	struct mounts mounts;

	(void)state;
	context.owns_network = context.owns_ipc = false;
	context.ipc = 42;
	assert_int_equal(mounts_plan(&context, list, 2, &mounts, &err), 0);
	assert_int_equal(mounts.plan[0].kind, MOUNT_FOREIGN);
	assert_int_equal(mounts.plan[0].namespace, -1);
	assert_int_equal(mounts.plan[1].kind, MOUNT_FOREIGN);
	assert_int_equal(mounts.plan[1].namespace, 42);
	mounts_close(&mounts);
}

static void the_first_that_has_a_mapping_gives_it(void **state)
{
	static const struct {
		const char *options;
		bool property, userns;
		const struct oci_id_mapping *uids; /* NULL: the mount isn't ID-mapped */
		bool recursive, implied;
	} table[] = {
		{ "bind", false, true, NULL, false, false },
		{ "bind,idmap", false, true, &of_container, false, true },
		{ "rbind,ridmap", false, true, &of_container, true, true },
		{ "bind", true, true, &of_mount, false, false },
		{ "bind", true, false, &of_mount, false, false },
		{ "bind,ridmap", true, true, &of_mount, true, false },
		{ "bind,idmap=uids=0-5-1;gids=0-5-1", true, true, &of_option, false, false },
		{ "bind,ridmap=uids=0-5-1;gids=0-5-1", false, false, &of_option, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct mount_context context =
			context_of(table[i].userns ? &container : &none);
		struct oci_mount mount = entry("/v", NULL, "/srv/v", table[i].options);
		const struct mount_mapping *mapping;
		struct mounts mounts;

		if (table[i].property)
			mount.uid_mappings = mount.gid_mappings = mount_own;
		assert_int_equal(mounts_plan(&context, &mount, 1, &mounts, &err), 0);
		mapping = &mounts.plan[0].mapping;
		assert_int_equal(mapping->uids != NULL, table[i].uids != NULL);
		if (mapping->uids != NULL) {
			assert_memory_equal(mapping->uids->v, table[i].uids, sizeof of_option);
			assert_memory_equal(mapping->gids->v, table[i].uids, sizeof of_option);
		}
		assert_int_equal(mapping->recursive, table[i].recursive);
		assert_int_equal(mapping->implied, table[i].implied);
		mounts_close(&mounts);
	}
}

static void a_mapping_that_cannot_be(void **state)
{
	struct mount_context with = context_of(&container), without = context_of(&none);
	const struct oci_mount mapped[] = { entry("/v", NULL, "/srv/v", "bind,idmap"),
		entry("/w", NULL, "/bundle/rootfs/v/sub", "bind,idmap") };
	const struct oci_mount live[] = { entry("/t", "tmpfs", "tmpfs", ""),
		entry("/w", NULL, "/bundle/rootfs/t", "bind,idmap") };
	struct mounts mounts;

	(void)state;
	assert_int_equal(mounts_plan(&without, mapped, 1, &mounts, &err), -1);
	assert_string_equal(err.text,
		"/mounts/0: idmap needs uidMappings and gidMappings, or a container with a user "
		"namespace");
	mounts_close(&mounts);
	assert_int_equal(mounts_plan(&with, mapped, 2, &mounts, &err), -1);
	assert_non_null(strstr(err.text, "/mounts/1: its source is inside /mounts/0, which is "));
	mounts_close(&mounts);
	assert_int_equal(mounts_plan(&with, live, 2, &mounts, &err), 0);
	assert_true(mounts.plan[0].has_sources);
	mounts_close(&mounts);
	with.live = true;
	assert_int_equal(mounts_plan(&with, live, 2, &mounts, &err), -1);
	assert_non_null(strstr(err.text, "/mounts/1: a source inside another mount of a running "));
	mounts_close(&mounts);
}

static void what_waits_until_all_is_attached(void **state)
{
	static const struct {
		const char *destination, *type, *source, *options;
		bool late, late_live;
	} table[] = {
		{ "/plain", NULL, "/srv", "bind,ro", false, false },
		{ "/above", NULL, "/srv", "bind,ro", true, false },
		{ "/above/below", "tmpfs", "tmpfs", "ro", true, false },
		{ "/again", NULL, "/bundle/rootfs/above/x", "bind", true, false },
		{ "/cleared", NULL, "/bundle/rootfs/above/x", "bind,rw", false, false },
		{ "/cleared/all", NULL, "/bundle/rootfs/above/x", "rbind,rrw", false, false },
		{ "/beside", "proc", "proc", "ro", false, false },
	};
	struct mount_context context = context_of(&container);
	struct oci_mount list[ARRAY_SIZE(table)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		list[i] = entry(
			table[i].destination, table[i].type, table[i].source, table[i].options);
	for (int live = 0; live < 2; live++) {
		struct mounts mounts;

		context.live = live;
		assert_int_equal(mounts_plan(&context, list, ARRAY_SIZE(list), &mounts, &err), 0);
		for (size_t i = 0; i < ARRAY_SIZE(table); i++)
			assert_int_equal(mounts.plan[i].late_readonly,
				live ? table[i].late_live : table[i].late);
		assert_int_equal(!(mounts.plan[1].options.attr_set & MOUNT_ATTR_RDONLY), live == 0);
		mounts_close(&mounts);
	}
}

static void shared_mounts_wait_for_the_locks(void **state)
{
	const struct oci_mount list[] = { entry("/a", NULL, "/srv", "rbind,rshared"),
		entry("/b", NULL, "/srv", "rbind,rslave") };
	struct mount_context context = context_of(&container);
	struct mounts mounts;

	(void)state;
	context.locks = true;
	assert_int_equal(mounts_plan(&context, list, 2, &mounts, &err), 0);
	assert_int_equal(mounts.plan[0].late_propagation, MS_SHARED | MS_REC);
	assert_int_equal(mounts.plan[0].options.propagation, 0);
	assert_int_equal(mounts.plan[1].late_propagation, 0);
	assert_int_equal(mounts.plan[1].options.propagation, MS_SLAVE | MS_REC);
	mounts_close(&mounts);
}

static int refuse(void *context, bool directory, const char *path, struct error *error)
{
	(void)context;
	(void)directory;
	return error_set(error, EACCES, "%s", path);
}

/* Opened, prepared and attached: what the plan says is what it said before. */
static void a_plan_stays_as_it_is(void **state)
{
	const struct mount_requests requests = { .make_mountpoint = refuse };
	const struct oci_mount list[] = { entry("/t", "tmpfs", "tmpfs", "ro,mode=711"),
		entry("/v", NULL, "/proc", "rbind,ro"), entry("/t/sub", "tmpfs", "tmpfs", ""),
		entry("/again", NULL, "/bundle/rootfs/t/sub", "bind,nosuid"),
		entry("/again", NULL, NULL, "bind,remount,noexec") };
	const struct mount_context context = context_of(&none);
	const struct mount_preparation preparation = { .context = &context, .userns_fd = -1 };
	struct mount_plan before[ARRAY_SIZE(list)];
	struct mounts mounts;
	int root;

	(void)state;
	if (!in_child_of_root())
		return;
	private_mounts();
	CHECK(mount("tmpfs", base, "tmpfs", 0, "mode=755") == 0);
	root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mounts_plan(&context, list, ARRAY_SIZE(list), &mounts, &err) == 0);
	memcpy(before, mounts.plan, sizeof before);
	CHECK(mounts_open(&context, &mounts, &err) == 0);
	CHECK(mounts.state[0].tree < 0 && mounts.state[1].tree >= 0);
	CHECK(mounts_prepare(&mounts, &preparation, &err) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		CHECK(mount_attach(&mounts, i, root, &requests, &err) == 0);
	CHECK(mounts_finish(&mounts, &err) == 0);
	/* NOLINTNEXTLINE(*-memory-comparison,cert-exp42-c,cert-flp37-c): of a copy */
	CHECK(memcmp(before, mounts.plan, sizeof before) == 0);
	CHECK(faccessat(root, "t", W_OK, 0) < 0 && errno == EROFS);
	CHECK(faccessat(root, "t/sub", W_OK, 0) == 0);
	mounts_close(&mounts);
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_has_a_kind),
		cmocka_unit_test(the_root_of_the_host_as_rootfs),
		cmocka_unit_test(a_namespace_that_is_not_the_containers),
		cmocka_unit_test(the_first_that_has_a_mapping_gives_it),
		cmocka_unit_test(a_mapping_that_cannot_be),
		cmocka_unit_test(what_waits_until_all_is_attached),
		cmocka_unit_test(shared_mounts_wait_for_the_locks),
		cmocka_unit_test_setup_teardown(a_plan_stays_as_it_is, make_base, remove_base),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
