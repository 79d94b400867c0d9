/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor PATH`: tries ID-mapped mounts.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "doctor.h"
#include "linux/mount/idmap.h"

int doctor_try(int userns, int fd, const char *path, struct error *err)
{
	cleanup_fd int tree =
		open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "clone the mount of %s", path);
	return idmap_apply(tree, userns, false, "tried", path, err);
}

static void check_path(struct doctor *d, const char *path)
{
	cleanup_free char *check = mem_printf("ID-mapped mounts of %s", path);
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct error err;

	if (fd < 0)
		doctor_report(d, VERDICT_BAD, check, NULL, "%s", error_words(errno));
	else if (d->userns < 0)
		doctor_report(
			d, VERDICT_BAD, check, NULL, "can't be tried without a user namespace");
	else if (doctor_try(d->userns, fd, path, &err) == 0)
		doctor_report(d, VERDICT_OK, check, NULL, "work (%s)", idmap_filesystem_name(fd));
	else if (err.code == EPERM && geteuid() != 0)
		doctor_report(d, VERDICT_WARNING, check, "run hull doctor as root",
			"can't be tried by this user");
	else
		doctor_report_error(d, VERDICT_BAD, check, &err);
}

/* Filesystems that can't contain volumes. */
static bool is_kernels(const char *type)
{
	static const char *const types[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts",
		"mqueue", "nsfs", "bpf", "tracefs", "debugfs", "securityfs", "overlay", "autofs",
		"rpc_pipefs", "binfmt_misc", "configfs", "fusectl", "pstore", "efivarfs",
		"devtmpfs", "nfsd" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* Tries each filesystem below; of tmpfs, one mount is enough. */
static void check_one_below(struct doctor *d, struct libmnt_fs *fs, void *context)
{
	const char *type = mnt_fs_get_fstype(fs);
	bool *had_tmpfs = context, is_tmpfs = strcmp(type, "tmpfs") == 0;

	if (is_kernels(type) || (is_tmpfs && *had_tmpfs))
		return;
	*had_tmpfs |= is_tmpfs;
	check_path(d, mnt_fs_get_target(fs));
}

static void check_tree(struct doctor *d, const char *path)
{
	bool had_tmpfs = false;

	check_path(d, path);
	doctor_check_mount(d, path);
	doctor_each_below(d, path, check_one_below, &had_tmpfs);
}

void doctor_check_paths(struct doctor *d)
{
	static const char *const defaults[] = { "/var/lib/kubelet", "/var/lib/containerd",
		"/var/lib/containers/storage", "/var/lib/docker", "/var/lib/rancher" };
	bool any = false;

	for (size_t i = 0; i < d->paths.n; i++)
		check_tree(d, d->paths.v[i]);
	for (size_t i = 0; d->paths.n == 0 && i < ARRAY_SIZE(defaults); i++)
		if (access(defaults[i], F_OK) == 0) {
			check_tree(d, defaults[i]);
			any = true;
		}
	if (d->paths.n == 0 && !any) {
		check_path(d, "/var/lib");
		doctor_check_mount(d, "/var/lib");
	}
}
