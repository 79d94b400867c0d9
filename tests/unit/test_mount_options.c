/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sys.h"
#include "spec/mount_options.h"

static struct arena arena;
static struct error err;

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Options as one text, separated by spaces. */
static int parse(const char *type, const char *text, struct mount_options *out)
{
	struct oci_mount mount = { .destination = "/d", .type = type };
	char *words = arena_strdup(&arena, text), *rest;

	mount.options.v = arena_alloc(&arena, 64 * sizeof *mount.options.v);
	for (char *word = strtok_r(words, " ", &rest); word != NULL;
		word = strtok_r(NULL, " ", &rest))
		mount.options.v[mount.options.n++] = word;
	return mount_options_parse(&arena, "/mounts/7", &mount, out, &err);
}

static struct mount_options good(const char *text)
{
	struct mount_options out;

	if (parse("tmpfs", text, &out) < 0)
		fail_msg("%s: %s", text, err.text);
	return out;
}

/* What the specification lists. */
static const char *const of_the_spec[] = {
	"async",
	"atime",
	"bind",
	"defaults",
	"dev",
	"diratime",
	"dirsync",
	"exec",
	"iversion",
	"lazytime",
	"loud",
	"mand",
	"noatime",
	"nodev",
	"nodiratime",
	"noexec",
	"noiversion",
	"nolazytime",
	"nomand",
	"norelatime",
	"nostrictatime",
	"nosuid",
	"nosymfollow",
	"private",
	"ratime",
	"rbind",
	"rdev",
	"rdiratime",
	"relatime",
	"remount",
	"rexec",
	"rnoatime",
	"rnodev",
	"rnodiratime",
	"rnoexec",
	"rnorelatime",
	"rnostrictatime",
	"rnosuid",
	"rnosymfollow",
	"ro",
	"rprivate",
	"rrelatime",
	"rro",
	"rrw",
	"rshared",
	"rslave",
	"rstrictatime",
	"rsuid",
	"rsymfollow",
	"runbindable",
	"rw",
	"shared",
	"silent",
	"slave",
	"strictatime",
	"suid",
	"symfollow",
	"sync",
	"tmpcopyup",
	"unbindable",
	"idmap",
	"ridmap",
};

static void test_names(void **state)
{
	unsigned n = 0;

	(void)state;
	for (; mount_option_name(n) != NULL; n++)
		assert_true(n == 0 ||
			strcmp(mount_option_name(n - 1), mount_option_name(n)) <
				0);                       /* bsearch needs it */
	assert_int_equal(n, ARRAY_SIZE(of_the_spec) + 5); /* crun's three, and z, Z */
	for (size_t i = 0; i < ARRAY_SIZE(of_the_spec); i++)
		assert_int_equal(good(of_the_spec[i]).data.n, 0); /* not handed to the filesystem */
}

