/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/criu/externals.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/mount/mountinfo.h"

static const struct json_field recorded_mount_fields[] = {
	FIELD(struct recorded_mount, point, "point", JSON_STRING, .required = true,
		.not_empty = true),
	FIELD(struct recorded_mount, type, "type", JSON_STRING, .required = true),
	FIELD(struct recorded_mount, options, "options", JSON_STRING, .required = true),
	FIELD(struct recorded_mount, destination, "destination", JSON_STRING),
	FIELD(struct recorded_mount, within, "within", JSON_STRING),
	FIELD_END,
};
static const struct json_table recorded_mount_table = { "mount", sizeof(struct recorded_mount),
	recorded_mount_fields };
static const struct json_field record_fields[] = {
	FIELD_LIST(struct record, mounts, "mounts", JSON_OBJECT, .table = &recorded_mount_table,
		.required = true),
	FIELD_LIST(struct record, streams, "streams", JSON_STRING),
	FIELD(struct record, notify, "notify", JSON_BOOL),
	FIELD_END,
};
const struct json_table record_table = { "checkpoint", sizeof(struct record), record_fields };

/* ---- what the configuration takes from the host ---- */

static const char *clean(struct arena *arena, const char *destination)
{
	cleanup_free char *absolute = path_absolute("/", destination),
			  *cleaned = path_clean(absolute);

	return arena_strdup(arena, cleaned);
}

static void collect_mount(struct setup *c, size_t mount, external_list *externals)
{
	const struct mount_plan *plan = &c->mounts.plan[mount];
	const struct mount_state *state = &c->mounts.state[mount];
	const char *destination = clean(&c->arena, plan->mount->destination);

	if (state->tree >= 0)
		externals->v[externals->n++] = (struct external){
			.pointer = plan->pointer,
			.destination = destination,
			.within = "",
			.tree = state->tree,
			.attributes = plan->options.attr_set | plan->options.rec_attr_set,
			.attributes_below = plan->options.rec_attr_set,
			.recursive = plan->options.recursive_bind || !plan->options.bind,
		};
	for (size_t i = 0; i < state->parts.n; i++)
		externals->v[externals->n++] = (struct external){
			.pointer = plan->pointer,
			.destination = destination,
			.within = state->parts.v[i].path + strspn(state->parts.v[i].path, "/"),
			.tree = state->parts.v[i].tree,
			.attributes = plan->options.rec_attr_set,
		};
	for (size_t i = 0; plan->kind == MOUNT_CGROUP && i < state->cgroup.entries.n; i++)
		if (state->cgroup.entries.v[i].tree >= 0)
			externals->v[externals->n++] = (struct external){
				.pointer = plan->pointer,
				.destination = destination,
				.within = state->cgroup.entries.v[i].name,
				.tree = state->cgroup.entries.v[i].tree,
				.attributes = state->cgroup.attributes,
			};
}

int externals_collect(struct setup *c, external_list *externals, struct error *err)
{
	const string_list *masked = &c->config.linux->masked_paths;
	size_t room = masked->n + c->devices.n;

	if (!(c->new_namespaces & CLONE_NEWNS))
		return error_set(err, 0,
			"/linux/namespaces: checkpoint and restore need a new mount namespace");
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_plan *plan = &c->mounts.plan[i];

		if (plan->kind == MOUNT_INNER_BIND && plan->mapping.uids != NULL)
			return error_set(err, 0,
				"%s: checkpoint and restore can't ID-map a source inside an "
				"earlier mount of the container",
				plan->pointer);
		room += 1 + c->mounts.state[i].parts.n + c->mounts.state[i].cgroup.entries.n;
	}
	*externals = (external_list){ .v = arena_alloc(&c->arena, room * sizeof *externals->v) };
	for (size_t i = 0; i < c->mounts.n; i++)
		collect_mount(c, i, externals);
	for (size_t i = 0; i < c->devices.n; i++)
		if (c->devices.v[i].tree >= 0)
			externals->v[externals->n++] =
				(struct external){ .pointer = c->devices.v[i].pointer,
					.destination = c->devices.v[i].path,
					.within = "",
					.tree = c->devices.v[i].tree,
					.node = true };
	for (size_t i = 0; i < masked->n; i++)
		externals->v[externals->n++] = (struct external){
			.pointer = arena_printf(&c->arena, "/linux/maskedPaths/%zu", i),
			.destination = clean(&c->arena, masked->v[i]),
			.within = "",
			.tree = c->null_tree,
			.node = true
		};
	return 0;
}

