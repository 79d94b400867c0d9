/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "linux/ids/user.h"
#include "support.h"

static bool is(uid_t uid, gid_t gid, int groups)
{
	uid_t uids[3];
	gid_t gids[3];

	return getresuid(&uids[0], &uids[1], &uids[2]) == 0 &&
		getresgid(&gids[0], &gids[1], &gids[2]) == 0 && uids[0] == uid && uids[1] == uid &&
		uids[2] == uid && gids[0] == gid && gids[1] == gid && gids[2] == gid &&
		getgroups(0, NULL) == groups;
}

static void becomes_somebody_else(void **state)
{
	uint32_t groups[] = { 7, 8, 4000000000 };
	const struct oci_user user = {
		.uid = 1000, .gid = 4000000001, .additional_gids = { groups, 3 }
	};
	gid_t now[3];

	(void)state;
	if (!in_child_of_root())
		return;
	CHECK(user_set(&user, false, &err) == 0 && is(1000, 4000000001, 3));
	CHECK(getgroups(3, now) == 3 && now[0] == 7 && now[1] == 8 && now[2] == 4000000000);
	CHECK(setuid(0) < 0);
	_exit(0);
}

static void groups_of_the_caller(void **state)
{
	const struct oci_user user = { .uid = 1000, .gid = 1000 };
	const gid_t callers[] = { 42, 43 };

	(void)state;
	if (!in_child_of_root())
		return;
	CHECK(setgroups(2, callers) == 0);
	CHECK(user_set(&user, true, &err) == 0 &&
		is(1000, 1000, 2)); /* run.oci.keep_original_groups */
	_exit(0);
}

static void no_groups_are_inherited(void **state)
{
	const struct oci_user user = { .uid = 1000, .gid = 1000 };
	const gid_t callers[] = { 42, 43 };

	(void)state;
	if (!in_child_of_root())
		return;
	CHECK(setgroups(2, callers) == 0 && user_set(&user, false, &err) == 0 && is(1000, 1000, 0));
	_exit(0);
}

/* CVE-2014-8989: without privileges groups can't be dropped, so they can't be set either. */
static void where_setgroups_is_denied(void **state)
{
	uint32_t group = 5;
	const struct oci_user root = { 0 }, with_group = { .additional_gids = { &group, 1 } },
			      other = { .uid = 3 };

	(void)state;
	if (!in_child())
		return;
	log_open("/dev/null", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, NULL);
	enter_user_namespace();
	CHECK(user_set(&with_group, false, &err) == -1);
	CHECK(strstr(err.text, "/process/user/additionalGids: ") == err.text);
	CHECK(strstr(err.text, "cannot set any additional groups in a rootless container") != NULL);
	CHECK(user_set(&root, false, &err) == 0);
	CHECK(user_set(&other, false, &err) == -1 && err.code == EINVAL);
	CHECK(strcmp(err.text,
		      "/process/user/uid: become 3: invalid argument; "
		      "it has no mapping in the container's user namespace") == 0);
	_exit(0);
}

/* runc#4475. Terminals and files of the host keep their owner. */
static void only_pipes_are_given_away(void **state)
{
	char file[] = "/tmp/hull-test-user.XXXXXX";
	int pipes[2], fd;
	struct stat st;

	(void)state;
	if (!in_child_of_root())
		return;
	fd = mkstemp(file);
	unlink(file);
	CHECK(pipe(pipes) == 0 && dup2(pipes[0], 0) == 0 && dup2(fd, 1) == 1);
	user_own_pipes(100123);
	CHECK(fstat(0, &st) == 0 && st.st_uid == 100123 && st.st_gid == getegid());
	CHECK(fstat(1, &st) == 0 && st.st_uid == 0);
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_somebody_else),
		cmocka_unit_test(groups_of_the_caller),
		cmocka_unit_test(no_groups_are_inherited),
		cmocka_unit_test(where_setgroups_is_denied),
		cmocka_unit_test(only_pipes_are_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
