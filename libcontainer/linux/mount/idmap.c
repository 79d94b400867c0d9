/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/idmap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text/number.h"
#include "linux/mount/mountinfo.h"

/*
 * The kernel version in which a filesystem got FS_ALLOW_IDMAP (mount_setattr(2), NOTES); 0: not yet
 * in 7.2.
 */
static const struct filesystem {
	long magic;
	const char *name;
	int major, minor;
} filesystems[] = {
	{ 0xef53, "ext4", 5, 12 },
	{ 0x58465342, "xfs", 5, 12 },
	{ 0x4d44, "vfat", 5, 12 },
	{ 0x9123683e, "btrfs", 5, 15 },
	{ 0x7366746e, "ntfs3", 5, 15 },
	{ 0xf2f52010, "f2fs", 5, 18 },
	{ 0xe0f5e1e2, "erofs", 5, 19 },
	{ 0x73717368, "squashfs", 6, 2 },
	{ TMPFS_MAGIC, "tmpfs", 6, 3 },
	{ 0x00c36400, "ceph", 6, 7 },
	{ 0x958458f6, "hugetlbfs", 6, 9 },
	{ FUSE_SUPER_MAGIC, "fuse", 6, 12 },
	{ 0x794c7630, "overlay", 7, 3 },
	{ 0x6969, "nfs", 0, 0 },
	{ 0x01021997, "9p", 0, 0 },
	{ 0xff534d42, "cifs", 0, 0 },
	{ 0xfe534d42, "smb3", 0, 0 },
	{ 0x9fa0, "proc", 0, 0 },
	{ 0x62656572, "sysfs", 0, 0 },
	{ 0x63677270, "cgroup2", 0, 0 },
	{ 0x27e0eb, "cgroup", 0, 0 },
	{ 0x1cd1, "devpts", 0, 0 },
	{ 0x19800202, "mqueue", 0, 0 },
	{ 0x2fc12fc1, "zfs", 0, 0 },
	{ 0x858458f6, "ramfs", 0, 0 },
	{ 0x9660, "iso9660", 0, 0 },
	{ 0x64626720, "debugfs", 0, 0 },
	{ 0x74726163, "tracefs", 0, 0 },
	{ 0xcafe4a11, "bpf", 0, 0 },
	{ 0x6e736673, "nsfs", 0, 0 },
	{ 0x73636673, "securityfs", 0, 0 },
	{ 0x00c0ffee, "hostfs", 0, 0 },
	{ 0x6a656a63, "virtiofs", 6, 12 },
};
/* Only the name in mountinfo tells it from tmpfs. */
static const struct filesystem devtmpfs = { TMPFS_MAGIC, "devtmpfs", 0, 0 };

static const struct filesystem *filesystem_of(int fd, long *magic)
{
	struct statfs fs;

	*magic = fstatfs(fd, &fs) == 0 ? (long)fs.f_type : 0;
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (filesystems[i].magic == *magic)
			return &filesystems[i];
	return NULL;
}

const char *idmap_filesystem_name(int fd)
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

/* Returns the mountinfo entry for path if it is of this filesystem. */
static const struct mount_entry *entry_of(struct arena *arena, const char *path, long magic)
{
	cleanup_free char *real = realpath(path, NULL);
	const struct mount_entry *entry;
	mount_entries entries;
	struct statfs fs;

	if (real == NULL || mountinfo_read(arena, &entries, NULL) < 0)
		return NULL;
	entry = mountinfo_of(&entries, real);
	return entry != NULL && statfs(real, &fs) == 0 && (long)fs.f_type == magic ? entry : NULL;
}

/* ---- refusals: EPERM and EINVAL, see mount_setattr(2), ERRORS ---- */

struct refused {
	long magic;
	const struct filesystem *fs;     /* NULL: not in the table */
	const struct mount_entry *entry; /* NULL: not found */
	const char *name;                /* of the filesystem */
};

static bool never_possible(const void *operation, struct buf *why)
{
	const struct refused *refused = operation;

	if (refused->fs == NULL || refused->fs->major != 0)
		return false;
	buf_printf(why,
		"%s can't be ID-mapped by any kernel; put the data on ext4, xfs, btrfs or tmpfs",
		refused->name);
	return true;
}

static bool kernel_too_old(const void *operation, struct buf *why)
{
	const struct refused *refused = operation;
	const struct filesystem *fs = refused->fs;

	if (fs == NULL || kernel_is_at_least(fs->major, fs->minor))
		return false;
	buf_printf(
		why, "%s can be ID-mapped since Linux %d.%d", refused->name, fs->major, fs->minor);
	return true;
}

static bool is_fuse(const void *operation, struct buf *why)
{
	(void)why;
	return ((const struct refused *)operation)->magic == FUSE_SUPER_MAGIC;
}

static bool mapped_already(const void *operation, struct buf *why)
{
	const struct refused *refused = operation;

	if (refused->entry == NULL || !mount_entry_has(refused->entry, "idmapped"))
		return false;
	buf_puts(why,
		kernel_is_at_least(6, 15)
			? "this mount is ID-mapped already, and no ID is in both mappings"
			: "this mount is ID-mapped already; Linux 6.15 can map it again");
	return true;
}