/* ---- one mount, by a descriptor of its root ---- */

/* Returns the ID of the mount whose root is fd; 0 if fd isn't the root of a mount. */
static uint64_t mount_of(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 ||
		!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return st.stx_mnt_id;
}

static bool is_device(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/*
 * Returns true if the mount at fd comes from `tree`. same: requires the same inode; if false, the
 * source may have been replaced while the container ran.
 */
static bool is_from(int fd, int tree, bool same)
{
	struct stat a, b;

	if (fstat(fd, &a) < 0 || fstat(tree, &b) < 0 ||
		(a.st_mode & S_IFMT) != (b.st_mode & S_IFMT))
		return false;
	if (is_device(a.st_mode))
		return a.st_rdev == b.st_rdev;
	return a.st_dev == b.st_dev && (!same || a.st_ino == b.st_ino);
}

static const struct {
	const char *name;
	uint64_t attribute;
	unsigned long flag; /* as statvfs(3) returns it */
} options[] = {
	{ "ro", MOUNT_ATTR_RDONLY, ST_RDONLY }, { "nosuid", MOUNT_ATTR_NOSUID, ST_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, ST_NODEV }, { "noexec", MOUNT_ATTR_NOEXEC, ST_NOEXEC },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW,
		0x2000 }, /* ST_NOSYMFOLLOW: glibc 2.40 and newer define it */
};
enum { OPTIONS = ARRAY_SIZE(options) };

static bool has_attributes(int fd, uint64_t attributes)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < OPTIONS; i++)
		if ((attributes & options[i].attribute) && !(fs.f_flag & options[i].flag))
			return false;
	return true;
}

static int check_source(
	int fd, const struct external *external, bool same, const char *point, struct error *err)
{
	if (is_from(fd, external->tree, same))
		return 0;
	error_set(err, 0, "%s: the mount on %s differs from %s of the configuration",
		external->pointer, point, external->destination);
	return error_hint(err, "a directory or a link was exchanged under it");
}

static int check_attributes(int fd, const struct external *external, uint64_t attributes,
	const char *point, struct error *err)
{
	if (has_attributes(fd, attributes))
		return 0;
	error_set(err, 0,
		"%s: the mount on %s has lost an option of the configuration (ro, nosuid, nodev, "
		"noexec, nosymfollow)",
		external->pointer, point);
	return error_hint(err,
		"a directory or a link was exchanged under it, or it was mounted again inside");
}

