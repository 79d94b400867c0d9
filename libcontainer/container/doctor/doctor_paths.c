/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor PATH`: ID-mapped mounts, tried.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/doctor/doctor_checks.h"
#include "linux/mount/idmap.h"
#include "linux/mount/mountinfo.h"

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
		doctor_report(d, VERDICT_OK, check, NULL, "work (%s)", filesystem_name(fd));
	else if (err.code == EPERM && geteuid() != 0)
		doctor_report(d, VERDICT_WARNING, check, "run hull doctor as root",
			"can't be tried by this user");
	else
		doctor_report_error(d, VERDICT_BAD, check, &err);
}

/* Filesystems that no volume lies on. */
static bool is_kernels(const char *type)
{
	static const char *const types[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts",
		"mqueue", "nsfs", "bpf", "tracefs", "debugfs", "securityfs", "overlay", "autofs",
		"rpc_pipefs", "binfmt_misc", "configfs", "fusectl", "pstore", "efivarfs",
		"devtmpfs", "nfsd" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* The filesystems below as well: one mount of each type and directory tells enough of tmpfs, each
 * of the others is tried. */
static void check_below(struct doctor *d, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);
	struct arena *arena = &d->findings->arena;
	mount_entries entries;
	bool had_tmpfs = false;

	check_path(d, path);
	if (real == NULL || mountinfo_read(arena, &entries, NULL) < 0)
		return;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];

		if (strcmp(entry->point, real) == 0 || !path_is_below(entry->point, real) ||
			is_kernels(entry->type) || (strcmp(entry->type, "tmpfs") == 0 && had_tmpfs))
			continue;
		had_tmpfs |= strcmp(entry->type, "tmpfs") == 0;
		check_path(d, entry->point);
	}
}

void doctor_check_paths(struct doctor *d)
{
	static const char *const defaults[] = { "/var/lib/kubelet", "/var/lib/containerd",
		"/var/lib/containers/storage", "/var/lib/docker", "/var/lib/rancher" };
	bool any = false;

	for (size_t i = 0; i < d->options->paths.n; i++)
		check_below(d, d->options->paths.v[i]);
	for (size_t i = 0; d->options->paths.n == 0 && i < sizeof defaults / sizeof *defaults; i++)
		if (access(defaults[i], F_OK) == 0) {
			check_below(d, defaults[i]);
			any = true;
		}
	if (d->options->paths.n == 0 && !any)
		check_path(d, "/var/lib");
}
