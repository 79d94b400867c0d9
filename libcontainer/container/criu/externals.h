/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of a container that come from the host. CRIU can't make them again: it writes a name
 * for each, and at restore it gets for the name what the configuration says. A name is a number,
 * never a path: a path is what the image makes of it, and with links it made of one volume another
 * one (CVE-2026-119101, CVE-2026-115520). Which number is which mount of the configuration stands
 * in the record beside CRIU's files, along with all mounts of the container, which the restored one
 * is compared with.
 */
#pragma once
#include "container/create/creation.h"

struct error;

/* One mount of the container as it was. */
struct recorded_mount {
	const char *point;       /* as the kernel showed it */
	const char *type;        /* of the filesystem */
	const char *options;     /* of the mount */
	const char *destination; /* the configuration's words, where it comes from the host; else
				    NULL */
	const char *within;      /* which mount below that one; "" for itself */
};

struct record {
	LIST(struct recorded_mount) mounts;
	string_list streams; /* what CRIU calls standard input, output and error where they came
				from the host; "" elsewhere */
	bool notify;         /* the container has a notify socket */
};
extern const struct json_table record_table;

/* Where the container's mounts come from: of its configuration, with the trees that c has opened.
 */
struct external {
	const char *pointer, *destination, *within;
	int tree;
	uint64_t attributes, attributes_below; /* MOUNT_ATTR_... that the mount, and those below it,
						  have at the least */
	bool recursive;                        /* mounts below it come along */
	bool node;                             /* a device, whatever filesystem it is on */
};
typedef LIST(struct external) external_list;
int externals_collect(struct creation *c, external_list *externals, struct error *err);

/* At a checkpoint: fills in record->mounts of the running container. An error where a mount isn't
 * what the configuration says: then somebody has exchanged directories under it. */
int externals_record(struct creation *c, const external_list *externals, struct record *record,
	struct error *err);

/* The name that CRIU gets for record->mounts.v[i]. */
const char *external_name(struct arena *arena, size_t i);

/* At restore: what to bind for a mount of the record (destination not NULL). */
const struct external *externals_find(
	const external_list *externals, const struct recorded_mount *mount, struct error *err);

/* Makes the mountpoints that are missing: in the root filesystem, and in the volumes that others
 * are mounted on. Fails if a link leads to one that is there: CRIU would follow it
 * (CVE-2026-119101). */
int externals_make_mountpoints(const char *rootfs, const external_list *externals,
	const struct record *record, struct error *err);

/* In the restored container's mount namespace: the options of the record, where they aren't there
 * yet. */
int externals_set_options(const struct record *record);

/* Makes the restored mounts of the host, and the root, slaves or peers of what the trees are slaves
 * or peers of. rootfs: the root's. */
int externals_share(const external_list *externals, const struct record *record, int rootfs,
	pid_t pid, struct error *err);

/* Whether the mounts of the restored container are those of the record, and those of the host what
 * the configuration says. */
int externals_verify(
	const external_list *externals, const struct record *record, pid_t pid, struct error *err);