static int open_root(pid_t pid, struct error *err)
{
	char path[32];
	int root;

	snprintf(path, sizeof path, "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? error_errno(err, "open the container's root directory %s", path) : root;
}

/* ---- checkpoint ---- */

/* The mounts of the container, each with its record at the same index. */
struct recording {
	struct arena *arena;
	int root; /* of the container */
	mount_entries entries;
	struct record *record;
};

static struct recorded_mount *find_recorded(const struct recording *r, uint64_t id)
{
	for (size_t i = 0; id != 0 && i < r->entries.n; i++)
		if (r->entries.v[i].id == id)
			return &r->record->mounts.v[i];
	return NULL;
}

static int claim(const struct external *external, struct recorded_mount *mount, const char *within,
	struct error *err)
{
	if (mount->destination != NULL)
		return error_set(err, 0,
			"%s: %s and %s are one mount now, on %s: a link was put in the way of one "
			"of them",
			external->pointer, external->destination, mount->destination, mount->point);
	/* CRIU would take it for the end of the mountpoint in `mnt[MOUNTPOINT]:NAME` */
	if (strstr(mount->point, "]:") != NULL)
		return error_set(err, 0,
			"%s: a mount on %s can't be checkpointed: CRIU has no name for a path with "
			"\"]:\"",
			external->pointer, mount->point);
	mount->destination = external->destination;
	mount->within = within;
	return 0;
}

/* Records the mounts below the source, which a recursive bind includes. */
static int record_below(const struct recording *r, const struct external *external,
	const struct recorded_mount *top, struct error *err)
{
	size_t len = strlen(top->point);

	for (size_t i = 0; i < r->entries.n; i++) {
		struct recorded_mount *mount = &r->record->mounts.v[i];
		cleanup_fd int fd = -1, source = -1;

		if (mount == top || mount->destination != NULL ||
			!path_is_below(mount->point, top->point))
			continue;
		source = path_open_exact(external->tree, mount->point + len, O_PATH, NULL);
		fd = path_open_exact(r->root, mount->point, O_PATH, NULL);
		if (source < 0 || fd < 0 || mount_of(source) == 0 ||
			mount_of(fd) != r->entries.v[i].id || !is_from(fd, source, false))
			continue;
		if (claim(external, mount, arena_strdup(r->arena, mount->point + len + 1), err) < 0)
			return -1;
	}
	return 0;
}

static int record_external(
	const struct recording *r, const struct external *external, struct error *err)
{
	cleanup_free char *path = mem_printf("%s%s%s", external->destination,
		*external->within != '\0' ? "/" : "", external->within);
	cleanup_fd int fd = path_open(r->root, path, O_PATH, NULL);
	struct recorded_mount *mount = fd < 0 ? NULL : find_recorded(r, mount_of(fd));
	struct stat st;

	/* it was unmounted inside; or it is a masked directory, whose cover CRIU restores */
	if (mount == NULL || fstat(fd, &st) < 0 || (external->node && !is_device(st.st_mode)))
		return 0;
	if (mount->destination != NULL && strcmp(mount->destination, external->destination) == 0)
		return 0; /* covered by another mount */
	if (check_source(fd, external, false, mount->point, err) < 0 ||
		check_attributes(fd, external, external->attributes, mount->point, err) < 0 ||
		claim(external, mount, external->within, err) < 0)
		return -1;
	return external->recursive ? record_below(r, external, mount, err) : 0;
}

int externals_record(
	struct setup *c, const external_list *externals, struct record *record, struct error *err)
{
	cleanup_fd int root = open_root(c->state.pid, err);
	struct recording r = { .arena = &c->arena, .root = root, .record = record };

	if (root < 0 || mountinfo_read_of(&c->arena, c->state.pid, &r.entries, err) < 0)
		return -1;
	record->mounts.n = r.entries.n;
	record->mounts.v = arena_alloc(&c->arena, r.entries.n * sizeof *record->mounts.v);
	for (size_t i = 0; i < r.entries.n; i++)
		record->mounts.v[i] = (struct recorded_mount){ r.entries.v[i].point,
			r.entries.v[i].type, r.entries.v[i].options, NULL, NULL };
	/* the mount added last is on top */
	for (size_t i = externals->n; i-- > 0;)
		if (record_external(&r, &externals->v[i], err) < 0)
			return -1;
	return 0;
}

const char *external_name(struct arena *arena, size_t i)
{
	return arena_printf(arena, "hull-%zu", i);
}

/* ---- restore ---- */

const struct external *externals_find(
	const external_list *externals, const struct recorded_mount *mount, struct error *err)
{
	const struct external *whole = NULL;

	for (size_t i = externals->n; i-- > 0;) {
		const struct external *external = &externals->v[i];

		if (strcmp(external->destination, mount->destination) != 0)
			continue;
		if (strcmp(external->within, mount->within) == 0)
			return external;
		if (external->recursive)
			whole = external;
	}
	if (whole == NULL)
		error_set(err, 0,
			"the container had a mount of the host on %s%s%s, and config.json has none",
			mount->destination, *mount->within != '\0' ? "/" : "", mount->within);
	return whole;
}

/*
 * Returns the mount that contains a path of the container: the deepest one and, of several on one
 * mountpoint, the last. NULL: the root filesystem.
 */
static const struct recorded_mount *find_cover(const struct record *record, const char *path)
{
	const struct recorded_mount *cover = NULL;

	for (size_t i = 0; i < record->mounts.n; i++) {
		const struct recorded_mount *mount = &record->mounts.v[i];

		if (strcmp(mount->point, "/") != 0 && strcmp(mount->point, path) != 0 &&
			path_is_below(path, mount->point) &&
			(cover == NULL || strlen(mount->point) >= strlen(cover->point)))
			cover = mount;
	}
	return cover;
}

static bool is_file(const external_list *externals, const struct recorded_mount *mount)
{
	const struct external *external =
		mount->destination == NULL ? NULL : externals_find(externals, mount, NULL);
	struct stat st;

	return external != NULL && fstat(external->tree, &st) == 0 && !S_ISDIR(st.st_mode);
}

static int make_mountpoint(int tree, const char *path, bool file, struct error *err)
{
	cleanup_fd int fd = path_open_exact(tree, path, O_PATH, err);

	if (fd < 0 && errno == ENOENT)
		fd = file ? path_make_file(tree, path, 0644, err)
			  : path_make_directory(tree, path, 0755, err);
	return fd < 0 ? -1 : 0;
}

/*
 * Where to create a mountpoint: `path` in `tree`, the root filesystem or a volume. tree is -1 below
 * mounts that CRIU makes itself: those contain their mountpoints already.
 */
struct mountpoint {
	const char *pointer;
	int tree;
	char *path;
};

static struct mountpoint find_mountpoint(const external_list *externals,
	const struct record *record, int root, const struct recorded_mount *mount)
{
	const struct recorded_mount *cover = find_cover(record, mount->point);
	const struct external *external = NULL;
	bool whole;

	if (cover == NULL)
		return (struct mountpoint){ "/root/path", root, mem_strdup(mount->point) };
	if (cover->destination != NULL)
		external = externals_find(externals, cover, NULL);
	if (external == NULL)
		return (struct mountpoint){ NULL, -1, NULL };
	whole = strcmp(external->within, cover->within) == 0;
	return (struct mountpoint){ external->pointer, external->tree,
		mem_printf(
			"/%s%s", whole ? "" : cover->within, mount->point + strlen(cover->point)) };
}

int externals_make_mountpoints(const char *rootfs, const external_list *externals,
	const struct record *record, struct error *err)
{
	cleanup_fd int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, "/root/path: open %s", rootfs);
	for (size_t i = 0; i < record->mounts.n; i++) {
		const struct recorded_mount *mount = &record->mounts.v[i];
		struct mountpoint place;
		int result;

		if (mount->point[0] != '/' || strcmp(mount->point, "/") == 0)
			continue;
		place = find_mountpoint(externals, record, root, mount);
		result = place.tree < 0
			? 0
			: make_mountpoint(place.tree, place.path, is_file(externals, mount), err);
		mem_free(place.path);
		if (result < 0 && err->code == ELOOP)
			return error_set(err, ELOOP,
				"%s: mountpoint %s: it is a symlink now, which it wasn't at "
				"the checkpoint",
				place.pointer, mount->point);
		if (result < 0)
			return error_prefix(err, "%s: mountpoint %s", place.pointer, mount->point);
	}
	return 0;
}

