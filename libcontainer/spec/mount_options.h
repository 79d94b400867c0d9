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
	/* MOUNT_ATTR_ flags as struct mount_attr wants them. How access times are kept is one
	 * value, not several flags, and clear holds MOUNT_ATTR__ATIME when set says which: the last
	 * of noatime, relatime and strictatime counts; atime, norelatime and nostrictatime take
	 * back what they negate, which leaves the kernel's default, as with mount(8). */
	uint64_t attr_set, attr_clear; /* of the mount itself */
	uint64_t rec_attr_set,
		rec_attr_clear;    /* with AT_RECURSIVE: the options that begin with r */
	unsigned long propagation; /* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC;
				      0: none asked for */
	bool bind, recursive_bind; /* rbind sets both */
	bool idmap, recursive_idmap;                /* ridmap sets both */
	oci_id_mappings uid_mappings, gid_mappings; /* crun's idmap=uids=...;gids=...: instead of
						   the mount's own mappings */
	bool *uid_is_relative, *gid_is_relative;    /* of each line: "@", hostID is an ID of the
						       container; see mount_options_resolve() */
	bool tmpcopyup, remount, copy_symlink, src_nofollow, dest_nofollow;
	string_list superblock; /* names for FSCONFIG_SET_FLAG: ro, sync, dirsync, mand, lazytime;
				   rw, async, ... for a remount only */
	string_map
		data; /* for the filesystem: FSCONFIG_SET_STRING, or SET_FLAG where value is NULL */
};

/* Parses mount->options into out; what it needs lives in arena. pointer: the mount's JSON pointer
 * ("/mounts/3"), for errors. */
int mount_options_parse(struct arena *arena, const char *pointer, const struct oci_mount *mount,
	struct mount_options *out, struct error *err);

/* Turns the lines of idmap= that are relative to the container's user namespace (uid_mappings,
 * gid_mappings: its maps) into lines with IDs of the host. An ID without a mapping there is an
 * error. */
int mount_options_resolve(struct arena *arena, const char *pointer, struct mount_options *out,
	const oci_id_mappings *uid_mappings, const oci_id_mappings *gid_mappings,
	struct error *err);

/* Appends an option for the filesystem. value may be NULL. */
void mount_options_add_data(
	struct arena *arena, struct mount_options *out, const char *key, const char *value);

/* The names of all options in the table, for `features`: call with 0, 1, ... until NULL. */
const char *mount_option_name(unsigned i);