static void test_attributes(void **state)
{
	static const struct {
		const char *text;
		uint64_t set, clear, rec_set, rec_clear;
	} cases[] = {
		{ "", 0, 0, 0, 0 },
		{ "defaults silent loud async nomand", 0, 0, 0, 0 },
		{ "ro nosuid nodev noexec nosymfollow nodiratime",
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME,
			0, 0, 0 },
		{ "rw suid dev exec symfollow diratime", 0,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME,
			0, 0 },
		{ "ro rw", 0, MOUNT_ATTR_RDONLY, 0, 0 },
		{ "rw ro", MOUNT_ATTR_RDONLY, 0, 0, 0 },
		{ "rro rnosuid", 0, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0 },
		{ "rro rrw rdev", 0, 0, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV },
		{ "rro rw", 0, MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mount_options out = good(cases[i].text);

		assert_int_equal(out.attr_set, cases[i].set);
		assert_int_equal(out.attr_clear, cases[i].clear);
		assert_int_equal(out.rec_attr_set, cases[i].rec_set);
		assert_int_equal(out.rec_attr_clear, cases[i].rec_clear);
	}
}

/* One value of several bits: what comes last decides, and all of the bits are cleared. */
static void test_access_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t set, clear;
	} cases[] = {
		{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
		{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
		{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
		{ "atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
		{ "nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
		{ "norelatime", 0, 0 },
		{ "noatime strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
		{ "strictatime noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
		{ "noatime relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
		{ "noatime atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
		{ "strictatime atime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
		{ "noatime norelatime nostrictatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
		{ "noatime nodiratime", MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME,
			MOUNT_ATTR__ATIME },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mount_options out = good(cases[i].text);

		assert_int_equal(out.attr_set, cases[i].set);
		assert_int_equal(out.attr_clear, cases[i].clear);
		assert_int_equal(out.rec_attr_clear, 0);
	}
	assert_int_equal(good("rnoatime").rec_attr_set, MOUNT_ATTR_NOATIME);
	assert_int_equal(good("rnoatime").rec_attr_clear, MOUNT_ATTR__ATIME);
	assert_int_equal(good("rnoatime").attr_clear, 0);
}

static void test_propagation(void **state)
{
	(void)state;
	assert_int_equal(good("nosuid").propagation, 0);
	assert_int_equal(good("shared").propagation, MS_SHARED);
	assert_int_equal(good("rslave").propagation, MS_SLAVE | MS_REC);
	assert_int_equal(good("private").propagation, MS_PRIVATE);
	assert_int_equal(good("rshared runbindable").propagation, MS_UNBINDABLE | MS_REC);
}

static void test_switches(void **state)
{
	struct mount_options out = good("bind");

	(void)state;
	assert_true(out.bind && !out.recursive_bind);
	out = good("rbind");
	assert_true(out.bind && out.recursive_bind);
	out = good("idmap");
	assert_true(out.idmap && !out.recursive_idmap && out.uid_mappings.n == 0);
	out = good("ridmap");
	assert_true(out.idmap && out.recursive_idmap);
	out = good("tmpcopyup remount");
	assert_true(out.tmpcopyup && out.remount && !out.copy_symlink && !out.src_nofollow &&
		!out.dest_nofollow);
	out = good("copy-symlink src-nofollow dest-nofollow");
	assert_true(out.copy_symlink && out.src_nofollow && out.dest_nofollow && !out.bind);
}

static void assert_superblock(struct mount_options out, const char *expected)
{
	cleanup_buf struct buf text = { 0 };

	buf_puts(&text, "");
	for (size_t i = 0; i < out.superblock.n; i++)
		buf_printf(&text, "%s%s", i > 0 ? " " : "", out.superblock.v[i]);
	assert_string_equal(text.data, expected);
}

static void test_superblock(void **state)
{
	struct mount_options out;

	(void)state;
	assert_superblock(good("rw async nosuid"), "");
	assert_superblock(good("ro sync dirsync mand lazytime"), "ro sync dirsync mand lazytime");
	assert_superblock(good("ro rw sync async lazytime nolazytime mand nomand"), "");
	assert_superblock(good("remount rw async nomand nolazytime"), "rw async nomand nolazytime");
	assert_superblock(good("rw ro remount"), "ro");
	assert_superblock(good("iversion"), "");
	assert_int_equal(parse("ext4", "iversion", &out), 0);
	assert_superblock(out, "i_version");
	assert_int_equal(parse("ext4", "iversion noiversion", &out), 0);
	assert_superblock(out, "");
	assert_int_equal(parse(NULL, "iversion", &out), 0);
	assert_superblock(out, "");
}

static void test_data(void **state)
{
	struct mount_options out = good(
		"mode=755 nosuid,size=64k newinstance x= context=\"system_u:object_r:x:s0:c1,c2\","
		"uid=0 lowerdir=/a\\,b:/c,upperdir=/u ,, =v");
	static const struct string_pair expected[] = {
		{ "mode", "755" },
		{ "nosuid", NULL },
		{ "size", "64k" },
		{ "newinstance", NULL },
		{ "x", "" },
		{ "context", "system_u:object_r:x:s0:c1,c2" },
		{ "uid", "0" },
		{ "lowerdir", "/a\\,b:/c" },
		{ "upperdir", "/u" },
		{ "", "v" },
	};

	(void)state;
	assert_int_equal(out.data.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_string_equal(out.data.v[i].key, expected[i].key);
		if (expected[i].value == NULL)
			assert_null(out.data.v[i].value);
		else
			assert_string_equal(out.data.v[i].value, expected[i].value);
	}
	for (int i = 0; i < 100; i++)
		mount_options_add_data(&arena, &out, "k", "v");
	assert_int_equal(out.data.n, ARRAY_SIZE(expected) + 100);
	assert_string_equal(out.data.v[0].key, "mode");
	assert_string_equal(out.data.v[out.data.n - 1].key, "k");
}

static void test_idmap_of_its_own(void **state)
{
	struct mount_options out = good("idmap=uids=0-1-10#10-11-20;gids=0-100-10");

	(void)state;
	assert_true(out.idmap && !out.recursive_idmap);
	assert_int_equal(out.uid_mappings.n, 2);
	assert_int_equal(out.uid_mappings.v[1].container_id, 10);
	assert_int_equal(out.uid_mappings.v[1].host_id, 11);
	assert_int_equal(out.uid_mappings.v[1].size, 20);
	assert_int_equal(out.gid_mappings.v[0].host_id, 100);
	out = good("ridmap=gids=0-0-1;uids=0-0-1");
	assert_true(out.idmap && out.recursive_idmap);
}

static void test_idmap_refused(void **state)
{
	static const char *const wrong[] = {
		"idmap=",
		"idmap=uids=0-1-10",
		"idmap=gids=0-1-10",
		"idmap=uids=0-1-10;gids=",
		"idmap=uids=0-1-10;gids=0-1",
		"idmap=x",
		"idmap=uids=0-1-10;gids=0-1-10x",
		"idmap=uids=0-1-10;gids=0-1-0",
		"idmap=uids=0-1-10;gids=a-1-1",
		"idmap=uids=0-1-10,gids=0-1-10",
		"idmap=uids=0-1-10#;gids=0-1-10",
		"idmap=uids=0-1-4294967296;gids=0-1-10",
		"idmap=uids=0-1-4294967295;gids=0-1-10x",
		"ridmap=uids=0--1-1;gids=0-1-10",
		"idmap=uids=0-4294967295-1;gids=0-1-10",
		"idmap=uids=1-0-4294967295;gids=0-1-10",
		"idmap=uids=0-1-10;gids=0-1-10;pids=1-1-1",
	};
	struct mount_options out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[128];

		snprintf(text, sizeof text, "nosuid %s", wrong[i]);
		if (parse("tmpfs", text, &out) == 0)
			fail_msg("accepted: %s", wrong[i]);
		assert_memory_equal(err.text, "/mounts/7/options/1: \"", 22);
	}
}

/* crun(1) has this example: a container with 0→0 (1) and 1→2 (1000); @1-3-10 is 1-4-10. */
static void test_idmap_relative(void **state)
{
	struct oci_id_mapping lines[] = { { 0, 0, 1 }, { 1, 2, 1000 }, { 1001, 50000, 10 } };
	const oci_id_mappings container = { lines, ARRAY_SIZE(lines) };
	struct mount_options out = good("idmap=uids=@1-3-10#20-7-1;gids=@0-0-3");

	(void)state;
	assert_int_equal(
		mount_options_resolve(&arena, "/mounts/7", &out, &container, &container, &err), 0);
	assert_int_equal(out.uid_mappings.n, 2);
	assert_memory_equal(
		&out.uid_mappings.v[0], (&(struct oci_id_mapping){ 1, 4, 10 }), sizeof lines[0]);
	assert_memory_equal(
		&out.uid_mappings.v[1], (&(struct oci_id_mapping){ 20, 7, 1 }), sizeof lines[0]);
	assert_int_equal(out.gid_mappings.n, 2); /* split where the container's map is */
	assert_memory_equal(
		&out.gid_mappings.v[0], (&(struct oci_id_mapping){ 0, 0, 1 }), sizeof lines[0]);
	assert_memory_equal(
		&out.gid_mappings.v[1], (&(struct oci_id_mapping){ 1, 2, 2 }), sizeof lines[0]);
	assert_int_equal(
		mount_options_resolve(&arena, "/mounts/7", &out, &container, &container, &err),
		0); /* once is enough */
	assert_int_equal(out.gid_mappings.n, 2);

	out = good("idmap=uids=0-0-1;gids=@0-1005-10");
	assert_int_equal(
		mount_options_resolve(&arena, "/mounts/7", &out, &container, &container, &err), -1);
	assert_string_equal(
		err.text, "/mounts/7/options: idmap: 1011 has no mapping in /linux/gidMappings");
	out = good("nosuid");
	assert_int_equal(
		mount_options_resolve(&arena, "/mounts/7", &out, &container, &container, &err), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_attributes),
		TEST(test_access_times),
		TEST(test_propagation),
		TEST(test_switches),
		TEST(test_superblock),
		TEST(test_data),
		TEST(test_idmap_of_its_own),
		TEST(test_idmap_refused),
		TEST(test_idmap_relative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
