/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/doctor_checks.h"
#include "linux/idmap.h"
#include "linux/mountinfo.h"
#include "linux/userns.h"

void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice, const char *found, ...)
{
	struct findings *f = d->findings;
	struct finding *v = arena_alloc(&f->arena, (f->n + 1) * sizeof *v);
	char text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, found);
	vsnprintf(text, sizeof text, found, ap);
	va_end(ap);
	if (f->n > 0)
		memcpy(v, f->v, f->n * sizeof *v);
	v[f->n++] = (struct finding){ arena_strdup(&f->arena, check), verdict, arena_strdup(&f->arena, text),
				      advice != NULL ? arena_strdup(&f->arena, advice) : NULL };
	f->v = v;
}

/* The first line of a file, or NULL. */
static const char *line_of(struct doctor *d, const char *path)
{
	cleanup_buf struct buf text = {0};

	if (file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	return arena_strndup(&d->findings->arena, text.data != NULL ? text.data : "", text.data != NULL ? strcspn(text.data, "\n") : 0);
}

/* ---- the kernel ---- */

static void check_kernel(struct doctor *d)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major < 5 || (major == 5 && minor < 14))
		doctor_report(d, VERDICT_BAD, "kernel", "hull needs Linux 5.14 or newer", "Linux %s", name.release);
	else if (major < 6 || (major == 6 && minor < 3))
		doctor_report(d, VERDICT_WARNING, "kernel", "Kubernetes wants 6.3 or newer, for ID-mapped tmpfs (secrets, config maps, emptyDir)",
			      "Linux %s", name.release);
	else
		doctor_report(d, VERDICT_OK, "kernel", NULL, "Linux %s", name.release);
}

