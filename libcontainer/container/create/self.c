/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/self.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int open_readonly_clone(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	cleanup_fd int tree =
		open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -1;
	return fd_take(&tree);
}

static int copy_to_memfd(void)
{
	cleanup_fd int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	cleanup_fd int copy = memfd_create("hull", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t sent;

	if (exe < 0 || copy < 0 || fchmod(copy, 0500) < 0)
		return -1;
	do
		sent = sendfile(copy, exe, NULL, 1 << 30);
	while (sent > 0 || (sent < 0 && errno == EINTR));
	if (sent < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		return -1;
	return fd_take(&copy);
}

bool self_is_protected(void)
{
	cleanup_fd int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct statvfs fs;

	return exe >= 0 && fstatvfs(exe, &fs) == 0 &&
		((fs.f_flag & ST_RDONLY) || fcntl(exe, F_GET_SEALS) == SEALS);
}

int self_begin_again(char **argv, struct error *err)
{
	cleanup_fd int safe = open_readonly_clone();

	if (safe < 0)
		safe = copy_to_memfd();
	if (safe < 0)
		return error_errno(err, "make a read-only copy of the program /proc/self/exe");
	execveat(safe, "", argv, environ, AT_EMPTY_PATH);
	return error_errno(err, "execute the read-only copy of the program");
}

int self_protect(char **argv, struct error *err)
{
	return self_is_protected() ? 0 : self_begin_again(argv, err);
}

int64_t self_only_writer(void)
{
	struct stat st;

	return stat("/proc/self/exe", &st) == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH))
		? (int64_t)st.st_uid
		: -1;
}
