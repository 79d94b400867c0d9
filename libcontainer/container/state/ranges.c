/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/state/ranges.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/passwd.h"
#include "base/path.h"
#include "base/process.h"
#include "linux/ids/userns.h"

#define CLAIMS "@ids" /* not a valid container ID */

enum { CLAIMANTS_NAMED = 10 };

/* ---- available blocks ---- */

static int compare_ranges(const void *a, const void *b)
{
	const struct subid_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/*
 * Sorts the ranges, merges overlapping ones, and removes the host's own IDs and 4294967295, which
 * is not an ID.
 */
static void tidy(subid_list *ranges)
{
	size_t n = 0;

	if (ranges->n > 0)
		qsort(ranges->v, ranges->n, sizeof *ranges->v, compare_ranges);
	for (size_t i = 0; i < ranges->n; i++) {
		struct subid_range *range = &ranges->v[i], *last = n > 0 ? &ranges->v[n - 1] : NULL;
		uint64_t first = range->first < ID_UNIT ? ID_UNIT : range->first,
			 end = (uint64_t)range->first + range->count;

		if (end > UINT32_MAX)
			end = UINT32_MAX;
		if (last != NULL && first < (uint64_t)last->first + last->count)
			last->count = end > (uint64_t)last->first + last->count
				? (uint32_t)(end - last->first)
				: last->count;
		else if (first < end)
			ranges->v[n++] = (struct subid_range){ range->owner, (uint32_t)first,
				(uint32_t)(end - first) };
	}
	ranges->n = n;
}

static int ranges_of(struct arena *arena, const char *name, uid_t uid, subid_list *uids,
	subid_list *gids, struct error *err)
{
	if (subids_of(arena, SUBUID, name, uid, uids, err) < 0 ||
		subids_of(arena, SUBGID, name, uid, gids, err) < 0)
		return -1;
	tidy(uids);
	tidy(gids);
	return 0;
}

int ranges_of_caller(struct arena *arena, subid_list *uids, subid_list *gids, const char **owner,
	struct error *err)
{
	uid_t uid = geteuid();
	const char *name = passwd_name_of(arena, uid);

	if (uid == 0) {
		*owner = "containers";
		if (ranges_of(arena, *owner, (uid_t)-1, uids, gids, err) < 0)
			return -1;
		if (uids->n > 0 && gids->n > 0)
			return 0;
	}
	*owner = name != NULL ? name : arena_printf(arena, "%u", uid);
	return ranges_of(arena, name, uid, uids, gids, err);
}

struct units {
	uint32_t first;
	uint32_t n;
};

/* Returns the whole units in a range. They start at an aligned ID if at least one remains then. */
static struct units units_of(const struct subid_range *range)
{
	uint64_t end = (uint64_t)range->first + range->count;
	uint64_t aligned = ((uint64_t)range->first + ID_UNIT - 1) / ID_UNIT * ID_UNIT;

	if (aligned + ID_UNIT <= end)
		return (struct units){ (uint32_t)aligned, (uint32_t)((end - aligned) / ID_UNIT) };
	return (struct units){ range->first, range->count / ID_UNIT };
}

static uint32_t count_units(const subid_list *ranges)
{
	uint32_t n = 0;

	for (size_t i = 0; i < ranges->n; i++)
		n += units_of(&ranges->v[i]).n;
	return n;
}

/* Returns the first ID of unit `index` if it and the next n - 1 units are in one range. */
static bool unit_at(const subid_list *ranges, uint32_t index, uint32_t n, uint32_t *first)
{
	for (size_t i = 0; i < ranges->n; i++) {
		struct units units = units_of(&ranges->v[i]);

		if (index < units.n) {
			*first = units.first + index * ID_UNIT;
			return index + n <= units.n;
		}
		index -= units.n;
	}
	return false;
}

/* ---- claims ---- */

/*
 * Opens the directory of claims: the host has one for root, whatever the state root, and one for
 * each other user.
 */
static int claims_open(const struct runtime *rt, bool make, struct error *err)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	bool is_root = geteuid() == 0 && userns_is_initial();
	cleanup_free char *base = is_root             ? mem_strdup(RUNSTATEDIR "/hull")
		: runtime_dir != NULL && *runtime_dir ? mem_printf("%s/hull", runtime_dir)
						      : mem_strdup(rt->root);
	cleanup_free char *path = mem_printf("%s/" CLAIMS, base);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make) {
		/* sticky below XDG_RUNTIME_DIR, like the state root there */
		if ((mkdir(base, is_root ? 0700 : 01700) < 0 && errno != EEXIST) ||
			(mkdir(path, 0700) < 0 && errno != EEXIST))
			return error_errno(err, "make the directory of claimed ids %s", path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd >= 0 && !fd_is_ours(fd, S_IFDIR)) {
		fd_close(&fd);
		return error_set(err, 0,
			"the directory of claimed ids %s belongs to, or can be written by, "
			"somebody else",
			path);
	}
	return fd < 0 && (make || errno != ENOENT)
		? error_errno(err, "open the directory of claimed ids %s", path)
		: fd;
}