static const struct explanation rows[] = {
	{ EPERM, NULL, never_possible, NULL },
	{ EINVAL, NULL, never_possible, NULL },
	{ EPERM, NULL, kernel_too_old, NULL },
	{ EINVAL, NULL, kernel_too_old, NULL },
	{ EINVAL, NULL, is_fuse,
		"the server of this filesystem doesn't allow ID-mapped mounts; put the data on "
		"ext4, xfs, btrfs or tmpfs" },
	{ EINVAL, NULL, NULL,
		"the kernel allows no ID-mapped mount of this filesystem; put the data on ext4, "
		"xfs, btrfs or another tmpfs" },
	{ EPERM, NULL, mapped_already, NULL },
	{ EPERM, NULL, NULL,
		"this needs CAP_SYS_ADMIN in the user namespace in which the filesystem was "
		"mounted; rootless callers don't have it" },
	EXPLANATIONS_END,
};

static int map_refused(int tree, int errnum, const char *where, const char *path, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct refused refused = { 0 };

	refused.fs = filesystem_of(tree, &refused.magic);
	refused.entry = entry_of(&arena, path, refused.magic);
	if (refused.entry != NULL && strcmp(refused.entry->type, devtmpfs.name) == 0)
		refused.fs = &devtmpfs;
	refused.name = refused.fs != NULL ? refused.fs->name
		: refused.entry != NULL   ? refused.entry->type
					  : idmap_filesystem_name(tree);
	error_set(err, errnum, "%s: ID-map the mount of %s (filesystem %s)", where, path,
		refused.name);
	return explain(rows, NULL, &refused, err);
}

int idmap_apply(int tree, int userns_fd, bool recursive, const char *where, const char *path,
	struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns_fd };

	if (mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
		    sizeof attr) == 0)
		return 0;
	return map_refused(tree, errno, where, path, err);
}

int idmap_fallback_policy(const char *text, enum idmap_fallback *policy, struct error *err)
{
	static const char *const names[] = { "error", "plain", "partial" };

	*policy = IDMAP_FALLBACK_ERROR;
	for (size_t i = 0; text != NULL && i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum idmap_fallback)i;
			return 0;
		}
	return text == NULL
		? 0
		: error_set(err, 0,
			  "/annotations/io.hull.idmap.fallback: expected error, plain or partial, "
			  "found \"%s\"",
			  text);
}

/* ---- the mapping of a mount ---- */

/* statmount(2) as of 6.15; missing in the headers of the oldest supported distribution. */
enum { STATMOUNT_UID_MAP = 0x2000, STATMOUNT_GID_MAP = 0x4000 };
struct statmount_maps {
	uint32_t size, spare0;
	uint64_t mask;
	char other[136];                                 /* members not requested */
	uint32_t uid_lines, uid_map, gid_lines, gid_map; /* offsets into text */
	uint64_t spare[43];
	char text[16384];
};

static void read_lines(struct arena *arena, const char *text, uint32_t n, oci_id_mappings *map)
{
	map->v = arena_alloc(arena, (n + 1) * sizeof *map->v);
	for (uint32_t i = 0; i < n; i++, text += strlen(text) + 1) {
		const char *line = text;
		uint32_t numbers[3];

		if (number_take_32(&line, numbers, 3))
			map->v[map->n++] = (struct oci_id_mapping){ .container_id = numbers[0],
				.host_id = numbers[1],
				.size = numbers[2] };
	}
}

int idmap_read(struct arena *arena, const char *path, oci_id_mappings *uids, oci_id_mappings *gids)
{
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, mask;
	} request = { .size = sizeof request, .mask = STATMOUNT_UID_MAP | STATMOUNT_GID_MAP };
	cleanup_free struct statmount_maps *answer = mem_alloc(sizeof *answer);
	struct statx stx;

	*uids = *gids = (oci_id_mappings){ 0 };
	if (statx(AT_FDCWD, path, 0, STATX_MNT_ID_UNIQUE, &stx) < 0 ||
		!(stx.stx_mask & STATX_MNT_ID_UNIQUE))
		return -1;
	request.mnt_id = stx.stx_mnt_id;
	if (syscall(__NR_statmount, &request, answer, sizeof *answer, 0) < 0 ||
		(answer->mask & request.mask) != request.mask)
		return -1;
	read_lines(arena, answer->text + answer->uid_map, answer->uid_lines, uids);
	read_lines(arena, answer->text + answer->gid_map, answer->gid_lines, gids);
	return uids->n > 0 && gids->n > 0 ? 0 : -1;
}

void idmap_compose(struct arena *arena, const oci_id_mappings *first, const oci_id_mappings *then,
	oci_id_mappings *out)
{
	*out = (oci_id_mappings){ arena_alloc(arena, (first->n * then->n + 1) * sizeof *out->v),
		0 };
	for (size_t i = 0; i < first->n; i++)
		for (size_t j = 0; j < then->n; j++) {
			const struct oci_id_mapping *a = &first->v[i], *b = &then->v[j];
			uint64_t from = a->host_id > b->container_id ? a->host_id : b->container_id;
			uint64_t a_end = (uint64_t)a->host_id + a->size,
				 b_end = (uint64_t)b->container_id + b->size;
			uint64_t end = a_end < b_end ? a_end : b_end;

			if (from < end)
				out->v[out->n++] = (struct oci_id_mapping){
					(uint32_t)(a->container_id + (from - a->host_id)),
					(uint32_t)(b->host_id + (from - b->container_id)),
					(uint32_t)(end - from)
				};
		}
}
