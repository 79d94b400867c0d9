/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/criu/criu_job.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "linux/namespaces/namespaces.h"

#define CONFIG_ANNOTATION "org.criu.config"

const char *const criu_cgroups_modes[] = { "soft", "full", "strict", "ignore", NULL };
const char *const criu_network_locks[] = { "iptables", "nftables", "skip", NULL };

/*
 * CRIU follows symlinks in the directory: others could make it write to any file, or read their
 * images.
 */
static int check_owner(int fd, const char *path, const char *option, struct error *err)
{
	if (fd_is_ours(fd, S_IFDIR))
		return 0;
	error_set(
		err, errno, "%s: %s belongs to, or can be written by, somebody else", option, path);
	return error_hint(err, "choose a directory that only root can write");
}

/* ---- directories ---- */

/* Returns 1 if the last directory was created, 0 if it existed, -1 on error. */
static int make_directories(const char *path, struct error *err)
{
	cleanup_free char *copy = mem_strdup(path);
	bool made = false;

	for (char *slash = copy + 1;; *slash++ = '/') {
		slash = strchr(slash, '/');
		if (slash != NULL)
			*slash = '\0';
		made = mkdir(copy, 0700) == 0;
		if (!made && errno != EEXIST)
			return error_errno(err, "make the directory %s", copy);
		if (slash == NULL)
			return made;
	}
}

static int open_directory(struct criu_job *job, const char *path, const char *option,
	const char **absolute, struct error *err)
{
	char real[PATH_MAX];
	int fd, made = job->dump ? make_directories(path, err) : 0;

	if (made < 0)
		return error_prefix(err, "%s", option);
	job->made_directories |= made;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s: open %s", option, path);
	if (check_owner(fd, path, option, err) < 0)
		return fd_close(&fd), -1;
	*absolute = arena_strdup(&job->arena, realpath(path, real) != NULL ? real : path);
	criu_job_keep(job, fd);
	return fd;
}

static int check_parent(const struct criu_job *job, struct error *err)
{
	const char *parent = job->settings->parent_path;
	cleanup_fd int fd = -1;

	if (parent == NULL)
		return 0;
	if (parent[0] == '/')
		return error_set(
			err, 0, "--parent-path: %s: must be relative to --image-path", parent);
	fd = openat(job->images_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "--parent-path: %s/%s", job->images_path, parent);
	return check_owner(fd, parent, "--parent-path", err);
}

int criu_job_open(
	struct criu_job *job, const struct criu_settings *settings, bool dump, struct error *err)
{
	const char *images = settings->image_path != NULL ? settings->image_path : "checkpoint";

	*job = (struct criu_job){ .settings = settings,
		.images_fd = -1,
		.work_fd = -1,
		.dump = dump,
		.session = { .sock = -1, .pidfd = -1, .signals = -1 } };
	if (geteuid() != 0)
		return error_set(err, EPERM, "CRIU needs root for containers");
	job->images_fd = open_directory(job, images, "--image-path", &job->images_path, err);
	if (job->images_fd < 0)
		return -1;
	job->work_fd =
		open_directory(job, settings->work_path != NULL ? settings->work_path : images,
			"--work-path", &job->work_path, err);
	return job->work_fd < 0 ? -1 : check_parent(job, err);
}

void criu_job_close(struct criu_job *job)
{
	criu_end(&job->session);
	fd_close(&job->images_fd);
	fd_close(&job->work_fd);
	arena_free(&job->arena);
}

/* ---- options ---- */

void criu_job_external(struct criu_job *job, const char *fmt, ...)
{
	string_list *list = &job->options.external;
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	*LIST_ADD(&job->arena, list) = arena_strdup(&job->arena, text);
}

static void add_inherited(struct criu_job *job, const char *key, int fd)
{
	*LIST_ADD(&job->arena, &job->options.inherited) = (struct criu_inherited){ key, fd };
}

/* Declares a namespace. CRIU opens those declared as external by name; it joins the others. */
static void add_namespace(struct criu_job *job, const struct join *join)
{
	const char *file = namespace_file(join->type),
		   *name = arena_printf(&job->arena, "hull-%s", file);
	bool named = join->type == NAMESPACE_NETWORK || join->type == NAMESPACE_PID;
	criu_pairs *joined = &job->options.joined_namespaces;
	struct stat st;

	if (job->dump) {
		if (named && fstat(join->fd, &st) == 0)
			criu_job_external(job, "%s[%lu]:%s", file, (unsigned long)st.st_ino, name);
		return;
	}
	criu_job_keep(job, join->fd);
	if (named) {
		add_inherited(job, name, join->fd);
		return;
	}
	if (joined->v == NULL)
		joined->v = arena_alloc(&job->arena, NAMESPACE_TYPES * sizeof *joined->v);
	joined->v[joined->n++] =
		(struct criu_pair){ file, arena_printf(&job->arena, "/proc/self/fd/%d", join->fd) };
}

