/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel says about a process, through the auditor's own procfs. The process is stopped,
 * so nothing changes meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "auditor.h"

static const char *const namespace_names[NAMESPACES] = { "user", "pid", "net", "ipc", "uts",
	"cgroup", "time", "mnt" };
enum { NS_USER = 0, NS_MOUNT = 7, CONTAINERS_MAX = 4 };

static struct {
	struct identity namespaces[NAMESPACES], root, proc, rootfs, bundle, state, standard[3];
	struct identity containers[CONTAINERS_MAX]; /* mount namespaces */
	int ncontainers;
	struct identity hull;
	pid_t pids[CONTAINERS_MAX];
	dev_t pts;
} host;

static struct identity identify(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? (struct identity){ 0 }
				   : (struct identity){ st.st_dev, st.st_ino };
}

static bool same(struct identity a, struct identity b)
{
	return a.ino != 0 && a.dev == b.dev && a.ino == b.ino;
}

static char *path_of(pid_t pid, const char *name)
{
	static char paths[4][TEXT_MAX];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, TEXT_MAX, "/proc/%d/%s", pid, name);
	return path;
}

static void namespaces_of(pid_t pid, struct identity to[NAMESPACES])
{
	char name[32];

	for (int i = 0; i < NAMESPACES; i++) {
		snprintf(name, sizeof name, "ns/%s", namespace_names[i]);
		to[i] = identify(path_of(pid, name));
	}
}

void look_begin(void)
{
	namespaces_of(getpid(), host.namespaces);
	host.root = identify("/");
	host.proc = identify("/proc");
	host.rootfs = options.rootfs ? identify(options.rootfs) : (struct identity){ 0 };
	host.bundle = options.bundle ? identify(options.bundle) : (struct identity){ 0 };
	host.state = options.state ? identify(options.state) : (struct identity){ 0 };
	for (int i = 0; i < 3; i++)
		host.standard[i] =
			identify(path_of(getpid(), (char[]){ 'f', 'd', '/', (char)('0' + i), 0 }));
	host.pts = identify("/dev/pts").dev;
	host.hull = identify(options.hull);
}

void look_at_container(pid_t pid)
{
	if (host.ncontainers == CONTAINERS_MAX)
		return;
	host.pids[host.ncontainers] = pid;
	host.containers[host.ncontainers++] = identify(path_of(pid, "ns/mnt"));
}

bool is_of_container(pid_t pid)
{
	for (int i = 0; i < host.ncontainers; i++)
		if (host.pids[i] == pid)
			return true;
	return false;
}

/* hull may execute itself from a read-only clone of its mount, or from a copy in memory. */
bool is_hull(pid_t pid)
{
	char text[TEXT_MAX];
	ssize_t n = readlink(path_of(pid, "exe"), text, sizeof text - 1);

	if (same(identify(path_of(pid, "exe")), host.hull))
		return true;
	text[n < 0 ? 0 : n] = '\0';
	return strncmp(text, "/memfd:hull", 11) == 0;
}

bool status_line(pid_t pid, const char *name, char text[TEXT_MAX])
{
	FILE *file = fopen(path_of(pid, "status"), "re");
	size_t len = strlen(name);
	bool found = false;
	char line[4096];

	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':') {
			snprintf(text, TEXT_MAX, "%.*s", TEXT_MAX - 1,
				line + len + 1 + strspn(line + len + 1, " \t"));
			text[strcspn(text, "\n")] = '\0';
			found = true;
		}
	if (file != NULL)
		fclose(file);
	return found;
}

pid_t parent_of(pid_t pid)
{
	char text[TEXT_MAX];

	return status_line(pid, "PPid", text) ? atoi(text) : 0;
}

pid_t pidfd_target(pid_t pid, int fd)
{
	char name[32], line[TEXT_MAX];
	pid_t target = 0;
	FILE *file;

	snprintf(name, sizeof name, "fdinfo/%d", fd);
	file = fopen(path_of(pid, name), "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		sscanf(line, "Pid: %d", &target);
	if (file != NULL)
		fclose(file);
	return target;
}

/* ---- descriptors ---- */

/*
 * Returns true if the directory, or one above it in the same filesystem, shows this very process as
 * "self": then it is a procfs of the host.
 */
static bool shows_host_processes(const char *path)
{
	char up[TEXT_MAX], target[32];
	ssize_t n;

	snprintf(up, sizeof up, "%s", path);
	for (int i = 0; i < 5; i++) {
		char self[TEXT_MAX + 8];

		snprintf(self, sizeof self, "%s/self", up);
		n = readlink(self, target, sizeof target - 1);
		if (n > 0) {
			target[n] = '\0';
			return atoi(target) == getpid();
		}
		strncat(up, "/..", sizeof up - strlen(up) - 1);
	}
	return false;
}

/*
 * Returns the directory at which ".." ends: the root of the mount tree, or of the detached tree,
 * that contains the directory. *in_state and *in_bundle are set if the way there passes those
 * directories.
 */
static struct identity climb(const char *path, bool *in_state, bool *in_bundle, bool *in_rootfs)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct identity here = { 0 }, above;
	struct stat st;

	while (fd >= 0 && fstat(fd, &st) == 0) {
		int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		here = (struct identity){ st.st_dev, st.st_ino };
		*in_state |= same(here, host.state);
		*in_bundle |= same(here, host.bundle);
		*in_rootfs |= same(here, host.rootfs);
		close(fd);
		fd = up;
		above = up >= 0 && fstat(up, &st) == 0 ? (struct identity){ st.st_dev, st.st_ino }
						       : here;
		if (same(here, above))
			break;
	}
	if (fd >= 0)
		close(fd);
	return here;
}

