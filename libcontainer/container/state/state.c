/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/state/state.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/process.h"

const char *const container_status_names[] = { "creating", "created", "running", "paused",
	"stopped", NULL };

/*
 * Version of state.json. Within a version, members are only added and have defaults: an older hull
 * ignores new ones, a newer hull tolerates missing ones.
 */
enum { STATE_VERSION = 1 };

static const struct json_field state_fields[] = {
	FIELD(struct state, version, "stateVersion", JSON_UINT32),
	FIELD(struct state, oci_version, "ociVersion", JSON_STRING, .required = true),
	FIELD(struct state, id, "id", JSON_STRING, .required = true),
	FIELD(struct state, phase, "phase", JSON_ENUM, .names = container_status_names,
		.required = true),
	FIELD(struct state, pid, "pid", JSON_INT32, .required = true),
	FIELD(struct state, pid_start_time, "pidStartTime", JSON_UINT64),
	FIELD(struct state, creator, "creator", JSON_INT32),
	FIELD(struct state, creator_start_time, "creatorStartTime", JSON_UINT64),
	FIELD(struct state, bundle, "bundle", JSON_STRING, .required = true),
	FIELD(struct state, rootfs, "rootfs", JSON_STRING),
	FIELD(struct state, rootfs_mount, "rootfsMount", JSON_UINT64),
	FIELD(struct state, created, "created", JSON_STRING),
	FIELD_MAP(struct state, annotations, "annotations", JSON_STRING),
	FIELD(struct state, cgroup, "cgroup", JSON_OBJECT, .table = &cgroup_table,
		.required = true),
	FIELD(struct state, own_pid_namespace, "ownPidNamespace", JSON_BOOL),
	FIELD(struct state, poststart, "poststart", JSON_BOOL),
	FIELD(struct state, poststop, "poststop", JSON_BOOL),
	FIELD(struct state, process, "process", JSON_BOOL),
	FIELD(struct state, rootless, "rootless", JSON_BOOL),
	FIELD(struct state, terminal, "terminal", JSON_BOOL),
	FIELD(struct state, no_new_keyring, "noNewKeyring", JSON_BOOL),
	FIELD(struct state, notify, "notify", JSON_BOOL),
	FIELD(struct state, userns_claim, "usernsClaim", JSON_STRING),
	FIELD(struct state, user_namespace, "userNamespace", JSON_UINT64),
	FIELD(struct state, intel_rdt, "intelRdt", JSON_STRING),
	FIELD_LIST(struct state, devices, "devices", JSON_OBJECT, .table = &device_rule_table),
	FIELD(struct state, seccomp_flags, "seccompFlags", JSON_UINT32),
	FIELD(struct state, kept_out, "keptOut", JSON_OPT_UINT32),
	FIELD(struct state, exec, "exec", JSON_POINTER, .table = &config_exec_table, .tail = true),
	FIELD_END,
};
static const struct json_table state_table = { "state", sizeof(struct state), state_fields };

int state_check_id(const char *id, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";

	if (id == NULL || id[0] == '\0')
		return error_set(err, 0, "container id cannot be empty");
	if (strlen(id) > NAME_MAX)
		return error_set(
			err, 0, "invalid container ID format: longer than %d bytes", NAME_MAX);
	if (id[strspn(id, allowed)] != '\0' || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return error_set(err, 0,
			"invalid container ID format: \"%s\": letters, digits and _+.- are allowed",
			id);
	return 0;
}

static bool is_made(const void *operation, struct buf *why)
{
	(void)why;
	return *(const bool *)operation;
}

/* The operation is whether the root would be made. */
static const struct explanation root_rows[] = {
	{ EACCES, NULL, is_made,
		"without root's privileges, use `hull spec --rootless`, and set XDG_RUNTIME_DIR or "
		"choose a directory with --root" },
	{ EACCES, NULL, NULL, "set XDG_RUNTIME_DIR, or choose a directory with --root" },
	EXPLANATIONS_END,
};

static int make_root(const struct runtime *rt, struct error *err)
{
	cleanup_free char *path = mem_strdup(rt->root);

	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return error_errno(err, "make the directory %s for the state root", path);
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "make the state root %s", path);
	if (rt->root_is_sticky && chmod(path, 01700) < 0)
		return error_errno(err, "change the mode of the state root %s", path);
	return 0;
}

