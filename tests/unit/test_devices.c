/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "emulated.h"
#include "linux/mount/devices.h"
#include "support.h"

static struct arena arena;
static const oci_id_mappings none;

static int tear_down(void **state)
{
	arena_free(&arena);
	return remove_base(state);
}

/* Root with CAP_MKNOD; returns the new root filesystem, in a mount namespace of the calling child's
 * own. */
static int new_root(void)
{
	private_mounts();
	CHECK(mount("tmpfs", base, "tmpfs", 0, "mode=755") == 0);
	return open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is(int root, const char *path, mode_t mode, dev_t device, uid_t uid, gid_t gid)
{
	struct stat st;

	return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode == mode &&
		(S_ISFIFO(mode) || st.st_rdev == device) && st.st_uid == uid && st.st_gid == gid;
}

static bool works(int root, const char *path)
{
	cleanup_fd int fd = openat(root, path, O_RDWR | O_CLOEXEC);
	char c = 1;

	return fd >= 0 && read(fd, &c, 1) == 1 && c == 0;
}

static int plan_and_open(
	struct device_plan *plan, const struct device_request *request, struct error *error)
{
	return devices_plan(plan, &arena, request, error) < 0 ? -1 : devices_open(plan, error);
}

static void what_is_planned(void **state)
{
	const struct oci_device devices[] = {
		{ "/dev/fuse", "c", { true, 10 }, { true, 229 }, { 0 }, { 0 }, { 0 } },
		{ "dev//zero/", "c", { true, 1 }, { true, 5 }, { true, 0600 }, { true, 7 },
			{ true, 8 } },
		{ "/x/../sda", "b", { true, 8 }, { true, 0 }, { 0 }, { 0 }, { 0 } },
		{ "/pipe", "p", { 0 }, { 0 }, { true, 0100644 }, { 0 }, { 0 } },
		{ "/u", "u", { true, 259 }, { true, 1048575 }, { 0 }, { 0 }, { 0 } },
	};
	struct device_plan plan;

	(void)state;
	assert_int_equal(
		plan_and_open(&plan,
			&(struct device_request){ devices, 5, false, false, &none, &none }, &err),
		0);
	assert_int_equal(plan.n, 6 + 4);
	for (size_t i = 0; i < plan.n; i++)
		assert_true(plan.v[i].is_default ==
			(i < 6 && strcmp(plan.v[i].path, "/dev/zero") != 0));
	assert_string_equal(plan.v[1].path, "/dev/zero");
	assert_string_equal(plan.v[1].pointer, "/linux/devices/1");
	assert_int_equal(plan.v[1].mode, S_IFCHR | 0600);
	assert_int_equal(plan.v[1].uid, 7);
	assert_int_equal(plan.v[1].gid, 8);
	assert_int_equal(plan.v[6].mode, S_IFCHR | 0666);
	assert_string_equal(plan.v[7].path, "/sda");
	assert_int_equal(plan.v[7].mode, S_IFBLK | 0666);
	assert_int_equal(plan.v[8].mode, S_IFIFO | 0644);
	assert_true(plan.v[9].rdev == makedev(259, 1048575));
	devices_close(&plan);
}

static void a_type_that_is_none(void **state)
{
	const struct oci_device device = { .path = "/dev/x", .type = "a" };
	struct device_plan plan;

	(void)state;
	assert_int_equal(
		plan_and_open(&plan,
			&(struct device_request){ &device, 1, false, false, &none, &none }, &err),
		-1);
	assert_string_equal(err.text, "/linux/devices/0/type: \"a\" is not c, b, u or p");
	devices_close(&plan);
}

static bool has_links(int root)
{
	char target[32] = "";

	return readlinkat(root, "dev/fd", target, 31) == 13 &&
		strcmp(target, "/proc/self/fd") == 0 &&
		readlinkat(root, "dev/stderr", target, 31) == 15 &&
		readlinkat(root, "dev/ptmx", target, 31) == 8 && memcmp(target, "pts/ptmx", 8) == 0;
}

static void made_directly(void **state)
{
	const struct oci_device devices[] = {
		{ "/dev/net/tun", "c", { true, 10 }, { true, 200 }, { true, 0640 }, { true, 7 },
			{ true, 8 } },
		{ "/pipe", "p", { 0 }, { 0 }, { 0 }, { 0 }, { 0 } },
	};
	struct device_plan plan;
	int root;

	(void)state;
	if (!in_child_of_root())
		return;
	root = new_root();
	umask(077);
	CHECK(plan_and_open(&plan,
		      &(struct device_request){ devices, 2, false, false, &none, &none },
		      &err) == 0);
	for (int again = 0; again < 2; again++) { /* nodes that exist already are kept */
		CHECK(devices_make(&plan, root, true, &err) == 0);
		CHECK(is(root, "dev/null", S_IFCHR | 0666, makedev(1, 3), 0, 0) &&
			is(root, "dev/tty", S_IFCHR | 0666, makedev(5, 0), 0, 0));
		CHECK(is(root, "dev/net/tun", S_IFCHR | 0640, makedev(10, 200), 7, 8) &&
			is(root, "pipe", S_IFIFO | 0666, 0, 0, 0));
		CHECK(works(root, "dev/zero") && has_links(root));
	}
	CHECK(umask(0) == 077);
	_exit(0);
}

static void bind_of_dev_has_its_own(void **state)
{
	const struct oci_device device = { "/dev/x", "c", { true, 1 }, { true, 3 }, { 0 }, { 0 },
		{ 0 } };
	struct device_plan plan;
	int root;

	(void)state;
	if (!in_child_of_root())
		return;
	root = new_root();
	CHECK(plan_and_open(&plan,
		      &(struct device_request){ &device, 1, false, false, &none, &none },
		      &err) == 0);
	CHECK(devices_make(&plan, root, false, &err) == 0);
	CHECK(is(root, "dev/x", S_IFCHR | 0666, makedev(1, 3), 0, 0));
	CHECK(faccessat(root, "dev/null", F_OK, 0) < 0 && faccessat(root, "dev/fd", F_OK, 0) < 0);
	_exit(0);
}

static void another_file_in_its_place(void **state)
{
	struct device_plan plan;
	int root;

	(void)state;
	if (!in_child_of_root())
		return;
	root = new_root();
	for (int bind = 0; bind < 2; bind++) {
		CHECK(mkdirat(root, "dev", 0755) == 0 || bind);
		CHECK(plan_and_open(&plan,
			      &(struct device_request){ NULL, 0, bind, false, &none, &none },
			      &err) == 0);
		CHECK(mknodat(root, "dev/null", S_IFCHR | 0666, makedev(1, 5)) == 0);
		CHECK(devices_make(&plan, root, true, &err) == -1);
		CHECK(strcmp(err.text,
			      "default devices: /dev/null: expected the device c 1:3, found c "
			      "1:5: file exists") == 0);
		CHECK(unlinkat(root, "dev/null", 0) == 0 &&
			symlinkat("/etc/passwd", root, "dev/null") == 0);
		CHECK(devices_make(&plan, root, true, &err) == -1 &&
			strstr(err.text, "c 1:3, found a symlink") != NULL);
		CHECK(unlinkat(root, "dev/null", 0) == 0);
		devices_close(&plan);
	}
	_exit(0);
}

/* CVE-2026-41579, CVE-2026-47766: the image's /dev leads out. */
static void dev_is_a_symlink(void **state)
{
	struct device_plan plan;
	struct stat st;
	int root;

	(void)state;
	if (!in_child_of_root())
		return;
	root = new_root();
	CHECK(symlinkat("/../../../../../../dev", root, "dev") == 0);
	CHECK(plan_and_open(&plan, &(struct device_request){ NULL, 0, false, false, &none, &none },
		      &err) == 0);
	CHECK(devices_make(&plan, root, true, &err) == -1 &&
		err.code == ELOOP); /* in this root it leads to itself */
	CHECK(unlinkat(root, "dev", 0) == 0 &&
		symlinkat("/../../../tmp/elsewhere", root, "dev") == 0);
	CHECK(devices_make(&plan, root, true, &err) == 0);
	CHECK(is(root, "tmp/elsewhere/null", S_IFCHR | 0666, makedev(1, 3), 0, 0) &&
		stat("/tmp/elsewhere", &st) < 0);
	_exit(0);
}

/* The host's side makes the nodes, a child in a user namespace binds them. old: as before
 * Linux 6.15, where detached mounts can't be cloned. */
static void bind_in_user_namespace(bool old)
{
	struct oci_id_mapping line = { 0, 100000, 65536 };
	const oci_id_mappings ids = { &line, 1 };
	const struct oci_device devices[] = {
		{ "/dev/net/tun", "c", { true, 10 }, { true, 200 }, { true, 0640 }, { true, 7 },
			{ true, 8 } },
		{ "/pipe", "p", { 0 }, { 0 }, { 0 }, { 0 }, { 0 } },
	};
	struct device_plan plan;
	cleanup_free char *path = NULL;
	int sync[2], root;
	pid_t pid;
	char c;

	CHECK(plan_and_open(&plan, &(struct device_request){ devices, 2, true, false, &ids, &ids },
		      &err) == 0 &&
		plan.store >= 0);
	for (size_t i = 0; i < plan.n && old; i++)
		fd_close(&plan.v[i].tree);
	CHECK(pipe(sync) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(unshare(CLONE_NEWUSER) == 0 && write(sync[1], "x", 1) == 1);
		while (geteuid() != 0 && setresuid(0, 0, 0) < 0)
			usleep(1000);
		CHECK(setresgid(0, 0, 0) == 0);
		root = new_root();
		CHECK(chdir("/tmp") == 0);
		CHECK(devices_make(&plan, root, true, &err) == 0);
		CHECK(is(root, "dev/null", S_IFCHR | 0666, makedev(1, 3), 0, 0) &&
			works(root, "dev/zero") && has_links(root));
		CHECK(is(root, "dev/net/tun", S_IFCHR | 0640, makedev(10, 200), 7, 8) &&
			is(root, "pipe", S_IFIFO | 0666, 0, 0, 0));
		path = getcwd(NULL, 0);
		CHECK(path != NULL && strcmp(path, "/tmp") == 0);
		_exit(0);
	}
	CHECK(read(sync[0], &c, 1) == 1);
	path = mem_printf("/proc/%d/gid_map", (int)pid);
	CHECK(file_write(AT_FDCWD, path, "0 100000 65536", &err) == 0);
	path[strlen(path) - 7] = 'u';
	CHECK(file_write(AT_FDCWD, path, "0 100000 65536", &err) == 0);
	_exit(process_wait(pid));
}

static void bound_in_a_user_namespace(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	if (in_child_of_root())
		bind_in_user_namespace(false);
}

static void bound_on_older_kernels(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	if (in_child_of_root())
		bind_in_user_namespace(true);
}

static void owners_without_a_mapping(void **state)
{
	struct oci_id_mapping line = { 0, 100000, 10 };
	const oci_id_mappings ids = { &line, 1 };
	const struct oci_device device = { "/dev/x", "c", { true, 1 }, { true, 3 }, { 0 }, { 0 },
		{ true, 10 } };
	struct device_plan plan;

	(void)state;
	if (!in_child_of_root())
		return;
	CHECK(plan_and_open(&plan, &(struct device_request){ &device, 1, true, false, &ids, &ids },
		      &err) == -1);
	CHECK(strcmp(err.text, "/linux/devices/0/gid: 10 has no mapping in the user namespace") ==
		0);
	_exit(0);
}

/* Without privileges: the host's nodes, by their numbers. */
static void bound_without_root(void **state)
{
	const struct oci_device devices[] = {
		{ "/some/where", "c", { true, 1 }, { true, 5 }, { 0 }, { 0 }, { 0 } },
		{ "/dev/none", "c", { true, 240 }, { true, 77 }, { 0 }, { 0 }, { 0 } },
	};
	struct device_plan plan;
	int root;

	(void)state;
	if (!in_child())
		return;
	enter_user_namespace();
	root = new_root();
	CHECK(plan_and_open(&plan, &(struct device_request){ devices, 1, true, true, &none, &none },
		      &err) == 0 &&
		plan.store < 0);
	CHECK(devices_make(&plan, root, true, &err) == 0);
	CHECK(works(root, "dev/zero") && works(root, "some/where") && has_links(root));
	CHECK(plan_and_open(&plan,
		      &(struct device_request){ devices + 1, 1, true, true, &none, &none },
		      &err) == 0);
	root = new_root();
	CHECK(devices_make(&plan, root, true, &err) == -1);
	CHECK(strstr(err.text, "/linux/devices/0: the host has no node of the device c 240:77") ==
		err.text);
	_exit(0);
}

#define IN_A_TREE(test) cmocka_unit_test_setup_teardown(test, make_base, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_TREE(what_is_planned),
		IN_A_TREE(a_type_that_is_none),
		IN_A_TREE(made_directly),
		IN_A_TREE(bind_of_dev_has_its_own),
		IN_A_TREE(another_file_in_its_place),
		IN_A_TREE(dev_is_a_symlink),
		IN_A_TREE(bound_in_a_user_namespace),
		IN_A_TREE(bound_on_older_kernels),
		IN_A_TREE(owners_without_a_mapping),
		IN_A_TREE(bound_without_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
