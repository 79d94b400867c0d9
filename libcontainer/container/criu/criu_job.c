/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/criu/criu_job.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/wire/sync.h"
#include "linux/criu/criu_images.h"
#include "linux/mount/mountinfo.h"
#include "linux/namespaces/namespaces.h"

#define RECORD "hull.json"
#define DESCRIPTORS "descriptors.json"
#define CONFIG_ANNOTATION "org.criu.config"

const char *const criu_cgroups_modes[] = { "soft", "full", "strict", "ignore", NULL };
const char *const criu_network_locks[] = { "iptables", "nftables", "skip", NULL };

/* Preserves a descriptor across CRIU's exec. */
static void keep(struct criu_job *job, int fd)
{
	job->kept[job->nkept++] = fd;
}

/* ---- directories ---- */

/* CRIU follows links in it: others could have it write to any file, or read images of theirs. */
static int check_owner(int fd, const char *path, const char *option, struct error *err)
{
	if (fd_is_ours(fd, S_IFDIR))
		return 0;
	error_set(
		err, errno, "%s: %s belongs to, or can be written by, somebody else", option, path);
	return error_hint(err, "choose a directory that only root can write");
}

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
	keep(job, fd);
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

/* ---- the record ---- */

static bool is_of_container(const mount_entries *entries, uint64_t id)
{
	for (size_t i = 0; i < entries->n; i++)
		if (entries->v[i].id == id)
			return true;
	return false;
}

static uint64_t mount_of_file(pid_t pid, int fd)
{
	cleanup_buf struct buf text = { 0 };
	char path[48];
	const char *line;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, fd);
	line = file_read(AT_FDCWD, path, &text, NULL) < 0 ? NULL : strstr(text.data, "mnt_id:");
	return line == NULL ? 0 : strtoull(line + strlen("mnt_id:"), NULL, 10);
}

/*
 * CRIU's name for a stream, so that another descriptor can replace it: for a pipe, or a file on a
 * mount outside the container. CRIU handles terminals itself.
 */
static const char *stream_key(
	struct criu_job *job, pid_t pid, int fd, const char *link, const mount_entries *entries)
{
	uint64_t id = mount_of_file(pid, fd);
	struct stat st;
	char path[48];

	if (strncmp(link, "pipe:", 5) == 0)
		return link;
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	if (link[0] != '/' || strncmp(link, "/dev/pts/", 9) == 0 ||
		strncmp(link, "/dev/tty", 8) == 0 || stat(path, &st) < 0 ||
		is_of_container(entries, id))
		return "";
	return arena_printf(&job->arena, "file[%x:%lx]", (unsigned)id, (unsigned long)st.st_ino);
}

static const char *stream_link(struct criu_job *job, pid_t pid, int fd)
{
	char path[48], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	len = readlink(path, target, sizeof target);
	return len < 0 ? "" : arena_strndup(&job->arena, target, (size_t)len);
}

int criu_job_write_record(struct criu_job *job, pid_t init, struct error *err)
{
	const char **keys = arena_alloc(&job->arena, 3 * sizeof *keys);
	struct json_writer *links = json_writer_new(0);
	cleanup_buf struct buf text = { 0 }, descriptors = { 0 };
	mount_entries entries;

	if (mountinfo_read_of(&job->arena, init, &entries, err) < 0)
		entries.n = 0;
	json_array_open(links);
	for (int fd = 0; fd < 3; fd++) {
		const char *link = stream_link(job, init, fd);

		json_string(links, link);
		keys[fd] = stream_key(job, init, fd, link, &entries);
	}
	json_array_close(links);
	json_writer_finish(links, &descriptors);
	job->record.streams.v = keys;
	job->record.streams.n = 3;
	json_encode(&text, &record_table, &job->record, 0);
	if (file_replace(job->images_fd, DESCRIPTORS, descriptors.data, descriptors.len, 0600,
		    err) < 0 ||
		file_replace(job->images_fd, RECORD, text.data, text.len, 0600, err) < 0)
		return error_prefix(err, "--image-path %s", job->images_path);
	return 0;
}

int criu_job_read_record(struct criu_job *job, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	if (file_read(job->images_fd, RECORD, &text, err) < 0) {
		error_prefix(err, "--image-path %s", job->images_path);
		return err != NULL && err->code == ENOENT
			? error_hint(err, "there is no finished checkpoint of hull's")
			: -1;
	}
	if (json_decode(&job->arena, RECORD, text.data, text.len, &record_table, &job->record, NULL,
		    err) < 0)
		return error_prefix(err, "--image-path %s", job->images_path);
	for (size_t i = 0; i < job->record.mounts.n; i++)
		if (job->record.mounts.v[i].within == NULL)
			job->record.mounts.v[i].within = "";
	return 0;
}

/* ---- images ---- */

static int read_image(
	const struct criu_job *job, const char *name, struct buf *image, struct error *err)
{
	return file_read(job->images_fd, name, image, err) < 0
		? error_prefix(err, "--image-path %s", job->images_path)
		: 0;
}

