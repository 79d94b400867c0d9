/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is written through procfs: sysctls and security labels. */
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
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "linux/namespaces/procfs.h"
#include "linux/namespaces/sysctl.h"
#include "linux/process/lsm.h"
#include "support.h"

static int proc = -1;
static struct buf warnings;

static int set_up(void **state)
{
	(void)state;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return proc < 0;
}

static int tear_down(void **state)
{
	(void)state;
	fd_close(&proc);
	buf_free(&warnings);
	return 0;
}

static void collect(void *context, enum log_level level, const char *text)
{
	(void)level;
	buf_puts(context, text);
}

static void only_procfs_is_written(void **state)
{
	cleanup_fd int tmp = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC),
		       below = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(procfs_write(tmp, "x", "x", &err), -1);
	assert_string_equal(err.text,
		"/proc/ is not procfs; something is mounted there: invalid cross-device link");
	assert_int_equal(procfs_write(below, "comm", "x", &err), -1);
	assert_int_equal(err.code, EXDEV);
	assert_int_equal(procfs_write(proc, "self/root/etc/hostname", "x", &err), -1);
	assert_int_equal(procfs_open(proc, "self/cwd", O_RDONLY, &err), -1);
	assert_int_equal(procfs_open(proc, "../etc/hostname", O_RDONLY, &err), -1);
	assert_int_equal(procfs_open(proc, "/etc/hostname", O_RDONLY, &err), -1);
	assert_int_equal(procfs_open(-1, "self/comm", O_RDONLY, &err), -1);
	assert_int_equal(procfs_write(proc, "thread-self/comm", "hull-proc", &err), 0);
	assert_int_equal(procfs_write(proc, "self/oom_score_adj", "x", &err), -1);
	assert_string_equal(err.text, "write \"x\" to /proc/self/oom_score_adj: invalid argument");
}

/* CVE-2019-16884, CVE-2025-52881: something is mounted on the file. */
static void what_is_mounted_over_it(void **state)
{
	int here;

	(void)state;
	if (!in_child_of_root())
		return;
	private_mounts();
	here = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mount("tmpfs", "/proc/self/attr", "tmpfs", 0, NULL) == 0);
	CHECK(mkdir("/proc/self/attr/apparmor", 0755) == 0);
	close(open("/proc/self/attr/apparmor/exec", O_CREAT | O_WRONLY, 0644));
	CHECK(procfs_write(here, "self/attr/apparmor/exec", "exec x", &err) == -1 &&
		err.code == EXDEV);
	CHECK(mount("/proc/self/attr/apparmor/exec", "/proc/sys/kernel/ostype", NULL, MS_BIND,
		      NULL) == 0);
	CHECK(procfs_open(here, "sys/kernel/ostype", O_RDONLY, &err) == -1 && err.code == EXDEV);
	/* The handle from before is another mount, on which there is nothing. */
	CHECK(procfs_open(proc, "sys/kernel/ostype", O_RDONLY, &err) >= 0);
	_exit(0);
}

/* Sets net.ipv4.ping_group_range in a network namespace of its own; what the kernel has then must
 * be `want`. */
static void ping_group_range(const char *value, struct oci_id_mapping *lines, size_t n,
	const char *want, const char *warning)
{
	struct string_pair pair = { "net.ipv4.ping_group_range", value };
	const string_map sysctl = { &pair, 1 };
	const oci_id_mappings gids = { lines, n };
	cleanup_buf struct buf text = { 0 };

	if (!in_child())
		return;
	buf_clear(&warnings);
	CHECK(unshare(CLONE_NEWNET) == 0);
	CHECK((sysctl_apply(proc, -1, &sysctl, &gids, &err) == 0) == (want != NULL));
	CHECK(warning == NULL ? warnings.len == 0 : strstr(warnings.data, warning) != NULL);
	if (want == NULL) {
		CHECK(strstr(err.text, "/linux/sysctl/net.ipv4.ping_group_range: write ") ==
			err.text);
		_exit(0);
	}
	CHECK(file_read(AT_FDCWD, "/proc/sys/net/ipv4/ping_group_range", &text, NULL) == 0);
	CHECK(strcmp(text.data, want) == 0);
	_exit(0);
}

static void groups_of_ping(void **state)
{
	struct oci_id_mapping one = { 0, 100000, 65536 }, two[] = { { 10, 1, 5 }, { 0, 200, 10 } };

	(void)state;
	if (geteuid() != 0)
		skip();
	log_to_sink(collect, &warnings);
	ping_group_range("0 2147483647", NULL, 0, "0\t2147483647\n", NULL);
	ping_group_range(
		"0 2147483647", &one, 1, "0\t65535\n", "set to \"0 65535\", not \"0 2147483647\"");
	ping_group_range("0\t100", &one, 1, "0\t100\n", NULL);
	ping_group_range("5 4000000", two, 2, "5\t14\n", "set to \"5 14\"");
	ping_group_range("1 0", &one, 1, "1\t0\n", NULL);
	ping_group_range("many", &one, 1, NULL, NULL);
}

static void sysctls_that_are_not_there(void **state)
{
	struct string_pair pair = { "net.ipv4.flying", "1" };
	const string_map sysctl = { &pair, 1 };
	const oci_id_mappings none = { 0 };

	(void)state;
	assert_int_equal(sysctl_apply(proc, -1, &sysctl, &none, &err), -1);
	assert_string_equal(err.text,
		"/linux/sysctl/net.ipv4.flying: open /proc/sys/net/ipv4/flying: it doesn't exist");
}

static void labels_without_their_module(void **state)
{

	(void)state;
	assert_int_equal(lsm_check(NULL, NULL, &err), 0);
	assert_int_equal(lsm_check("", "", &err), 0);
	assert_int_equal(lsm_check("unconfined", NULL, &err), 0);
	assert_int_equal(lsm_apparmor_apply(-1, NULL, &err), 0);
	assert_int_equal(lsm_selinux_apply(-1, "", &err), 0);
	if (!lsm_apparmor_enabled()) {
		assert_int_equal(lsm_check("docker-default", NULL, &err), -1);
		assert_string_equal(err.text,
			"/process/apparmorProfile: \"docker-default\" can't be applied: AppArmor "
			"is not enabled on this host");
		assert_int_equal(lsm_apparmor_apply(proc, "docker-default", &err), -1);
		assert_memory_equal(err.text, "/process/apparmorProfile: ", 26);
		assert_int_equal(lsm_apparmor_apply(proc, "unconfined", &err), 0);
	}
	if (!lsm_selinux_enabled()) {
		assert_int_equal(lsm_check(NULL, "system_u:system_r:container_t:s0", &err), -1);
		assert_memory_equal(err.text, "/process/selinuxLabel: ", 23);
		assert_int_equal(
			lsm_selinux_apply(proc, "system_u:system_r:container_t:s0", &err), -1);
		assert_memory_equal(err.text, "/process/selinuxLabel: ", 23);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_procfs_is_written),
		cmocka_unit_test(what_is_mounted_over_it),
		cmocka_unit_test(groups_of_ping),
		cmocka_unit_test(sysctls_that_are_not_there),
		cmocka_unit_test(labels_without_their_module),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
