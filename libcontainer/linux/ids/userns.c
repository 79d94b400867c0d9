/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/ids/userns.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/capability.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/text/number.h"
#include "linux/namespaces/refusals.h"

/*
 * newuidmap and newgidmap take lines as arguments. The kernel's limit of 340 lines is far below
 * ARG_MAX.
 */
static const struct map_file {
	const char *file, *helper, *property, *database;
} uid_map = { "uid_map", "newuidmap", "/linux/uidMappings", "/etc/subuid" },
  gid_map = { "gid_map", "newgidmap", "/linux/gidMappings", "/etc/subgid" };

static void format_map(struct buf *text, const oci_id_mappings *map)
{
	for (size_t i = 0; i < map->n; i++)
		buf_printf(text, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", map->v[i].container_id,
			map->v[i].host_id, map->v[i].size);
}

/*
 * The kernel accepts a map in one write of less than a page (user_namespaces(7), "Defining user and
 * group ID mappings").
 */
static int check_length(const struct map_file *which, const oci_id_mappings *map, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	format_map(&text, map);
	if (text.len < (size_t)getpagesize())
		return 0;
	return error_set(err, 0, "%s: the map takes %zu bytes; the kernel accepts less than %d",
		which->property, text.len, getpagesize());
}

static const struct explanation map_rows[] = {
	{ EPERM, NULL, NULL,
		"mapping other ids than one's own needs CAP_SETUID and CAP_SETGID over them, and "
		"they must be mapped in the parent user namespace" },
	EXPLANATIONS_END,
};

static int write_directly(
	pid_t pid, const struct map_file *which, const oci_id_mappings *map, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	char path[64];

	format_map(&text, map);
	snprintf(path, sizeof path, "/proc/%d/%s", pid, which->file);
	if (file_write(AT_FDCWD, path, text.data, err) < 0) {
		error_prefix(err, "%s", which->property);
		return explain(map_rows, NULL, NULL, err);
	}
	return 0;
}

static int write_by_helper(
	pid_t pid, const struct map_file *which, const oci_id_mappings *map, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	char **argv = arena_alloc(&arena, (3 * map->n + 3) * sizeof *argv), **arg = argv;
	extern char **environ;
	pid_t child;
	int status;

	*arg++ = arena_strdup(&arena, which->helper);
	*arg++ = arena_printf(&arena, "%d", pid);
	for (size_t i = 0; i < map->n; i++) {
		*arg++ = arena_printf(&arena, "%" PRIu32, map->v[i].container_id);
		*arg++ = arena_printf(&arena, "%" PRIu32, map->v[i].host_id);
		*arg++ = arena_printf(&arena, "%" PRIu32, map->v[i].size);
	}
	errno = posix_spawnp(&child, which->helper, NULL, NULL, argv, environ);
	if (errno != 0) {
		error_errno(err, "%s: run %s", which->property, which->helper);
		return error_hint(err,
			"an unprivileged user maps more than the own id with it (package uidmap)");
	}
	status = process_wait(child);
	if (status != 0) {
		error_set(err, EPERM, "%s: %s ended with status %d", which->property, which->helper,
			status);
		return error_hint(
			err, "%s must give these ids to the user that calls hull", which->database);
	}
	return 0;
}

static bool is_own_id_alone(const oci_id_mappings *map, uint32_t own)
{
	return map->n == 1 && map->v[0].size == 1 && map->v[0].host_id == own;
}

static int write_setgroups_deny(pid_t pid, struct error *err)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/setgroups", pid);
	return file_write(AT_FDCWD, path, "deny", err);
}

int userns_write_maps(pid_t pid, const oci_id_mappings *uids, const oci_id_mappings *gids,
	bool privileged, struct error *err)
{
	if (check_length(&gid_map, gids, err) < 0 || check_length(&uid_map, uids, err) < 0)
		return -1;
	if (privileged)
		return write_directly(pid, &gid_map, gids, err) < 0
			? -1
			: write_directly(pid, &uid_map, uids, err);
	if (is_own_id_alone(gids, getegid())) {
		if (write_setgroups_deny(pid, err) < 0 ||
			write_directly(pid, &gid_map, gids, err) < 0)
			return -1;
	} else if (write_by_helper(pid, &gid_map, gids, err) < 0) {
		return -1;
	}
	if (is_own_id_alone(uids, geteuid()))
		return write_directly(pid, &uid_map, uids, err);
	return write_by_helper(pid, &uid_map, uids, err);
}