static int write_image(
	const struct criu_job *job, const char *name, const struct buf *image, struct error *err)
{
	return file_replace(job->images_fd, name, image->data, image->len, 0644, err);
}

static int not_understood(const struct criu_job *job, const char *name, struct error *err)
{
	return error_set(err, EPROTO, "read the image %s/%s", job->images_path, name);
}

static int loosen_streams(struct criu_job *job, struct error *err)
{
	cleanup_buf struct buf image = { 0 }, edited = { 0 };
	const char name[] = "files.img";

	if (read_image(job, name, &image, err) < 0)
		return -1;
	if (criu_images_loosen(&edited, image.data, image.len, &job->record.streams) < 0)
		return not_understood(job, name, err);
	return write_image(job, name, &edited, err);
}

/* Finds the images of mounts, one per mount namespace in the container. */
static int find_mount_images(struct criu_job *job, string_list *names, struct error *err)
{
	int fd = openat(job->images_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return error_errno(err, "open %s", job->images_path);
	while ((entry = readdir(directory)) != NULL) {
		if (strncmp(entry->d_name, "mountpoints-", 12) != 0)
			continue;
		*LIST_ADD(&job->arena, names) = arena_strdup(&job->arena, entry->d_name);
	}
	closedir(directory);
	return 0;
}

static int cut_mounts(struct criu_job *job, struct error *err)
{
	string_list names = { 0 };
	peer_groups groups = { 0 };

	if (find_mount_images(job, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_buf struct buf image = { 0 };

		if (read_image(job, names.v[i], &image, err) < 0)
			return -1;
		if (criu_images_groups(image.data, image.len, &job->arena, &groups) < 0)
			return not_understood(job, names.v[i], err);
	}
	for (size_t i = 0; i < names.n; i++) {
		cleanup_buf struct buf image = { 0 }, edited = { 0 };

		if (read_image(job, names.v[i], &image, err) < 0)
			return -1;
		if (criu_images_cut(&edited, image.data, image.len, &groups) < 0)
			return not_understood(job, names.v[i], err);
		if (write_image(job, names.v[i], &edited, err) < 0)
			return -1;
	}
	return 0;
}

int criu_job_edit_images(struct criu_job *job, struct error *err)
{
	if (job->settings->pre_dump)
		return 0;
	return loosen_streams(job, err) < 0 ? -1 : cut_mounts(job, err);
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

/* CRIU opens namespaces declared as external by name; it joins the others. */
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
	keep(job, join->fd);
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

static int add_config_file(struct criu_job *job, const struct creation *c, struct error *err)
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
	keep(job, fd);
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

int criu_job_prepare(struct criu_job *job, const struct creation *c, struct error *err)
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

/* ---- the process ---- */

/*
 * CRIU takes the numbers of the directories' descriptors as those of the process that made the
 * socket: itself.
 */
static int become_criu(struct criu_job *job, struct creation *c, int sync,
	int (*prepare)(struct creation *c, struct error *err), struct error *err)
{
	int pair[2];

	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prepare != NULL && prepare(c, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, "make a socket pair");
	if (sync_send(sync, SYNC_CRIU, NULL, 0, pair[0]) < 0)
		return error_errno(err, "send to hull");
	keep(job, pair[1]);
	return criu_execute(pair[1], job->kept, job->nkept, err);
}

/* Waits for CRIU's exec, which closes the sync socket. */
static int await_criu(struct criu_job *job, int sync, struct error *err)
{
	struct sync_message message;

	if (sync_expect(sync, SYNC_CRIU, &message, SYNC_PROCESS, err) < 0)
		return -1;
	job->session.sock = message.fd;
	return sync_receive(sync, &message, SYNC_PROCESS, err) == 0 ? 0 : -1;
}

/* From here on these signals abort the request to CRIU, nothing else. */
static int open_signals(struct error *err)
{
	sigset_t ending;
	int fd;

	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGQUIT);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	fd = signalfd(-1, &ending, SFD_CLOEXEC);
	return fd < 0 ? error_errno(err, "wait for signals") : fd;
}

int criu_job_start(struct criu_job *job, struct creation *c, bool in_cgroup,
	int (*prepare)(struct creation *c, struct error *err), struct error *err)
{
	struct clone_args args = { .flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&job->session.pidfd,
		.exit_signal = SIGCHLD };
	cleanup_fd int sync = -1, theirs = -1;
	int pair[2];

	if (in_cgroup && c->state.cgroup.fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)c->state.cgroup.fd;
	}
	job->session.signals = open_signals(err);
	if (job->session.signals < 0 || sync_pair(pair, err) < 0)
		return -1;
	sync = pair[0];
	theirs = pair[1];
	job->session.pid = sys_clone3(&args);
	if (job->session.pid == 0) {
		struct error what;

		become_criu(job, c, theirs, prepare, &what);
		sync_send_error(theirs, &what);
		_exit(1);
	}
	if (job->session.pid < 0) {
		job->session.pid = 0;
		return error_errno(err, "start a process for CRIU");
	}
	fd_close(&theirs);
	if (in_cgroup &&
		cgroup_enter(&c->state.cgroup, job->session.pid, args.flags & CLONE_INTO_CGROUP,
			err) < 0)
		return -1;
	return await_criu(job, sync, err);
}

/* Adds the last errors of CRIU's log, if it exists. */
static void add_log(const struct criu_job *job, const struct criu_answer *answer, struct error *err)
{
	enum { LINES = 3 };
	cleanup_buf struct buf text = { 0 };
	const char *lines[LINES] = { 0 }, *name = job->options.log_file;
	char *rest;
	size_t n = 0;

	if (file_read(job->work_fd, name, &text, NULL) < 0) {
		if (answer->message[0] != '\0')
			error_hint(err, "%s", answer->message);
		return;
	}
	error_hint(err, "log file: %s/%s", job->work_path, name);
	rest = text.data;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (strstr(line, "Error (") != NULL)
			lines[n++ % LINES] = line;
	for (size_t i = n > LINES ? n - LINES : 0; i < n; i++)
		error_hint(err, "%s", lines[i % LINES]);
}

/* CRIU silently ignores options that it doesn't know. Refuse them here. */
static int check_version(struct criu_job *job, struct error *err)
{
	const struct criu_options *o = &job->options;
	const struct {
		const char *option;
		bool wanted;
		int version;
	} needs[] = {
		{ "CRIU's config file", o->config_file != NULL, 31100 },
		{ "--tcp-close", o->tcp_close, 31200 },
		{ "--lsm-profile", o->lsm_profile != NULL, 31400 },
		{ "checkpoint and restore", true, 31500 },
		{ "--lsm-mount-context", o->lsm_mount_context != NULL, 31600 },
		{ "--network-lock", o->network_lock != 0, 31700 },
	};
	struct criu_answer answer;
	int version;

	if (criu_call(&job->session, CRIU_VERSION, NULL, &answer, err) < 0)
		return error_prefix(err, "ask CRIU for its version");
	version = answer.major * 10000 + answer.minor * 100 + answer.sublevel;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (needs[i].wanted && version < needs[i].version)
			return error_set(err, 0, "%s: needs CRIU %d.%d or newer, this is %d.%d.%d",
				needs[i].option, needs[i].version / 10000,
				needs[i].version / 100 % 100, answer.major, answer.minor,
				answer.sublevel);
	return 0;
}

static int check_features(struct criu_job *job, struct error *err)
{
	struct criu_answer answer;

	if (!job->options.lazy_pages && !job->options.track_mem)
		return 0;
	if (criu_call(&job->session, CRIU_FEATURES, NULL, &answer, err) < 0)
		return error_prefix(err, "ask CRIU for its features");
	if (job->options.track_mem && !answer.mem_track)
		return error_set(err, 0,
			"--pre-dump, --parent-path: this kernel doesn't track changes of memory (CONFIG_MEM_SOFT_DIRTY)");
	if (job->options.lazy_pages && !answer.lazy_pages)
		return error_set(err, 0, "--lazy-pages: this kernel or CRIU can't (userfaultfd)");
	return 0;
}

int criu_job_run(struct criu_job *job, criu_notify *notify, struct creation *c,
	struct criu_answer *answer, struct error *err)
{
	enum criu_request request = !job->dump ? CRIU_RESTORE
		: job->settings->pre_dump      ? CRIU_PRE_DUMP
					       : CRIU_DUMP;

	*answer = (struct criu_answer){ 0 };
	job->session.notify = notify;
	job->session.context = c;
	if (check_version(job, err) < 0 || check_features(job, err) < 0)
		return -1;
	job->session.log_directory = job->work_fd;
	job->session.log_file = job->options.log_file;
	job->session.patient = job->options.lazy_pages;
	if (criu_call(&job->session, request, &job->options, answer, err) == 0)
		return 0;
	if (!answer->vetoed)
		add_log(job, answer, err);
	return -1;
}

int criu_job_share_images(struct criu_job *job, struct error *err)
{
	int fd = openat(job->images_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return error_errno(err, "--image-path: open %s", job->images_path);
	while (result == 0 && (entry = readdir(directory)) != NULL)
		if (entry->d_type == DT_REG && fchmodat(job->images_fd, entry->d_name, 0644, 0) < 0)
			result = error_errno(err, "--image-path: make %s readable", entry->d_name);
	closedir(directory);
	return result;
}

/* Keeps a directory with CRIU's log: the error names it. */
void criu_job_discard(struct criu_job *job)
{
	static const char *const ours[] = { RECORD, DESCRIPTORS };

	if (!job->dump || job->images_fd < 0)
		return;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		unlinkat(job->images_fd, ours[i], 0);
	if (!job->made_directories)
		return;
	rmdir(job->work_path);
	rmdir(job->images_path);
}

void criu_job_close(struct criu_job *job)
{
	criu_end(&job->session);
	fd_close(&job->images_fd);
	fd_close(&job->work_fd);
	arena_free(&job->arena);
}