static enum kind directory_kind(pid_t pid, const char *path)
{
	struct identity here = identify(path), top, root = identify(path_of(pid, "root"));
	bool in_state = false, in_bundle = false, in_rootfs = false;
	struct statfs fs;

	if (statfs(path, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return here.dev == host.proc.dev || shows_host_processes(path) ? KIND_HOST_PROC
									       : KIND_OWN_FILES;
	top = climb(path, &in_state, &in_bundle, &in_rootfs);
	if (!same(top, host.root)) /* a container's, or a tree that isn't attached */
		return same(top, root) || in_rootfs ? KIND_INSIDE : KIND_TREE;
	if (fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC)
		return KIND_CGROUPFS;
	return in_state     ? KIND_STATE
		: in_rootfs ? KIND_INSIDE
		: in_bundle ? KIND_BUNDLE
			    : KIND_HOST_ROOT;
}

/* Hooks get the caller's streams, as the container does, under other numbers. */
static bool is_standard(struct identity id)
{
	for (int i = 0; i < 3; i++)
		if (same(id, host.standard[i]))
			return true;
	return false;
}

/* hull inherits what this process has open. */
static bool is_callers(struct identity id)
{
	bool found = false;

	for (int fd = 3; fd < 1024 && !found; fd++) {
		struct stat st;

		found = fstat(fd, &st) == 0 && same(id, (struct identity){ st.st_dev, st.st_ino });
	}
	return found;
}

static enum kind namespace_kind(struct identity id)
{
	for (int i = 0; i < NAMESPACES; i++)
		if (same(id, host.namespaces[i]))
			return KIND_HOST_NAMESPACE;
	return KIND_NAMESPACE;
}

static enum kind file_kind(const char *path, const char *text)
{
	struct statfs fs;

	if (statfs(path, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return strstr(text, "/attr/") != NULL ? KIND_OWN_FILES : KIND_FILE;
	if (fs.f_type == NSFS_MAGIC)
		return namespace_kind(identify(path));
	return KIND_FILE;
}

/* True if it is from another devpts than the host's. */
static bool is_own_terminal(const char *path, const struct stat *st)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC && st->st_dev != host.pts;
}

/* name: "fd/N", "root" or "cwd" */
enum kind classify(pid_t pid, const char *name, char text[TEXT_MAX])
{
	const char *path = path_of(pid, name);
	int fd = strncmp(name, "fd/", 3) == 0 ? atoi(name + 3) : -1;
	ssize_t n = readlink(path, text, TEXT_MAX - 1);
	struct stat st;

	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0 && fd < 3 + (int)options.preserved)
		return KIND_STANDARD;
	if (stat(path, &st) < 0)
		return KIND_ANONYMOUS;
	if (S_ISDIR(st.st_mode))
		return directory_kind(pid, path);
	if (fd >= 0 && is_standard((struct identity){ st.st_dev, st.st_ino }))
		return KIND_STANDARD;
	if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
		return is_callers((struct identity){ st.st_dev, st.st_ino }) ? KIND_CALLERS
			: S_ISSOCK(st.st_mode)                               ? KIND_SOCKET
									     : KIND_PIPE;
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return is_own_terminal(path, &st) ? KIND_TERMINAL : KIND_DEVICE;
	if (strncmp(text, "pidfd:", 6) == 0 || strstr(text, "[pidfd]") != NULL)
		return parent_of(pidfd_target(pid, fd)) == pid ? KIND_ANONYMOUS : KIND_PIDFD;
	if (strncmp(text, "anon_inode:", 11) == 0)
		return KIND_ANONYMOUS;
	return file_kind(path, text);
}

/* ---- everything about one process ---- */

static bool is_containers(struct identity mount_namespace)
{
	for (int i = 0; i < host.ncontainers; i++)
		if (same(mount_namespace, host.containers[i]))
			return true;
	return false;
}

static bool has_mapping(pid_t pid)
{
	char byte;
	int fd = open(path_of(pid, "uid_map"), O_RDONLY | O_CLOEXEC);
	bool mapped = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		close(fd);
	return mapped;
}

/* The tiny mount namespace that hull keeps belongs to the host: nothing of a container is in it. */
static enum kind place(pid_t pid, const char *name, const struct facts *facts)
{
	char text[TEXT_MAX];
	enum kind kind;

	if (same(identify(path_of(pid, name)), host.rootfs))
		return KIND_INSIDE;
	kind = classify(pid, name, text);
	if (kind == KIND_INSIDE && strcmp(name, "root") == 0 &&
		!is_containers(facts->namespaces[NS_MOUNT]))
		return KIND_HOST_ROOT;
	return kind;
}

void look(const struct process *p, struct facts *facts)
{
	*facts = (struct facts){ 0 };
	namespaces_of(p->pid, facts->namespaces);
	for (int i = 0; i < NS_MOUNT; i++)
		facts->container_side |= facts->namespaces[i].ino != 0 &&
			!same(facts->namespaces[i], host.namespaces[i]);
	facts->container_side |= is_containers(facts->namespaces[NS_MOUNT]);
	facts->in_userns = !same(facts->namespaces[NS_USER], host.namespaces[NS_USER]);
	facts->phase = PHASE_HOST;
	if (!facts->container_side)
		return;
	facts->mapped = !facts->in_userns || has_mapping(p->pid);
	facts->root = place(p->pid, "root", facts);
	facts->cwd = place(p->pid, "cwd", facts);
	facts->phase = !facts->mapped        ? PHASE_UNMAPPED
		: facts->root == KIND_INSIDE ? PHASE_INSIDE
					     : PHASE_OUTSIDE;
}
