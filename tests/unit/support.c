/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/remove_tree.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"

struct error err;
char base[] = "/tmp/hull-test.XXXXXX";

bool in_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		return true;
	assert_int_equal(process_wait(pid), 0);
	return false;
}

bool in_child_of_root(void)
{
	if (geteuid() != 0)
		skip();
	return in_child();
}

void end_child(const char *complaint)
{
	print_error("%s: %s\n", complaint, err.text);
	_exit(1);
}

void private_mounts(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

void enter_user_namespace(void)
{
	cleanup_free char *uids = mem_printf("0 %u 1", geteuid()),
			  *gids = mem_printf("0 %u 1", getegid());

	if (unshare(CLONE_NEWUSER) < 0 ||
		file_write(AT_FDCWD, "/proc/self/uid_map", uids, NULL) < 0)
		_exit(0);
	CHECK(file_write(AT_FDCWD, "/proc/self/setgroups", "deny", &err) == 0);
	CHECK(file_write(AT_FDCWD, "/proc/self/gid_map", gids, &err) == 0);
}

int make_base(void **state)
{
	(void)state;
	strcpy(base + strlen(base) - 6, "XXXXXX");
	return mkdtemp(base) == NULL || chmod(base, 0755) < 0 ? -1 : 0;
}

int remove_base(void **state)
{
	(void)state;
	remove_tree(AT_FDCWD, base);
	return faccessat(AT_FDCWD, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? -1 : 0;
}