int userns_make(const oci_id_mappings *uids, const oci_id_mappings *gids, bool privileged,
	struct error *err)
{
	cleanup_fd int pidfd = -1, fd = -1;
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = 0
	};
	char path[64];
	pid_t parent = getpid(), pid = sys_clone3(&args);
	int result = -1;

	if (pid < 0)
		return error_errno(err, "make a user namespace for a mapping"),
		       namespaces_explain(CLONE_NEWUSER, err);
	/* The child exists until the namespace is open; the signal is for a killed parent. */
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
			pause();
		_exit(0);
	}
	if (userns_write_maps(pid, uids, gids, privileged, err) == 0) {
		snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		result = fd >= 0 ? 0 : error_errno(err, "open %s", path);
	}
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
		;
	return result < 0 ? -1 : fd_take(&fd);
}

int userns_read_map(
	struct arena *arena, pid_t pid, const char *file, oci_id_mappings *map, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	map->n = 0;
	map->v = arena_alloc(arena, USERNS_MAP_LINES * sizeof *map->v);
	for (const char *line = text.data; map->n < USERNS_MAP_LINES; map->n++) {
		uint32_t numbers[3];

		if (!number_take_32(&line, numbers, 3))
			break;
		map->v[map->n] = (struct oci_id_mapping){
			.container_id = numbers[0], .host_id = numbers[1], .size = numbers[2]
		};
	}
	return 0;
}

/* Hides this process first: processes in that namespace must not be able to attach to it. */
static int hide_and_enter(int userns_fd)
{
	return process_hide(NULL) < 0 || setns(userns_fd, CLONE_NEWUSER) < 0 ||
			process_hide(NULL) < 0
		? errno
		: 0;
}

/* The maps can be read only from a process in the namespace, so a child enters it meanwhile. */
int userns_read_joined(struct arena *arena, int userns_fd, oci_id_mappings *uids,
	oci_id_mappings *gids, struct error *err)
{
	int sockets[2], result = -1, problem;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, "make a socket pair");
	pid = fork();
	if (pid == 0) {
		close(sockets[0]);
		problem = hide_and_enter(userns_fd);
		_exit(fd_send(sockets[1], &problem, sizeof problem, NULL, 0) == 0 &&
			read(sockets[1], &problem, sizeof problem) == 0);
	}
	problem = errno;
	close(sockets[1]);
	if (pid > 0 && fd_recv(sockets[0], &problem, sizeof problem, NULL, NULL) != sizeof problem)
		problem = ESRCH;
	if (pid > 0 && problem == 0)
		result = userns_read_map(arena, pid, "uid_map", uids, err) < 0
			? -1
			: userns_read_map(arena, pid, "gid_map", gids, err);
	else
		error_set(err, problem, "read the mapping of the user namespace to join: enter it");
	close(sockets[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

int64_t id_mappings_to_host(const oci_id_mappings *map, uint32_t container_id)
{
	for (size_t i = 0; i < map->n; i++)
		if (container_id >= map->v[i].container_id &&
			container_id - map->v[i].container_id < map->v[i].size)
			return (int64_t)map->v[i].host_id + (container_id - map->v[i].container_id);
	return -1;
}

int64_t id_mappings_to_container(const oci_id_mappings *map, uint32_t host_id)
{
	for (size_t i = 0; i < map->n; i++)
		if (host_id >= map->v[i].host_id && host_id - map->v[i].host_id < map->v[i].size)
			return (int64_t)map->v[i].container_id + (host_id - map->v[i].host_id);
	return -1;
}

bool id_mappings_same(const oci_id_mappings *a, const oci_id_mappings *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof *a->v) == 0);
}

static uint64_t count_ids(const oci_id_mappings *map)
{
	uint64_t n = 0;

	for (size_t i = 0; i < map->n; i++)
		n += map->v[i].size;
	return n;
}

static const struct oci_id_mapping *line_of(const oci_id_mappings *map, uint64_t container_id)
{
	for (size_t i = 0; i < map->n; i++)
		if (container_id >= map->v[i].container_id &&
			container_id - map->v[i].container_id < map->v[i].size)
			return &map->v[i];
	return NULL;
}

bool id_mappings_equivalent(const oci_id_mappings *a, const oci_id_mappings *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct oci_id_mapping *line = &a->v[i];
		uint64_t end = (uint64_t)line->container_id + line->size;

		for (uint64_t id = line->container_id; id < end;) {
			const struct oci_id_mapping *other = line_of(b, id);

			if (other == NULL ||
				id - line->container_id + line->host_id !=
					id - other->container_id + other->host_id)
				return false;
			id = (uint64_t)other->container_id + other->size;
		}
	}
	return count_ids(a) == count_ids(b);
}

bool userns_has_capability(int capability)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[capability / 32].effective >> (capability % 32) & 1;
}

bool userns_is_initial(void)
{
	cleanup_buf struct buf text = { 0 };
	uint32_t numbers[3]; /* container ID, host ID, size */
	const char *line;

	if (file_read(AT_FDCWD, "/proc/self/uid_map", &text, NULL) < 0)
		return false;
	line = text.data;
	return number_take_32(&line, numbers, 3) && numbers[0] == 0 && numbers[1] == 0 &&
		numbers[2] == UINT32_MAX;
}
