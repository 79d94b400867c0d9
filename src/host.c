/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After a failure: finds out whether this host, or the chroot or container that hull runs in, lacks
 * something that every container needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/sys.h"
#include "command.h"

static bool is_filesystem(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (long)fs.f_type == magic;
}

/* After chroot(2) this is true only if something is mounted there. */
static bool root_is_mount_point(void)
{
	struct statx st;

	return statx(AT_FDCWD, "/", 0, STATX_TYPE, &st) < 0 ||
		st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

void host_explain(struct error *err)
{
	if (!is_filesystem("/proc", PROC_SUPER_MAGIC))
		error_hint(err,
			"no procfs is mounted on /proc, and hull needs one: mount -t proc proc "
			"/proc");
	else if (err->code == EINVAL && !root_is_mount_point())
		error_hint(err,
			"hull runs in a chroot whose root is no mount point: mount --bind ROOT "
			"ROOT before chroot ROOT");
}
