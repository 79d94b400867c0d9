/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's mounts that come from the host. CRIU can't restore them: it writes a name for
 * each, and at restore hull binds what the configuration says to that name. A name is a number,
 * never a path, because symlinks in the image could make a path lead to another volume
 * (CVE-2026-119101, CVE-2026-115520). The record beside CRIU's files says which number is which
 * mount of the configuration. It also lists all mounts of the container, to be compared with those
 * of the restored container.
 */
#pragma once
#include "container/create/setup.h"

struct error;

/* One mount of the container at the time of the checkpoint. */
struct recorded_mount {
	const char *point;       /* as in mountinfo */
	const char *type;        /* filesystem type */
	const char *options;     /* per-mount options */
	const char *destination; /* destination in the configuration, if it comes from the host;
				    else NULL */
	const char *within;      /* path of a mount below that one; "" for the mount itself */
};

struct record {
	LIST(struct recorded_mount) mounts;
	string_list streams; /* CRIU's names for stdin, stdout and stderr if they came from the
				host; "" for others */
	bool notify;         /* the container has a notify socket */
};
extern const struct json_table record_table;

/* A mount of the configuration that comes from the host, with the tree that c has opened. */
struct external {
	const char *pointer, *destination, *within;
	int tree;
	uint64_t attributes,
		attributes_below; /* MOUNT_ATTR_... required on the mount, and on those below */
	bool recursive;           /* includes mounts below it */
	bool node;                /* a device node, on any filesystem */
};
typedef LIST(struct external) external_list;
/*
 * Lists the configuration's mounts that come from the host; trees stay those of c. Returns 0 or -1.
 */
int externals_collect(struct setup *c, external_list *externals, struct error *err);

/*
 * Checkpoint: fills in record->mounts from the running container. Fails if a mount differs from the
 * configuration, because somebody has replaced directories below it.
 */
int externals_record(
	struct setup *c, const external_list *externals, struct record *record, struct error *err);

/* Returns CRIU's name for record->mounts.v[i]. */
const char *external_name(struct arena *arena, size_t i);

/* Restore: returns what to bind for a recorded mount whose destination isn't NULL. */
const struct external *externals_find(
	const external_list *externals, const struct recorded_mount *mount, struct error *err);

/*
 * Creates missing mountpoints in the root filesystem and in volumes with other mounts on them.
 * Fails if the path to an existing one contains a symlink: CRIU would follow it (CVE-2026-119101).
 * Returns 0 or -1.
 */
int externals_make_mountpoints(const char *rootfs, const external_list *externals,
	const struct record *record, struct error *err);

/* In the restored mount namespace: sets recorded options that are missing. Returns 0 or -1. */
int externals_set_options(const struct record *record);

/*
 * Makes the restored host mounts, and the root, slaves or peers in the same groups as the trees.
 * rootfs: the tree of the root. Returns 0 or -1.
 */
int externals_share(const external_list *externals, const struct record *record, int rootfs,
	pid_t pid, struct error *err);

/*
 * Checks that the restored mounts match the record, and that those from the host match the
 * configuration. Returns 0 or -1.
 */
int externals_verify(
	const external_list *externals, const struct record *record, pid_t pid, struct error *err);