int state_root_open(const struct runtime *rt, bool make, struct error *err)
{
	int fd = open(rt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make) {
		if (make_root(rt, err) < 0)
			return explain(root_rows, NULL, &make, err);
		fd = open(rt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0) {
		error_errno(err, "open the state root %s", rt->root);
		return explain(root_rows, NULL, &make, err);
	}
	if (!fd_is_ours(fd, S_IFDIR)) {
		fd_close(&fd);
		error_set(err, 0,
			"the state root %s belongs to, or can be written by, somebody else",
			rt->root);
		return error_hint(
			err, "choose a directory with --root that only this user can write");
	}
	return fd;
}

/* path: the state directory. Engines match the first words of the message. */
static int no_such_container(const char *path, struct error *err)
{
	const char *id = strrchr(path, '/');

	error_set(err, 0, "container does not exist: %s in the state root %.*s", id + 1,
		(int)(id - path), path);
	if (err != NULL)
		err->code = ENOENT;
	return -1;
}

static int no_state(int dirfd, struct error *err)
{
	char link[FD_PATH_MAX], path[PATH_MAX];
	ssize_t len = readlink(fd_path(link, dirfd), path, sizeof path - 1);

	path[len > 0 ? len : 0] = '\0';
	return no_such_container(len > 0 ? path : "/", err);
}

int state_open(const struct runtime *rt, const char *id, struct error *err)
{
	cleanup_free char *path = NULL;
	int fd;

	if (state_check_id(id, err) < 0)
		return -1;
	path = mem_printf("%s/%s", rt->root, id);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return no_such_container(path, err);
	if (fd < 0)
		return error_errno(err, "open the state of the container %s", path);
	if (!fd_is_ours(fd, S_IFDIR)) {
		fd_close(&fd);
		return error_set(err, 0,
			"the state of the container %s belongs to, or can be written by, somebody "
			"else",
			path);
	}
	return fd;
}

static int check_version(const struct state *state, struct error *err)
{
	if (state->version <= STATE_VERSION) /* 0: written by hull 0.1, which had no version */
		return 0;
	error_set(err, 0,
		"state.json: /stateVersion: this hull reads states up to version %d, found %u",
		STATE_VERSION, state->version);
	return error_hint(err, "use the hull that created the container, or a newer one");
}

static int decode(struct state *state, const struct buf *text, bool whole, struct error *err)
{
	const struct json_source source = { "state.json", text->data, text->len, .head = !whole };

	return json_decode(&state->arena, &source, &state_table, state, err);
}

static int read_state(int dirfd, struct state *state, bool whole, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	struct stat st;

	*state = STATE_NONE;
	if (file_read(dirfd, "state.json", &text, err) < 0) {
		if (err != NULL && err->code == ENOENT)
			no_state(dirfd, err);
		return -1;
	}
	if (text.len == 0) /* see state_write_first() */
		return no_state(dirfd, err);
	if (decode(state, &text, whole, err) < 0 || check_version(state, err) < 0)
		return -1;
	if (state->exec != NULL && state->exec->linux == NULL)
		state->exec->linux = arena_alloc(&state->arena, sizeof *state->exec->linux);
	state->cgroup.arena = &state->arena;
	cgroup_load(&state->cgroup);
	state->owner = fstat(dirfd, &st) == 0 ? st.st_uid : 0;
	return 0;
}

int state_read(int dirfd, struct state *state, struct error *err)
{
	return read_state(dirfd, state, false, err);
}

static void encode(struct buf *text, const struct state *state)
{
	struct state current = *state;

	current.version = STATE_VERSION;
	json_encode(text, &state_table, &current, 0);
}

int state_write(int dirfd, const struct state *state, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	encode(&text, state);
	return file_replace(dirfd, "state.json", text.data, text.len, 0600, err);
}

int state_write_first(int dirfd, const struct state *state, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	encode(&text, state);
	return file_make(dirfd, "state.json", text.data, text.len, 0600, err);
}

void state_free(struct state *state)
{
	cgroup_close(&state->cgroup);
	arena_free(&state->arena);
}

static int load(const struct runtime *rt, const char *id, struct state *state, bool whole,
	struct error *err)
{
	cleanup_fd int dirfd = -1;

	*state = STATE_NONE;
	dirfd = state_open(rt, id, err);
	if (dirfd < 0 || read_state(dirfd, state, whole, err) < 0)
		return -1;
	return fd_take(&dirfd);
}

int state_load(const struct runtime *rt, const char *id, struct state *state, struct error *err)
{
	return load(rt, id, state, false, err);
}

int state_load_whole(
	const struct runtime *rt, const char *id, struct state *state, struct error *err)
{
	return load(rt, id, state, true, err);
}

/*
 * If /proc can't be read (for example, EMFILE), report the process as alive: never call a container
 * stopped because hull ran out of descriptors.
 */
static bool is_alive(int32_t pid, uint64_t start_time)
{
	uint64_t now;
	char letter;

	if (pid <= 0)
		return false;
	if (process_start_time(pid, &now, &letter) < 0)
		return errno != ENOENT && errno != ESRCH;
	return now == start_time && letter != 'Z' && letter != 'X';
}

enum container_status state_status(struct state *state, int dirfd)
{
	if (state->phase == CONTAINER_CREATING &&
		is_alive(state->creator, state->creator_start_time))
		return CONTAINER_CREATING;
	if (!is_alive(state->pid, state->pid_start_time))
		return CONTAINER_STOPPED;
	if (cgroup_frozen(&state->cgroup) == 1)
		return CONTAINER_PAUSED;
	return faccessat(dirfd, "start.sock", F_OK, 0) == 0 ? CONTAINER_CREATED : CONTAINER_RUNNING;
}

int state_config(int dirfd, struct oci_config *config, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	*config = (struct oci_config){ 0 };
	return file_read(dirfd, "config.json", &text, err) < 0
		? -1
		: config_decode(config, "config.json", text.data, text.len, err);
}

int state_memory_hint(int dirfd, struct error *err)
{
	cleanup_config struct oci_config config = { 0 };

	return state_config(dirfd, &config, NULL) < 0 ? -1 : config_memory_hint(&config, err);
}

int state_config_for_exec(
	int dirfd, const struct state *state, struct oci_config *config, struct error *err)
{
	if (state->exec == NULL) /* written by hull 0.1 */
		return state_config(dirfd, config, err);
	*config = *state->exec;
	config->annotations = state->annotations;
	return 0;
}

void state_spec_json(
	struct buf *out, const struct state *state, enum container_status status, pid_t pid)
{
	struct json_writer *w = json_writer_new(0);

	json_map_open(w);
	json_member_string(w, "ociVersion", state->oci_version);
	json_member_string(w, "id", state->id);
	json_member_string(w, "status", container_status_names[status - 1]);
	if (pid > 0) {
		json_member_int(w, "pid", pid);
	}
	json_member_string(w, "bundle", state->bundle);
	annotations_json(w, &state->annotations);
	json_map_close(w);
	json_writer_finish(w, out);
}

/*
 * The files that nearly every started container has are unlinked by name: faster than reading the
 * directory.
 */
static void remove_usual(int dirfd)
{
	static const char *const usual[] = { "seccomp.bpf", "config.json", "state.json" };

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		unlinkat(dirfd, usual[i], 0);
}

static int remove_content(int parent, const char *name, int dirfd, struct error *err)
{
	int fd = openat(dirfd >= 0 ? dirfd : parent, dirfd >= 0 ? "." : name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (dir == NULL) /* removed by somebody else meanwhile */
		return errno == ENOENT ? 0 : error_errno(err, "open the state directory %s", name);
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		result = errno == EISDIR ? state_remove(fd, entry->d_name, -1, err)
					 : error_errno(err, "remove %s", entry->d_name);
	}
	closedir(dir);
	return result;
}

int state_remove(int rootfd, const char *id, int dirfd, struct error *err)
{
	if (dirfd >= 0)
		remove_usual(dirfd);
	if (unlinkat(rootfd, id, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOTEMPTY && remove_content(rootfd, id, dirfd, err) < 0)
		return -1;
	if (unlinkat(rootfd, id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_errno(err, "remove the state directory %s", id);
	return 0;
}

int state_remove_open(const struct runtime *rt, const char *id, int dirfd, struct error *err)
{
	cleanup_fd int root_fd = state_root_open(rt, false, err);

	return root_fd < 0 ? -1 : state_remove(root_fd, id, dirfd, err);
}

const char *state_timestamp(struct arena *arena)
{
	cleanup_buf struct buf text = { 0 };

	clock_append(&text, true);
	return arena_strdup(arena, text.data);
}