static bool same_options(const struct mount_entry *now, const char *before)
{
	const struct mount_entry then = { .options = before };

	for (size_t i = 0; i < OPTIONS; i++)
		if (mount_entry_has(now, options[i].name) !=
			mount_entry_has(&then, options[i].name))
			return false;
	return true;
}

int externals_set_options(const struct record *record)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < record->mounts.n; i++) {
		const struct mount_entry mount = { .options = record->mounts.v[i].options };
		cleanup_fd int fd = path_open_exact(root, record->mounts.v[i].point, O_PATH, NULL);
		struct mount_attr attr = { 0 };

		for (size_t j = 0; j < OPTIONS; j++)
			if (mount_entry_has(&mount, options[j].name))
				attr.attr_set |= options[j].attribute;
		if (fd >= 0 && mount_of(fd) != 0 && !has_attributes(fd, attr.attr_set) &&
			mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
			return -1;
	}
	return 0;
}

/* EINVAL: the tree is private, or the mount is, as the container's own root may be. */
static int share(int tree, int mount)
{
	if (move_mount(tree, "", mount, "",
		    MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
		return 0;
	return errno == EINVAL ? 0 : -1;
}

int externals_share(const external_list *externals, const struct record *record, int rootfs,
	pid_t pid, struct error *err)
{
	cleanup_fd int root = open_root(pid, err);

	if (root < 0)
		return -1;
	for (size_t i = 0; i < record->mounts.n; i++) {
		const struct recorded_mount *mount = &record->mounts.v[i];
		const struct external *external =
			mount->destination == NULL ? NULL : externals_find(externals, mount, NULL);
		bool is_root = strcmp(mount->point, "/") == 0;
		cleanup_fd int fd = -1;

		if (!is_root && (external == NULL || strcmp(external->within, mount->within) != 0))
			continue;
		fd = path_open_exact(root, mount->point, O_PATH, NULL);
		if (fd >= 0 && mount_of(fd) != 0 &&
			share(is_root ? rootfs : external->tree, fd) < 0)
			return error_errno(err, "connect the mount on %s with those of the host",
				mount->point);
	}
	return 0;
}

/* Returns the last entry on that mountpoint that hasn't been taken yet. */
static struct mount_entry *take_entry(mount_entries *entries, const struct recorded_mount *mount)
{
	for (size_t i = entries->n; i-- > 0;) {
		struct mount_entry *entry = &entries->v[i];

		if (entry->point != NULL && strcmp(entry->point, mount->point) == 0 &&
			same_options(entry, mount->options) &&
			(mount->destination != NULL || strcmp(mount->point, "/") == 0 ||
				strcmp(entry->type, mount->type) == 0))
			return entry;
	}
	return NULL;
}

static int verify_external(const external_list *externals, const struct recorded_mount *mount,
	int root, uint64_t id, struct error *err)
{
	const struct external *external = externals_find(externals, mount, err);
	cleanup_fd int fd = path_open_exact(root, mount->point, O_PATH, NULL);
	bool whole = external != NULL && strcmp(external->within, mount->within) == 0;

	if (external == NULL)
		return -1;
	if (fd < 0 || mount_of(fd) != id)
		return 0; /* covered by another mount, which is compared instead */
	if (whole && check_source(fd, external, true, mount->point, err) < 0)
		return -1;
	return check_attributes(fd, external,
		whole ? external->attributes : external->attributes_below, mount->point, err);
}

int externals_verify(
	const external_list *externals, const struct record *record, pid_t pid, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int root = open_root(pid, err);
	mount_entries entries;

	if (root < 0 || mountinfo_read_of(&arena, pid, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < record->mounts.n; i++) {
		const struct recorded_mount *mount = &record->mounts.v[i];
		struct mount_entry *entry = take_entry(&entries, mount);

		if (entry == NULL)
			return error_set(err, 0,
				"the restored container has no mount on %s with the type %s and "
				"the options %s that it had at the checkpoint",
				mount->point, mount->type, mount->options);
		if (mount->destination != NULL &&
			verify_external(externals, mount, root, entry->id, err) < 0)
			return -1;
		entry->point = NULL;
	}
	return 0;
}
