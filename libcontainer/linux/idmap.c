/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/idmap.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/sys.h"

/* Since which kernel a filesystem sets FS_ALLOW_IDMAP (mount_setattr(2), NOTES); 0: none up to 7.2. */
static const struct filesystem {
	long magic;
	const char *name;
	int major, minor;
} filesystems[] = {
	{ 0xef53, "ext4", 5, 12 },	   { 0x58465342, "xfs", 5, 12 },     { 0x4d44, "vfat", 5, 12 },
	{ 0x9123683e, "btrfs", 5, 15 },	   { 0x7366746e, "ntfs3", 5, 15 },   { 0xf2f52010, "f2fs", 5, 18 },
	{ 0xe0f5e1e2, "erofs", 5, 19 },	   { 0x73717368, "squashfs", 6, 2 }, { 0x01021994, "tmpfs", 6, 3 },
	{ 0x00c36400, "ceph", 6, 7 },	   { 0x958458f6, "hugetlbfs", 6, 9 }, { 0x65735546, "fuse", 6, 12 },
	{ 0x794c7630, "overlay", 7, 3 },   { 0x6969, "nfs", 0, 0 },	      { 0x01021997, "9p", 0, 0 },
	{ 0xff534d42, "cifs", 0, 0 },	   { 0xfe534d42, "smb3", 0, 0 },     { 0x9fa0, "proc", 0, 0 },
	{ 0x62656572, "sysfs", 0, 0 },	   { 0x63677270, "cgroup2", 0, 0 },  { 0x27e0eb, "cgroup", 0, 0 },
	{ 0x1cd1, "devpts", 0, 0 },	   { 0x19800202, "mqueue", 0, 0 },   { 0x2fc12fc1, "zfs", 0, 0 },
	{ 0x858458f6, "ramfs", 0, 0 },	   { 0x9660, "iso9660", 0, 0 },	      { 0x64626720, "debugfs", 0, 0 },
	{ 0x74726163, "tracefs", 0, 0 },   { 0xcafe4a11, "bpf", 0, 0 },	      { 0x6e736673, "nsfs", 0, 0 },
	{ 0x73636673, "securityfs", 0, 0 }, { 0x00c0ffee, "hostfs", 0, 0 },  { 0x6a656a63, "virtiofs", 6, 12 },
};

static const struct filesystem *filesystem_of(int fd, long *magic)
{
	struct statfs fs;

	*magic = fstatfs(fd, &fs) == 0 ? (long)fs.f_type : 0;
	for (size_t i = 0; i < sizeof filesystems / sizeof *filesystems; i++)
		if (filesystems[i].magic == *magic)
			return &filesystems[i];
	return NULL;
}

const char *filesystem_name(int fd)
{
	static char unknown[32];
	long magic;
	const struct filesystem *fs = filesystem_of(fd, &magic);

	if (fs != NULL)
		return fs->name;
	snprintf(unknown, sizeof unknown, "unknown (0x%lx)", magic);
	return unknown;
}

static bool kernel_is_at_least(int major, int minor)
{
	struct utsname name;
	int have_major = 0, have_minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &have_major, &have_minor);
	return have_major > major || (have_major == major && have_minor >= minor);
}

static int explain(int tree, const char *where, const char *path, struct error *err)
{
	int errnum = errno;
	long magic;
	const struct filesystem *fs = filesystem_of(tree, &magic);

	error_set(err, errnum, "%s: ID-map the mount of %s (filesystem %s)", where, path, filesystem_name(tree));
	if (errnum == EPERM)
		return error_hint(err, "this needs CAP_SYS_ADMIN in the user namespace in which the filesystem was mounted; rootless "
				       "callers don't have it, and a mount that is ID-mapped already can't be mapped again");
	if (errnum != EINVAL)
		return -1;
	if (fs != NULL && fs->major == 0)
		return error_hint(err, "%s can't be ID-mapped by any kernel; put the data on ext4, xfs, btrfs or tmpfs", fs->name);
	if (fs != NULL && !kernel_is_at_least(fs->major, fs->minor))
		return error_hint(err, "%s can be ID-mapped since Linux %d.%d", fs->name, fs->major, fs->minor);
	return error_hint(err, "this mount of %s can't be ID-mapped; ext4, xfs, btrfs and tmpfs can", filesystem_name(tree));
}

int idmap_apply(int tree, int userns_fd, bool recursive, const char *where, const char *path, struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns_fd };

	if (mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) == 0)
		return 0;
	return explain(tree, where, path, err);
}
