/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor`: checks the programs that containers with user namespaces need: those that write
 * maps for unprivileged users, and the engines.
 */
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/process.h"
#include "doctor.h"

const char *doctor_find_program(struct doctor *d, const char *name)
{
	static const char *const places[] = { "/usr/bin", "/usr/sbin", "/usr/local/bin",
		"/usr/local/sbin", "/bin", "/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *path = arena_printf(&d->findings.arena, "%s/%s", places[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/*
 * Returns true if running the file gives the capability: through file capabilities, or because it
 * is set-uid root.
 */
static bool gives_capability(const char *path, unsigned capability)
{
	struct vfs_cap_data data;
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0 || statvfs(path, &fs) < 0 || fs.f_flag & ST_NOSUID)
		return false;
	if (st.st_mode & S_ISUID && st.st_uid == 0)
		return true;
	return getxattr(path, "security.capability", &data, sizeof data) >=
		(ssize_t)sizeof data - (ssize_t)sizeof data.data[1] &&
		le32toh(data.data[0].permitted) >> capability & 1;
}

static void check_helper(
	struct doctor *d, const char *name, unsigned capability, const char *capability_name)
{
	const char *path = doctor_find_program(d, name);
	cleanup_free char *advice = mem_printf(
		"setcap %s+ep %s, or chmod u+s; its file system must not be mounted with nosuid",
		capability_name, path != NULL ? path : "");

	if (path == NULL)
		doctor_report(d, VERDICT_WARNING, name,
			"install the package uidmap (shadow-utils): users other than root need it",
			"not installed");
	else if (!gives_capability(path, capability))
		doctor_report(d, VERDICT_WARNING, name, advice, "%s gives users no %s", path,
			capability_name);
	else
		doctor_report(d, VERDICT_OK, name, NULL, "%s", path);
}

void doctor_check_helpers(struct doctor *d)
{
	check_helper(d, "newuidmap", CAP_SETUID, "cap_setuid");
	check_helper(d, "newgidmap", CAP_SETGID, "cap_setgid");
}

/* Reads the first three numbers in the output of `program --version`. */
static bool ask_version(const char *program, int version[3])
{
	char *const argv[] = { (char *)program, (char *)"--version", NULL };
	posix_spawn_file_actions_t actions;
	cleanup_buf struct buf text = { 0 };
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
		if (*at >= '0' && *at <= '9' &&
			sscanf(at, "%d.%d.%d", &version[0], &version[1], &version[2]) == 3)
			return true;
	return false;
}

static const struct engine {
	const char *program;
	int major, minor;       /* the first version with user namespaces for pods */
	const char *configs[4]; /* files, or directories of files, where runtimes are configured */
} engines[] = {
	{ "containerd", 2, 0, { "/etc/containerd/config.toml", "/etc/containerd/conf.d" } },
	{ "crio", 1, 25, { "/etc/crio/crio.conf", "/etc/crio/crio.conf.d" } },
	{ "podman", 4, 0,
		{ "/etc/containers/containers.conf", "/etc/containers/containers.conf.d",
			"/usr/share/containers/containers.conf" } },
	{ "dockerd", 20, 10, { "/etc/docker/daemon.json" } },
};

static bool file_names_hull(int dirfd, const char *path)
{
	cleanup_buf struct buf text = { 0 };

	return file_read(dirfd, path, &text, NULL) == 0 && text.data != NULL &&
		strstr(text.data, "hull") != NULL;
}

static bool names_hull(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool found = false;

	if (directory == NULL)
		return file_names_hull(AT_FDCWD, path);
	while (!found && (entry = readdir(directory)) != NULL)
		found = entry->d_name[0] != '.' && file_names_hull(dirfd(directory), entry->d_name);
	closedir(directory);
	return found;
}

static void check_engine(struct doctor *d, const struct engine *engine)
{
	const char *path = doctor_find_program(d, engine->program);
	cleanup_free char *advice = NULL;
	int version[3] = { 0 };
	bool configured = false;

	if (path == NULL)
		return;
	for (size_t i = 0;
		i < sizeof engine->configs / sizeof *engine->configs && engine->configs[i] != NULL;
		i++)
		configured |= names_hull(engine->configs[i]);
	if (!ask_version(path, version)) {
		doctor_report(d, VERDICT_WARNING, engine->program, NULL,
			"%s doesn't print its version", path);
	} else if (version[0] < engine->major ||
		(version[0] == engine->major && version[1] < engine->minor)) {
		advice = mem_printf(
			"%s %d.%d or newer", engine->program, engine->major, engine->minor);
		doctor_report(d, VERDICT_BAD, engine->program, advice,
			"version %d.%d.%d runs no containers with user namespaces through a "
			"runtime",
			version[0], version[1], version[2]);
	} else if (!configured) {
		advice = mem_printf("hull-node (contrib/node) adds it to %s", engine->program);
		doctor_report(d, VERDICT_WARNING, engine->program, advice,
			"version %d.%d.%d; hull isn't configured", version[0], version[1],
			version[2]);
	} else {
		doctor_report(d, VERDICT_OK, engine->program, NULL,
			"version %d.%d.%d; hull is configured", version[0], version[1], version[2]);
	}
}

void doctor_check_engines(struct doctor *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		check_engine(d, &engines[i]);
}