static const char *claim_name(char name[16], char kind, uint32_t first)
{
	snprintf(name, 16, "%c%" PRIu32, kind, first);
	return name;
}

/* ---- state directories that aren't visible here ---- */

static bool is_zombie(const char *pid)
{
	uint64_t start_time;
	char state;

	/* one that can't be read (for example, EMFILE) may be alive */
	if (process_start_time((pid_t)atol(pid), &start_time, &state) < 0)
		return errno == ENOENT || errno == ESRCH;
	return state == 'Z' || state == 'X';
}

/*
 * True if a process, other than a zombie, uses an ID of the claimed unit. /proc shows a process as
 * owned by its effective user, or by root of its user namespace.
 */
static bool uses_unit(const char *pid, const struct stat *process, const char *name)
{
	uint32_t first = (uint32_t)strtoul(name + 1, NULL, 10),
		 id = name[0] == 'u' ? process->st_uid : process->st_gid;

	return id >= first && id - first < ID_UNIT && !is_zombie(pid);
}

/* Returns the number of the next process; NULL after the last one. */
static const char *next_process(DIR *proc, struct stat *st)
{
	const struct dirent *entry;

	while ((entry = readdir(proc)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			fstatat(dirfd(proc), entry->d_name, st, 0) == 0)
			return entry->d_name;
	return NULL;
}

/*
 * True if processes use IDs of the block through its user namespace although their container is
 * gone: processes of another container that joined the namespace, or leftovers.
 */
static bool is_in_use(const struct id_block *block, uint64_t user_namespace)
{
	DIR *proc = user_namespace != 0 ? opendir("/proc") : NULL;
	bool found = false;
	const char *pid;
	struct stat st;

	while (proc != NULL && !found && (pid = next_process(proc, &st)) != NULL) {
		cleanup_free char *path = NULL;

		if ((st.st_uid < block->uid || st.st_uid - block->uid >= block->size) &&
			(st.st_gid < block->gid || st.st_gid - block->gid >= block->size))
			continue;
		path = mem_printf("%s/ns/user", pid);
		found = fstatat(dirfd(proc), path, &st, 0) == 0 && st.st_ino == user_namespace &&
			!is_zombie(pid);
	}
	if (proc != NULL)
		closedir(proc);
	return found;
}

/*
 * True if the path exists from the process's point of view. Doesn't believe a process in another
 * user namespace: it may be in a container and fake the path.
 */
static bool sees_path(int proc, const char *pid, const char *path, ino_t user_namespace)
{
	cleanup_free char *root_path = mem_printf("%s/root", pid),
			  *user_path = mem_printf("%s/ns/user", pid);
	cleanup_fd int root = -1, fd = -1;
	struct stat st;

	if (fstatat(proc, user_path, &st, 0) < 0 || st.st_ino != user_namespace)
		return false;
	root = openat(proc, root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : path_open(root, path, O_PATH, NULL);
	return fd >= 0;
}

typedef LIST(ino_t) inode_list;

/* Returns true for the first process seen in each mount namespace. */
static bool is_new_namespace(int proc, const char *pid, struct arena *arena, inode_list *seen)
{
	cleanup_free char *path = mem_printf("%s/ns/mnt", pid);
	struct stat st;

	if (fstatat(proc, path, &st, 0) < 0)
		return false;
	for (size_t i = 0; i < seen->n; i++)
		if (seen->v[i] == st.st_ino)
			return false;
	*LIST_ADD(arena, seen) = st.st_ino;
	return true;
}

/*
 * True if a claim belongs to a live container although its state directory isn't visible here: the
 * directory may exist only in the mount namespace of another hull (a service with PrivateTmp=, an
 * engine with its own mounts). Looks for a process that uses one of the IDs or sees the directory.
 * Walks through /proc, but only for claims that look abandoned.
 */
static bool lives_elsewhere(const char *name, const char *path)
{
	DIR *proc = opendir("/proc");
	cleanup_arena struct arena arena = { 0 };
	inode_list seen = { 0 };
	struct stat own = { 0 }, st;
	const char *pid;
	bool found = proc == NULL || stat("/proc/self/ns/user", &own) < 0;

	while (!found && (pid = next_process(proc, &st)) != NULL)
		found = uses_unit(pid, &st, name) ||
			(is_new_namespace(dirfd(proc), pid, &arena, &seen) &&
				sees_path(dirfd(proc), pid, path, own.st_ino));
	if (proc != NULL)
		closedir(proc);
	return found;
}

/* Reads the path of the claim's container. Returns its length; 0 if nobody holds the claim. */
static size_t claimant(int claims, const char *name, char path[PATH_MAX])
{
	ssize_t len = readlinkat(claims, name, path, PATH_MAX - 1);

	if (len <= 0)
		return 0;
	path[len] = '\0';
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT ||
			lives_elsewhere(name, path)
		? (size_t)len
		: 0;
}

/*
 * Removes the claim of a hull that was killed. Holds a lock: otherwise a new claim could be
 * mistaken for the old one.
 */
static bool is_abandoned(int claims, const char *name)
{
	cleanup_fd int lock = openat(claims, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];

	if (claimant(claims, name, path) > 0 || lock < 0 || flock(lock, LOCK_EX) < 0)
		return false;
	return claimant(claims, name, path) == 0 &&
		(unlinkat(claims, name, 0) == 0 || errno == ENOENT);
}

static bool claim_unit(int claims, char kind, uint32_t first, const char *state_directory)
{
	char name[16];

	claim_name(name, kind, first);
	while (symlinkat(state_directory, claims, name) < 0)
		if (errno != EEXIST || !is_abandoned(claims, name))
			return false;
	return true;
}

static void release_unit(int claims, char kind, uint32_t first, const char *state_directory)
{
	char name[16], path[PATH_MAX];

	if (claimant(claims, claim_name(name, kind, first), path) > 0 &&
		strcmp(path, state_directory) == 0)
		unlinkat(claims, name, 0);
}

/* Claims all units of the block, or none. */
static bool claim_block(int claims, const struct id_block *block, const char *state_directory)
{
	for (uint32_t i = 0; i < block->size; i += ID_UNIT) {
		bool has_uid = claim_unit(claims, 'u', block->uid + i, state_directory);

		if (has_uid && claim_unit(claims, 'g', block->gid + i, state_directory))
			continue;
		if (has_uid)
			release_unit(claims, 'u', block->uid + i, state_directory);
		while (i > 0) {
			i -= ID_UNIT;
			release_unit(claims, 'u', block->uid + i, state_directory);
			release_unit(claims, 'g', block->gid + i, state_directory);
		}
		return false;
	}
	return true;
}

static bool is_free(int claims, const struct id_block *block)
{
	char name[16], path[PATH_MAX];

	for (uint32_t i = 0; claims >= 0 && i < block->size; i += ID_UNIT)
		if (claimant(claims, claim_name(name, 'u', block->uid + i), path) > 0 ||
			claimant(claims, claim_name(name, 'g', block->gid + i), path) > 0)
			return false;
	return true;
}

/* ---- search ---- */

/* FNV-1a, so that each container starts its search at a different place. */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261U;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619U;
	return h;
}

static int no_ranges(struct arena *arena, const char *owner, const subid_list *uids,
	const subid_list *gids, struct error *err)
{
	const char *file = count_units(uids) == 0 ? subid_files[SUBUID] : subid_files[SUBGID];
	const uint32_t count = 1000 * ID_UNIT;
	subid_list taken;
	uint32_t first = 0;

	if (subids_taken(arena, &taken, NULL) == 0) {
		subids_reserve_kubelet(arena, &taken);
		first = subids_free(&taken, count);
	}
	error_set(err, 0,
		"--userns=auto: %s gives %s no range of %d IDs (the IDs below %d belong to the "
		"host)",
		file, owner, ID_UNIT, ID_UNIT);
	if (err != NULL)
		err->code = uids->n == 0 && gids->n == 0 ? ENOENT : ERANGE;
	return error_hint(err,
		"usermod --add-subuids %" PRIu32 "-%" PRIu32 " --add-subgids %" PRIu32 "-%" PRIu32
		" %s # for 1000 containers",
		first, first + count - 1, first, first + count - 1, owner);
}

/* Counts the claimed units in these ranges and collects their owners, each once. */
static uint32_t count_claims(
	struct arena *arena, int claims, const subid_list *ranges, string_list *names)
{
	char path[PATH_MAX], name[16];
	uint32_t used = 0, first;

	for (uint32_t i = 0; unit_at(ranges, i, 1, &first); i++) {
		if (claimant(claims, claim_name(name, 'u', first), path) == 0)
			continue;
		used++;
		if (names->n == CLAIMANTS_NAMED ||
			(names->n > 0 && strcmp(names->v[names->n - 1], path) == 0))
			continue;
		names->v[names->n++] = arena_strdup(arena, path);
	}
	return used;
}

/* Where blocks come from. units: the number in both lists. */
struct supply {
	const char *owner;
	subid_list uids, gids;
	uint32_t units;
};

static int exhausted(struct arena *arena, int claims, uint32_t size, const struct supply *supply,
	struct error *err)
{
	string_list names = { arena_alloc(arena, CLAIMANTS_NAMED * sizeof *names.v), 0 };
	uint32_t used = count_claims(arena, claims, &supply->uids, &names);
	cleanup_buf struct buf text = { 0 };

	for (size_t i = 0; i < names.n; i++)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", names.v[i]);
	error_set(err, 0,
		"--userns=auto: no %" PRIu32 " ids are free: %" PRIu32 " of the %" PRIu32
		" blocks of %d ids that %s has are used, by %s%s",
		size, used, supply->units, ID_UNIT, supply->owner,
		names.n > 0 ? text.data : "nobody",
		names.n == CLAIMANTS_NAMED ? " and others" : "");
	if (err != NULL)
		err->code = ENOSPC;
	return error_hint(err, "delete containers, or give %s more in %s and %s", supply->owner,
		subid_files[SUBUID], subid_files[SUBGID]);
}

static int find(const struct runtime *rt, const char *name, uint32_t size, bool claim,
	struct id_block *block, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int claims = -1;
	struct supply supply;
	uint32_t n, n_gids, start;

	if (ranges_of_caller(&arena, &supply.uids, &supply.gids, &supply.owner, err) < 0)
		return -1;
	n = count_units(&supply.uids);
	n_gids = count_units(&supply.gids);
	n = supply.units = n < n_gids ? n : n_gids;
	if (n == 0)
		return no_ranges(&arena, supply.owner, &supply.uids, &supply.gids, err);
	claims = claims_open(rt, claim, err);
	if (claim && claims < 0)
		return -1;
	start = hash(name) % n;
	block->size = size;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = (start + i) % n;

		if (unit_at(&supply.uids, index, size / ID_UNIT, &block->uid) &&
			unit_at(&supply.gids, index, size / ID_UNIT, &block->gid) &&
			(claim ? claim_block(claims, block, name) : is_free(claims, block)))
			return 0;
	}
	return exhausted(&arena, claims, size, &supply, err);
}