/* Makes one, which says more than any of the settings; then the settings say why not. */
static void check_user_namespaces(struct doctor *d)
{
	const struct id_mapping line = { 0, getuid(), 1 }, group = { 0, getgid(), 1 };
	const id_mappings uids = { (struct id_mapping *)&line, 1 }, gids = { (struct id_mapping *)&group, 1 };
	const char *max = line_of(d, "/proc/sys/user/max_user_namespaces");
	const char *clone = line_of(d, "/proc/sys/kernel/unprivileged_userns_clone");
	const char *apparmor = line_of(d, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	const struct id_mapping many = { 0, 100000, 65536 };
	const id_mappings block = { (struct id_mapping *)&many, 1 };
	bool privileged = geteuid() == 0;
	struct error err = {0};

	d->userns = privileged ? userns_make(&block, &block, true, &err) : userns_make(&uids, &gids, false, &err);
	if (d->userns < 0)
		doctor_report(d, VERDICT_BAD, "user namespaces", "a kernel with CONFIG_USER_NS, and user.max_user_namespaces over 0", "%s", err.text);
	else if (max != NULL && strtol(max, NULL, 10) < 256)
		doctor_report(d, VERDICT_WARNING, "user namespaces", "sysctl -w user.max_user_namespaces=65536: a node runs 110 pods", "can be made; user.max_user_namespaces is %s", max);
	else
		doctor_report(d, VERDICT_OK, "user namespaces", NULL, "can be made; user.max_user_namespaces is %s", max != NULL ? max : "not there");
	if (clone != NULL && strcmp(clone, "0") == 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces", "sysctl -w kernel.unprivileged_userns_clone=1, if users shall run containers without root",
			      "kernel.unprivileged_userns_clone is 0");
	if (apparmor != NULL && strcmp(apparmor, "0") != 0)
		doctor_report(d, VERDICT_WARNING, "unprivileged user namespaces", "an AppArmor profile for hull with `userns,`, if users shall run containers without root",
			      "kernel.apparmor_restrict_unprivileged_userns is %s", apparmor);
}

static void check_tmpfs(struct doctor *d)
{
	cleanup_fd int fsfd = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -1;
	struct error err;

	if (fsfd < 0 || fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return; /* not root: the paths say what there is to say */
	tree = fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	if (tree < 0 || d->userns < 0)
		return;
	if (idmap_apply(tree, d->userns, false, "tried", "a new tmpfs", &err) < 0)
		doctor_report(d, VERDICT_BAD, "ID-mapped tmpfs", "Linux 6.3 or newer: secrets and config maps of pods are tmpfs", "%s", err.text);
	else
		doctor_report(d, VERDICT_OK, "ID-mapped tmpfs", NULL, "works");
}

/* ---- paths ---- */

int doctor_try(const struct doctor *d, const char *path, struct error *err)
{
	cleanup_fd int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "clone the mount of %s", path);
	return idmap_apply(tree, d->userns, false, "tried", path, err);
}

static void check_path(struct doctor *d, const char *path)
{
	cleanup_free char *check = mem_printf("ID-mapped mounts of %s", path);
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct error err;

	if (fd < 0)
		doctor_report(d, VERDICT_BAD, check, NULL, "%s", error_words(errno));
	else if (d->userns < 0)
		doctor_report(d, VERDICT_BAD, check, NULL, "can't be tried without a user namespace");
	else if (doctor_try(d, path, &err) == 0)
		doctor_report(d, VERDICT_OK, check, NULL, "work (%s)", filesystem_name(fd));
	else if (err.code == EPERM && geteuid() != 0)
		doctor_report(d, VERDICT_WARNING, check, "run hull doctor as root", "can't be tried by this user");
	else
		doctor_report(d, VERDICT_BAD, check, NULL, "%s", err.text);
}

/* Filesystems that no volume lies on. */
static bool is_kernels(const char *type)
{
	static const char *const types[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "nsfs", "bpf", "tracefs", "debugfs",
					     "securityfs", "overlay" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* The filesystems below as well: one mount of each type and directory tells enough of tmpfs, each of the others is tried. */
static void check_below(struct doctor *d, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);
	struct arena *arena = &d->findings->arena;
	mount_entries entries;
	bool had_tmpfs = false;

	check_path(d, path);
	if (real == NULL || mountinfo_read(arena, &entries, NULL) < 0)
		return;
	for (size_t i = 0; i < entries.n; i++) {
		const struct mount_entry *entry = &entries.v[i];

		if (strcmp(entry->point, real) == 0 || !path_is_below(entry->point, real) || is_kernels(entry->type) ||
		    (strcmp(entry->type, "tmpfs") == 0 && had_tmpfs))
			continue;
		had_tmpfs |= strcmp(entry->type, "tmpfs") == 0;
		check_path(d, entry->point);
	}
}

static void check_paths(struct doctor *d)
{
	static const char *const defaults[] = { "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/docker",
						"/var/lib/rancher" };
	bool any = false;

	for (size_t i = 0; i < d->options->paths.n; i++)
		check_below(d, d->options->paths.v[i]);
	for (size_t i = 0; d->options->paths.n == 0 && i < sizeof defaults / sizeof *defaults; i++)
		if (access(defaults[i], F_OK) == 0) {
			check_below(d, defaults[i]);
			any = true;
		}
	if (d->options->paths.n == 0 && !any)
		check_path(d, "/var/lib");
}

/* ---- programs ---- */

static const char *find_program(struct doctor *d, const char *name)
{
	static const char *const places[] = { "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *path = arena_printf(&d->findings->arena, "%s/%s", places[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static void check_helper(struct doctor *d, const char *name)
{
	const char *path = find_program(d, name);
	char capability[64];
	struct stat st;

	if (path == NULL)
		doctor_report(d, VERDICT_WARNING, name, "install the package uidmap (shadow-utils): users who aren't root need it", "not found");
	else if (stat(path, &st) == 0 && !(st.st_mode & S_ISUID) && getxattr(path, "security.capability", capability, sizeof capability) < 0)
		doctor_report(d, VERDICT_WARNING, name, "setcap cap_setuid+ep (newuidmap), cap_setgid+ep (newgidmap), or chmod u+s",
			      "%s is neither set-uid nor has it a capability", path);
	else
		doctor_report(d, VERDICT_OK, name, NULL, "%s", path);
}

static void check_cgroups(struct doctor *d)
{
	cleanup_buf struct buf mounts = {0};

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		doctor_report(d, VERDICT_OK, "cgroups", NULL, "version 2: %s", line_of(d, "/sys/fs/cgroup/cgroup.controllers"));
	else
		doctor_report(d, VERDICT_WARNING, "cgroups", "boot with systemd.unified_cgroup_hierarchy=1: only version 2 can be given to a container",
			      "version 1 or hybrid");
}

/* The first three numbers of what `program --version` prints. */
static bool ask_version(const char *program, int version[3])
{
	char *const argv[] = { (char *)program, (char *)"--version", NULL };
	posix_spawn_file_actions_t actions;
	cleanup_buf struct buf text = {0};
	cleanup_fd int from = -1;
	extern char **environ;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	from = ends[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	errno = posix_spawn(&child, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (errno != 0)
		return false;
	if (fd_read_all(from, &text, NULL) < 0)
		kill(child, SIGKILL);
	process_wait(child);
	for (const char *at = text.data; at != NULL && *at != '\0'; at++)
		if (*at >= '0' && *at <= '9' && sscanf(at, "%d.%d.%d", &version[0], &version[1], &version[2]) == 3)
			return true;
	return false;
}

static const struct engine {
	const char *program;
	int major, minor;	/* the first with user namespaces for pods */
	const char *configs[4]; /* where a runtime is configured */
} engines[] = {
	{ "containerd", 2, 0, { "/etc/containerd/config.toml" } },
	{ "crio", 1, 25, { "/etc/crio/crio.conf", "/etc/crio/crio.conf.d/10-hull.conf", "/etc/crio/crio.conf.d/hull.conf" } },
	{ "podman", 4, 0, { "/etc/containers/containers.conf", "/etc/containers/containers.conf.d/hull.conf", "/usr/share/containers/containers.conf" } },
	{ "dockerd", 20, 10, { "/etc/docker/daemon.json" } },
};

static bool names_hull(const char *path)
{
	cleanup_buf struct buf text = {0};

	return file_read(AT_FDCWD, path, &text, NULL) == 0 && text.data != NULL && strstr(text.data, "hull") != NULL;
}

static void check_engine(struct doctor *d, const struct engine *engine)
{
	const char *path = find_program(d, engine->program);
	cleanup_free char *advice = NULL;
	int version[3] = {0};
	bool configured = false;

	if (path == NULL)
		return;
	for (size_t i = 0; i < sizeof engine->configs / sizeof *engine->configs && engine->configs[i] != NULL; i++)
		configured |= names_hull(engine->configs[i]);
	if (!ask_version(path, version)) {
		doctor_report(d, VERDICT_WARNING, engine->program, NULL, "%s doesn't say its version", path);
	} else if (version[0] < engine->major || (version[0] == engine->major && version[1] < engine->minor)) {
		advice = mem_printf("%s %d.%d or newer", engine->program, engine->major, engine->minor);
		doctor_report(d, VERDICT_BAD, engine->program, advice, "version %d.%d.%d runs no containers with user namespaces through a runtime",
			      version[0], version[1], version[2]);
	} else if (!configured) {
		advice = mem_printf("see contrib/ for a runtime named hull in %s", engine->configs[0]);
		doctor_report(d, VERDICT_WARNING, engine->program, advice, "version %d.%d.%d; hull isn't configured", version[0], version[1], version[2]);
	} else {
		doctor_report(d, VERDICT_OK, engine->program, NULL, "version %d.%d.%d; hull is configured", version[0], version[1], version[2]);
	}
}

int container_doctor(const struct runtime *rt, const struct doctor_options *options, struct findings *findings, struct error *err)
{
	struct doctor d = { rt, options, findings, -1 };

	(void)err;
	*findings = (struct findings){0};
	check_kernel(&d);
	check_user_namespaces(&d);
	check_tmpfs(&d);
	check_paths(&d);
	doctor_check_subids(&d);
	check_helper(&d, "newuidmap");
	check_helper(&d, "newgidmap");
	check_cgroups(&d);
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		check_engine(&d, &engines[i]);
	if (options->bundle != NULL)
		doctor_check_bundle(&d);
	fd_close(&d.userns);
	return 0;
}

void findings_free(struct findings *findings)
{
	arena_free(&findings->arena);
}

enum verdict findings_verdict(const struct findings *findings)
{
	enum verdict worst = VERDICT_OK;

	for (size_t i = 0; i < findings->n; i++)
		worst = findings->v[i].verdict > worst ? findings->v[i].verdict : worst;
	return worst;
}
