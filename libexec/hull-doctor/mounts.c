/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Explains mounts: which one a path is on, what it hides, and which of its options hinder a
 * container. libmount reads the table.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/list.h"
#include "doctor.h"

struct libmnt_fs *doctor_mount_of(struct doctor *d, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);

	return d->mounts != NULL && real != NULL
		? mnt_table_find_mountpoint(d->mounts, real, MNT_ITER_BACKWARD)
		: NULL;
}

bool doctor_mount_has(struct libmnt_fs *fs, const char *option)
{
	const char *options = mnt_fs_get_vfs_options(fs);

	return options != NULL && mnt_optstr_get_option(options, option, NULL, NULL) == 0;
}

static unsigned long propagation_of(struct libmnt_fs *fs)
{
	unsigned long flags = 0;

	mnt_fs_get_propagation(fs, &flags);
	return flags;
}

bool doctor_mount_is_shared(struct libmnt_fs *fs)
{
	return propagation_of(fs) & MS_SHARED;
}

static const char *propagation_name(struct libmnt_fs *fs)
{
	unsigned long flags = propagation_of(fs);

	return flags & MS_SHARED && flags & MS_SLAVE ? "shared and slave"
		: flags & MS_SHARED                  ? "shared"
		: flags & MS_SLAVE                   ? "slave"
		: flags & MS_UNBINDABLE              ? "unbindable"
						     : "private";
}

const char *doctor_mount_text(struct doctor *d, struct libmnt_fs *fs)
{
	const char *source = mnt_fs_get_source(fs), *type = mnt_fs_get_fstype(fs);

	return arena_printf(&d->findings.arena, "%s%s%s at %s, %s, %s", type,
		source != NULL && strcmp(source, type) != 0 ? " " : "",
		source != NULL && strcmp(source, type) != 0 ? source : "", mnt_fs_get_target(fs),
		mnt_fs_get_vfs_options(fs), propagation_name(fs));
}

/* Returns the mount that fs hides because both have the same mount point; or NULL. */
static struct libmnt_fs *hidden_by(struct doctor *d, struct libmnt_fs *fs)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *other, *found = NULL;

	while (found == NULL && mnt_table_next_fs(d->mounts, iter, &other) == 0)
		if (mnt_fs_get_id(other) == mnt_fs_get_parent_id(fs) &&
			strcmp(mnt_fs_get_target(other), mnt_fs_get_target(fs)) == 0)
			found = other;
	mnt_free_iter(iter);
	return found;
}

/* Where engines keep images, and the kubelet keeps volumes. */
static const struct data_directory {
	const char *path;
	bool images, propagates;
} directories[] = {
	{ "/var/lib/kubelet", false, true },
	{ "/var/lib/containerd", true, false },
	{ "/var/lib/containers/storage", true, false },
	{ "/var/lib/docker", true, false },
	{ "/var/lib/rancher", true, true },
};

static const struct obstacle {
	const char *option, *remedy, *consequence;
	bool images_only;
} obstacles[] = {
	{ "ro", "rw", "nothing can be written", false },
	{ "noexec", "exec", "no program of an image can be executed", true },
	{ "nosuid", "suid", "set-user-ID programs and file capabilities have no effect", true },
	{ "nodev", "dev", "device nodes in a rootfs can't be opened", true },
};

static const struct data_directory *directory_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (strcmp(directories[i].path, path) == 0)
			return &directories[i];
	return NULL;
}

void doctor_check_mount(struct doctor *d, const char *path)
{
	cleanup_free char *check = mem_printf("mount of %s", path);
	const struct data_directory *known = directory_of(path);
	struct libmnt_fs *fs = doctor_mount_of(d, path), *hidden;
	enum verdict verdict = VERDICT_OK;

	if (fs == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++) {
		cleanup_free char *advice = mem_printf(
			"mount -o remount,bind,%s %s", obstacles[i].remedy, mnt_fs_get_target(fs));

		if (!doctor_mount_has(fs, obstacles[i].option) ||
			(obstacles[i].images_only && (known == NULL || !known->images)))
			continue;
		verdict = VERDICT_WARNING;
		doctor_report(d, verdict, check, advice, "%s: %s", obstacles[i].option,
			obstacles[i].consequence);
	}
	if (known != NULL && known->propagates && !doctor_mount_is_shared(fs)) {
		cleanup_free char *advice =
			mem_printf("mount --make-rshared %s", mnt_fs_get_target(fs));

		doctor_report(d, VERDICT_WARNING, check, advice,
			"%s isn't shared: volumes with mountPropagation don't reach pods",
			mnt_fs_get_target(fs));
	}
	hidden = hidden_by(d, fs);
	doctor_report(d, VERDICT_OK, check, NULL, "%s%s%s", doctor_mount_text(d, fs),
		hidden != NULL ? "; it hides " : "",
		hidden != NULL ? doctor_mount_text(d, hidden) : "");
}

void doctor_each_below(struct doctor *d, const char *path,
	void (*each)(struct doctor *d, struct libmnt_fs *fs, void *context), void *context)
{
	cleanup_free char *real = realpath(path, NULL);
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	size_t len = real != NULL ? strlen(real) : 0;
	struct libmnt_fs *fs;

	if (len == 1)
		len = 0; /* everything is below / */
	while (d->mounts != NULL && real != NULL && mnt_table_next_fs(d->mounts, iter, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);

		if (strncmp(target, real, len) == 0 && target[len] == '/' &&
			target[len + 1] != '\0')
			each(d, fs, context);
	}
	mnt_free_iter(iter);
}