int ranges_claim(const struct runtime *rt, const char *state_directory, uint32_t size,
	struct id_block *block, struct error *err)
{
	return find(rt, state_directory, size, true, block, err);
}

int ranges_choose(const struct runtime *rt, const char *name, uint32_t size, struct id_block *block,
	struct error *err)
{
	return find(rt, name, size, false, block, err);
}

void ranges_release(const struct runtime *rt, const char *state_directory,
	const struct id_block *block, uint64_t user_namespace)
{
	/* IDs in use stay claimed, until is_abandoned() finds that they aren't used any more */
	cleanup_fd int claims =
		is_in_use(block, user_namespace) ? -1 : claims_open(rt, false, NULL);

	for (uint32_t i = 0; claims >= 0 && i < block->size; i += ID_UNIT) {
		release_unit(claims, 'u', block->uid + i, state_directory);
		release_unit(claims, 'g', block->gid + i, state_directory);
	}
}

bool ranges_forget(const struct runtime *rt)
{
	int claims = claims_open(rt, false, NULL);
	char path[PATH_MAX], own[FD_PATH_MAX];
	const struct dirent *entry;
	DIR *directory;
	ssize_t len;

	if (claims < 0)
		return false;
	len = readlink(fd_path(own, claims), path, sizeof path - 1);
	directory = fdopendir(claims);
	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			is_abandoned(claims, entry->d_name);
	if (directory != NULL)
		closedir(directory);
	path[len > 0 ? len : 0] = '\0';
	return len > 0 && rmdir(path) == 0;
}

const char *id_block_text(struct arena *arena, const struct id_block *block)
{
	return arena_printf(
		arena, "%" PRIu32 " %" PRIu32 " %" PRIu32, block->uid, block->gid, block->size);
}

bool id_block_parse(const char *text, struct id_block *block)
{
	return text != NULL &&
		sscanf(text, "%" SCNu32 " %" SCNu32 " %" SCNu32, &block->uid, &block->gid,
			&block->size) == 3;
}