static void add_streams(struct criu_job *job)
{
	for (size_t i = 0; i < job->record.streams.n && i < 3; i++) {
		const char *key = job->record.streams.v[i];

		if (job->dump && strncmp(key, "file[", 5) == 0)
			criu_job_external(job, "%s", key);
		else if (!job->dump && *key != '\0')
			add_inherited(job, key, (int)i);
	}
}

static int add_config_file(struct criu_job *job, const struct setup *c, struct error *err)
{
	static const char *const defaults[] = { SYSCONFDIR "/criu/hull.conf",
		"/etc/criu/runc.conf" };
	const char *file = config_annotation(&c->config, CONFIG_ANNOTATION);

	for (size_t i = 0; file == NULL && i < ARRAY_SIZE(defaults); i++)
		if (access(defaults[i], R_OK) == 0)
			file = defaults[i];
	if (file == NULL || *file == '\0') /* set but empty: no configuration file */
		return 0;
	if (access(file, R_OK) < 0)
		return error_errno(err, "/annotations/" CONFIG_ANNOTATION ": read %s", file);
	job->options.config_file = file;
	return 0;
}

static int add_page_server(struct criu_job *job, struct error *err)
{
	const char *text = job->settings->page_server,
		   *colon = text == NULL ? NULL : strrchr(text, ':');
	char *end;
	long port;

	if (text == NULL)
		return 0;
	port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
	if (colon == NULL || colon == text || colon[1] < '0' || colon[1] > '9' || *end != '\0' ||
		port < 1 || port > 65535)
		return error_set(err, 0, "--page-server: \"%s\" isn't ADDRESS:PORT", text);
	job->options.page_server.address = arena_strndup(&job->arena, text, (size_t)(colon - text));
	job->options.page_server.port = (int32_t)port;
	return 0;
}

static int add_status_fd(struct criu_job *job, struct error *err)
{
	int fd = job->settings->status_fd, flags = fd < 0 ? 0 : fcntl(fd, F_GETFL);

	if (fd < 0)
		return 0;
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return error_set(err, EBADF, "--status-fd: write to descriptor %d", fd);
	job->options.status_fd = (struct opt_int32){ true, fd };
	criu_job_keep(job, fd);
	return 0;
}

static int add_empty_namespaces(struct criu_job *job, struct error *err)
{
	for (size_t i = 0; i < job->settings->empty_namespaces.n; i++) {
		if (strcmp(job->settings->empty_namespaces.v[i], "network") != 0)
			return error_set(err, 0,
				"--empty-ns: namespace %s is not supported, only network is",
				job->settings->empty_namespaces.v[i]);
		job->options.empty_namespaces |= CLONE_NEWNET;
	}
	return 0;
}

static void add_cgroups_mode(struct criu_job *job)
{
	static const enum criu_cgroups modes[] = { [0] = CRIU_CGROUPS_SOFT,
		[CRIU_MODE_SOFT] = CRIU_CGROUPS_SOFT,
		[CRIU_MODE_FULL] = CRIU_CGROUPS_FULL,
		[CRIU_MODE_STRICT] = CRIU_CGROUPS_STRICT,
		[CRIU_MODE_IGNORE] = CRIU_CGROUPS_IGNORE };
	enum criu_cgroups mode = modes[job->settings->cgroups_mode];

	job->options.manage_cgroups = mode != CRIU_CGROUPS_IGNORE;
	job->options.cgroups_mode = (struct opt_uint32){ true, mode };
}

int criu_job_prepare(struct criu_job *job, const struct setup *c, struct error *err)
{
	const struct criu_settings *s = job->settings;

	job->options = (struct criu_options){
		.images_fd = job->images_fd,
		.work_fd = job->work_fd,
		.log_level = CRIU_LOG_DEBUG,
		.log_file = job->dump ? "dump.log" : "restore.log",
		.parent_images = s->parent_path,
		.leave_running = s->leave_running,
		.link_remap = s->link_remap,
		.tcp_skip_in_flight = s->tcp_skip_in_flight,
		.tcp_established = s->tcp_established,
		.tcp_close = s->tcp_close,
		.ext_unix_sk = s->ext_unix_sk,
		.shell_job = s->shell_job,
		.lazy_pages = s->lazy_pages,
		.file_locks = s->file_locks,
		.auto_dedup = s->auto_dedup,
		.track_mem = s->pre_dump || s->parent_path != NULL,
		.network_lock = (uint32_t)s->network_lock,
		.lsm_profile = s->lsm_profile,
		.lsm_mount_context = s->lsm_mount_context,
		.evasive_devices = true,
		.notify_scripts = true,
		.orphan_pts_master = true,
	};
	add_cgroups_mode(job);
	for (size_t i = 0; i < c->njoins; i++)
		add_namespace(job, &c->joins[i]);
	add_streams(job);
	if (add_config_file(job, c, err) < 0 || add_page_server(job, err) < 0 ||
		add_status_fd(job, err) < 0)
		return -1;
	return add_empty_namespaces(job, err);
}

const struct oci_resources *criu_job_early_limits(
	struct criu_job *job, const struct oci_resources *resources)
{
	if (resources == NULL)
		return NULL;
	job->early = *resources;
	job->early.memory = NULL;
	job->early.pids = NULL;
	return &job->early;
}
