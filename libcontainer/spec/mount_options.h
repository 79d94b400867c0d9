/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts[].options: one table of every option that is not the filesystem's own, and what it means
 * to the new mount API (fsconfig(2), mount_setattr(2)). Sources: config.md "Linux mount options",
 * mount(8), crun(1) for copy-symlink, src-nofollow, dest-nofollow and idmap=.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "spec/config.h"

struct error;

struct mount_options {
	/*
	 * MOUNT_ATTR_ flags for struct mount_attr. The mode of access times is one value, not
	 * several flags; if set has it, clear contains MOUNT_ATTR__ATIME. The last of noatime,
	 * relatime and strictatime wins; atime, norelatime and nostrictatime cancel what they
	 * negate, which leaves the kernel's default, as with mount(8).
	 */
	uint64_t attr_set, attr_clear;         /* for the mount itself */
	uint64_t rec_attr_set, rec_attr_clear; /* with AT_RECURSIVE: options that start with r */
	unsigned long propagation; /* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC;
				      0: not specified */
	bool bind, recursive_bind; /* rbind sets both */
	bool idmap, recursive_idmap;                /* ridmap sets both */
	oci_id_mappings uid_mappings, gid_mappings; /* crun's idmap=uids=...;gids=..., which
						       replaces the mount's mappings */
	bool *uid_is_relative, *gid_is_relative; /* per line: "@", hostID is an ID of the container;
						    see mount_options_resolve() */
	bool tmpcopyup, remount, copy_symlink, src_nofollow, dest_nofollow;
	string_list superblock; /* for FSCONFIG_SET_FLAG: ro, sync, dirsync, mand, lazytime; for a
				   remount also rw, async, ... */
	string_map data; /* for the filesystem: FSCONFIG_SET_STRING, or SET_FLAG if value is NULL */
};

/*
 * Parses mount->options into out; memory comes from arena. pointer: the mount's JSON pointer
 * ("/mounts/3"), for errors. Returns 0 or -1.
 */
int mount_options_parse(struct arena *arena, const char *pointer, const struct oci_mount *mount,
	struct mount_options *out, struct error *err);

/*
 * Converts lines of idmap= that are relative to the container's user namespace (uid_mappings,
 * gid_mappings) to host IDs. An unmapped ID is an error. Returns 0 or -1.
 */
int mount_options_resolve(struct arena *arena, const char *pointer, struct mount_options *out,
	const oci_id_mappings *uid_mappings, const oci_id_mappings *gid_mappings,
	struct error *err);

/* Appends an option for the filesystem. value may be NULL. */
void mount_options_add_data(
	struct arena *arena, struct mount_options *out, const char *key, const char *value);

/* Returns the first option for the filesystem with that key, or NULL. */
const struct string_pair *mount_options_data(const struct mount_options *of, const char *key);

/* Returns true for the options of filesystems that set an SELinux label: context and its kind. */
bool mount_option_is_label(const char *key);

/* Returns the name of the i-th option, for `features`; NULL after the last. */
const char *mount_option_name(unsigned i);
