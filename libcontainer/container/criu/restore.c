/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `restore`: CRIU restores the processes of a checkpoint into a cgroup and mounts that hull has
 * made from the configuration. Most steps are those of create/.
 *
 * CRIU runs in a mount namespace of its own. There, a tmpfs holds the root filesystem and, under
 * numbers, the trees that come from the host. So CRIU finds nothing that it binds through a path in
 * the container's files, and everything disappears with the namespace.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/bundle.h"
#include "container/create/cgroup.h"
#include "container/create/claim.h"
#include "container/create/clone.h"
#include "container/create/create.h"
#include "container/create/namespaces.h"
#include "container/create/trees.h"
#include "container/criu/criu_job.h"
#include "container/criu/externals.h"
#include "container/criu/images.h"
#include "container/criu/request.h"
#include "container/hooks.h"
#include "container/run/attend.h"
#include "container/run/run.h"
#include "linux/ids/userns.h"
#include "linux/mount/mounts.h"
#include "linux/process/terminal.h"

/*
 * A directory that exists on every host with a running container in the default root, and that
 * every user can traverse: processes that CRIU places in a user namespace look up mounts there.
 */
#define STAGE RUNSTATEDIR "/hull"

/*
 * Creates a user namespace with the container's mapping. The mounts are ID-mapped before CRIU
 * creates the container's own user namespace.
 */
static int make_mapping(struct setup *c, struct error *err)
{
	if (!c->new_userns)
		return 0;
	c->userns_fd = userns_make(&c->uid_mappings, &c->gid_mappings, c->privileged, err);
	return c->userns_fd < 0 ? -1 : 0;
}

/* ---- the stage: in CRIU's process, before exec ---- */

static int make_place(int stage, const char *name, int tree, struct error *err)
{
	struct stat st;
	int place;

	if (fstat(tree, &st) < 0)
		return error_errno(err, "look at a mount");
	if (S_ISDIR(st.st_mode) ? mkdirat(stage, name, 0700) < 0
				: mknodat(stage, name, S_IFREG | 0600, 0) < 0)
		return error_errno(err, "make a place for a mount");
	place = openat(stage, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return place < 0 ? error_errno(err, "open the place of a mount") : place;
}

static int attach(int stage, const char *name, int tree, struct error *err)
{
	cleanup_fd int place = make_place(stage, name, tree, err);

	if (place < 0)
		return -1;
	return mount_attach_detached(tree, place) < 0 ? error_errno(err, "attach a mount") : 0;
}

/* A bind includes mounts below it; tell CRIU about each separately. */
static int attach_part(int stage, const char *name, const struct external *external,
	const char *within, struct error *err)
{
	cleanup_free char *path = mem_printf("/%s", within);
	cleanup_fd int source = path_open_exact(external->tree, path, O_PATH, err), tree = -1;

	if (source < 0)
		return error_prefix(err, "%s", external->pointer);
	tree = open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return error_errno(
			err, "%s: open %s/%s", external->pointer, external->destination, within);
	return attach(stage, name, tree, err);
}

static bool is_whole(const struct external *external, const struct recorded_mount *mount)
{
	return strcmp(external->within, mount->within) == 0;
}

/*
 * Fills the stage: `rootfs`; `eN`: the Nth host mount of the configuration; `mN`: a recorded mount
 * below one.
 */
static int fill_stage(struct setup *c, int stage, struct error *err)
{
	struct criu_job *job = c->criu;
	char name[32];

	if (attach(stage, "rootfs", c->rootfs_tree, err) < 0)
		return -1;
	for (size_t i = 0; i < job->externals.n; i++) {
		snprintf(name, sizeof name, "e%zu", i);
		/* several masks share one mount */
		if ((i == 0 || job->externals.v[i].tree != job->externals.v[i - 1].tree) &&
			attach(stage, name, job->externals.v[i].tree, err) < 0)
			return error_prefix(err, "%s", job->externals.v[i].pointer);
	}
	for (size_t i = 0; i < job->record.mounts.n; i++) {
		const struct recorded_mount *mount = &job->record.mounts.v[i];
		const struct external *external = mount->destination == NULL
			? NULL
			: externals_find(&job->externals, mount, err);

		snprintf(name, sizeof name, "m%zu", i);
		if (external != NULL && !is_whole(external, mount) &&
			attach_part(stage, name, external, mount->within, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
		one.st_ino == other.st_ino;
}

/*
 * Opens a directory again through this mount namespace, because CRIU mounts below its working
 * directory. Fails if somebody who can write to a parent has replaced the directory since it was
 * checked.
 */
static int open_again(const char *path, int fd, struct error *err)
{
	cleanup_fd int here = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (here >= 0 && !is_same(here, fd))
		return error_set(err, ESTALE, "%s has become another directory", path);
	return here < 0 || dup3(here, fd, O_CLOEXEC) < 0 ? error_errno(err, "open %s", path) : 0;
}

static int stage_images(int from, int stage, const char *name, unsigned depth, struct error *err);

/* Copies a single file; binds the directory of an earlier dump, to which a symlink points. */
static int stage_image(int from, const char *name, int directory, unsigned depth, struct error *err)
{
	cleanup_fd int tree = -1;
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "--image-path: look at %s", name);
	if (S_ISLNK(st.st_mode)) {
		cleanup_fd int earlier = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		return earlier < 0 ? 0 : stage_images(earlier, directory, name, depth + 1, err);
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	tree = open_tree(from, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	return tree < 0 ? error_errno(err, "--image-path: open %s", name)
			: attach(directory, name, tree, err);
}

/*
 * Processes in a user namespace read images themselves, some before they have an ID there. So the
 * images go into a directory that every user can traverse, below one that only root can reach.
 */
static int stage_images(int from, int stage, const char *name, unsigned depth, struct error *err)
{
	enum { DEPTH_MAX = 64 };
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *list = again < 0 ? NULL : fdopendir(again);
	cleanup_fd int directory = -1;
	struct dirent *entry;

	if (list == NULL || depth > DEPTH_MAX)
		return error_set(
			err, list == NULL ? errno : ELOOP, "--image-path: list the images");
	if (mkdirat(stage, name, 0711) < 0 ||
		(directory = openat(stage, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) <
			0)
		result = error_errno(err, "make a directory for the images");
	while (result == 0 && (entry = readdir(list)) != NULL)
		result = stage_image(from, entry->d_name, directory, depth, err);
	closedir(list);
	return result;
}

static int open_staged(int stage, int fd, struct error *err)
{
	cleanup_fd int images = openat(stage, "images", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return images < 0 || dup3(images, fd, O_CLOEXEC) < 0
		? error_errno(err, "open the images in " STAGE)
		: 0;
}

static int set_stage(struct setup *c, struct error *err)
{
	struct criu_job *job = c->criu;
	cleanup_fd int stage = -1;

	if (cgroup_enter_self(&c->state.cgroup, err) < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(err, "make a mount namespace for CRIU");
	if (open_again(job->images_path, job->images_fd, err) < 0 ||
		open_again(job->work_path, job->work_fd, err) < 0)
		return -1;
	if ((mkdir(STAGE, 0700) < 0 && errno != EEXIST) ||
		mount("hull", STAGE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0711") < 0)
		return error_errno(err, "mount a tmpfs on " STAGE);
	stage = open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (stage < 0)
		return error_errno(err, "open " STAGE);
	if (c->mount_context.user_namespace &&
		(stage_images(job->images_fd, stage, "images", 0, err) < 0 ||
			open_staged(stage, job->images_fd, err) < 0))
		return -1;
	return fill_stage(c, stage, err);
}

/* ---- the request to CRIU ---- */

/*
 * Restored processes enter CRIU's own cgroup, the container's. Names and paths are as the kernel
 * shows them.
 */
static int add_cgroup_roots(struct criu_job *job, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	criu_pairs *roots = &job->options.cgroup_roots;
	size_t room = 1;
	char path[32], *rest;

	snprintf(path, sizeof path, "/proc/%d/cgroup", job->session.pid);
	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		room += text.data[i] == '\n' || text.data[i] == ',';
	roots->v = arena_alloc(&job->arena, room * sizeof *roots->v);
	rest = arena_strndup(&job->arena, text.data, text.len);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *names, *controller;

		if (strsep(&line, ":") == NULL || (names = strsep(&line, ":")) == NULL ||
			line == NULL)
			continue;
		while ((controller = strsep(&names, ",")) != NULL)
			roots->v[roots->n++] =
				(struct criu_pair){ *controller != '\0' ? controller : NULL, line };
	}
	return 0;
}

static size_t first_with_tree(const external_list *externals, const struct external *external)
{
	size_t i = (size_t)(external - externals->v);

	while (i > 0 && externals->v[i - 1].tree == external->tree)
		i--;
	return i;
}

static int add_mounts(struct setup *c, struct error *err)
{
	struct criu_job *job = c->criu;

	for (size_t i = 0; i < job->record.mounts.n; i++) {
		const struct recorded_mount *mount = &job->record.mounts.v[i];
		const struct external *external = mount->destination == NULL
			? NULL
			: externals_find(&job->externals, mount, err);

		if (mount->destination == NULL)
			continue;
		if (external == NULL)
			return -1;
		if (is_whole(external, mount))
			criu_job_external(job, "mnt[%s]:" STAGE "/e%zu",
				external_name(&job->arena, i),
				first_with_tree(&job->externals, external));
		else
			criu_job_external(
				job, "mnt[%s]:" STAGE "/m%zu", external_name(&job->arena, i), i);
	}
	return 0;
}

/* ---- notifications from CRIU ---- */

/* CRIU reports the process by its number, and makes it a child of hull (restore_sibling). */
static int take_init(struct setup *c, pid_t pid, struct error *err)
{
	fd_close(&c->pidfd);
	c->pidfd = process_open_child(pid, err);
	if (c->pidfd < 0)
		return -1;
	c->pid = c->state.pid = pid;
	return process_start_time(pid, &c->state.pid_start_time, NULL) < 0
		? error_errno(err, "open the container's first process")
		: 0;
}

/*
 * Writes the state, so that `delete --force` finds something to delete from now on. Sets up the
 * network as create does. The effects of hooks inside the container are in the images.
 */
static int on_namespaces(struct setup *c, pid_t pid, struct error *err)
{
	const struct oci_hooks *hooks = c->config.hooks;
	cleanup_buf struct buf state = { 0 };

	if (take_init(c, pid, err) < 0 || state_write(c->state_fd, &c->state, err) < 0)
		return -1;
	if (hooks == NULL)
		return 0;
	state_spec_json(&state, &c->state, CONTAINER_CREATING, pid);
	c->ran_hooks = setup_has_hooks_before_pivot(c);
	if (hooks_run(&hooks->prestart, "prestart", &state, &c->hook_place, err) < 0)
		return -1;
	return hooks_run(&hooks->create_runtime, "createRuntime", &state, &c->hook_place, err);
}

static int on_terminal(struct setup *c, int master, struct error *err)
{
	bool keep_size = c->config.process != NULL && c->config.process->console_size != NULL;

	fd_close(&c->console);
	c->console = master;
	return c->detached ? 0 : terminal_in_foreground(master, keep_size, err);
}

/* Applies what CRIU doesn't restore: a read-only root and nosymfollow. */
static int complete_options(struct setup *c)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args);

	if (pid == 0) {
		process_hide(NULL);
		_exit(setns(c->pidfd, CLONE_NEWNS) < 0 ||
			externals_set_options(&c->criu->record) < 0);
	}
	return pid < 0 ? -1 : process_wait(pid);
}

/* Everything is restored, but no process runs yet. */
static int on_restored(struct setup *c, struct error *err)
{
	const struct oci_resources *resources = c->config.linux->resources;
	struct oci_resources late = { 0 };

	if (complete_options(c) != 0)
		return error_set(err, 0, "complete the options of the restored mounts");
	if (externals_share(&c->criu->externals, &c->criu->record, c->rootfs_tree, c->pid, err) < 0)
		return -1;
	if (externals_verify(&c->criu->externals, &c->criu->record, c->pid, err) < 0)
		return -1;
	if (resources == NULL || (resources->memory == NULL && resources->pids == NULL))
		return 0;
	late.memory = resources->memory;
	late.pids = resources->pids;
	return cgroup_update(&c->state.cgroup, &late, &c->config.annotations, NULL, err);
}

static int on_notification(void *context, const char *script, pid_t pid, int fd, struct error *err)
{
	struct setup *c = context;
	cleanup_fd int master = fd;

	if (strcmp(script, "setup-namespaces") == 0)
		return on_namespaces(c, pid, err);
	if (strcmp(script, "orphan-pts-master") == 0)
		return on_terminal(c, fd_take(&master), err);
	if (strcmp(script, "post-restore") == 0)
		return on_restored(c, err);
	return 0;
}

/* ---- all together ---- */

static int restore_processes(struct setup *c, struct error *err)
{
	struct criu_job *job = c->criu;
	struct criu_answer answer;

	if (externals_collect(c, &job->externals, err) < 0)
		return -1;
	if (externals_make_mountpoints(c->rootfs, &job->externals, &job->record, err) < 0 ||
		criu_job_prepare(job, c, err) < 0 || add_mounts(c, err) < 0)
		return -1;
	job->options.root = STAGE "/rootfs";
	job->options.restore_sibling = true;
	if (criu_job_start(job, c, true, set_stage, err) < 0 || add_cgroup_roots(job, err) < 0 ||
		criu_job_run(job, on_notification, c, &answer, err) < 0 ||
		take_init(c, answer.restored, err) < 0)
		return -1;
	criu_end(&job->session);
	return 0;
}

static void end(struct setup *c)
{
	criu_end(&c->criu->session);
	setup_kill_init(c);
}

static const struct setup_step steps[] = {
	{ "read the configuration", setup_read },
	{ "complete the configuration", setup_complete, .undo = setup_unclaim },
	{ "open namespaces", setup_open_namespaces, .undo = setup_close_namespaces },
	{ "claim the id", setup_claim },
	{ "make the cgroup", setup_make_cgroup, .undo = setup_remove_cgroup },
	{ "plan mounts and devices", setup_plan_trees, .undo = setup_close_trees },
	{ "compile the seccomp filter", setup_compile_seccomp },
	{ "wait for the cgroup", setup_await_cgroup },
	{ "plan the mounts of the cgroup", trees_plan_cgroups },
	{ "make a user namespace for ID mappings", make_mapping },
	{ "open the root filesystem, mounts and devices", setup_make_trees },
	{ "own the pipes", setup_own_pipes },
	{ "restore the processes", restore_processes, .undo = end },
	{ "intel rdt", setup_set_intel_rdt, .undo = setup_unset_intel_rdt },
	{ "send the console", setup_send_console },
	{ "send the pidfd", setup_send_pidfd },
	{ "write the pid file", setup_write_pid_file, .undo = setup_remove_pid_file },
	{ "write the state", setup_write_state },
};

int container_restore(const struct runtime *rt, const struct create_options *options,
	const struct criu_settings *settings, int *exit_status, struct error *err)
{
	struct criu_job job;
	struct setup c = SETUP(RESTORE);
	struct create_options mine = *options;
	int result = criu_job_open(&job, settings, false, err);

	*exit_status = 0;
	c.criu = &job;
	c.detached = options->detach;
	if (result == 0)
		result = criu_job_read_record(&job, err);
	if (result == 0 && !options->detach && !options->no_subreaper &&
		prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		result = error_errno(err, "become a subreaper");
	if (result == 0) {
		mine.notify_socket = job.record.notify ? "" : NULL;
		result = setup_run(&c, steps, ARRAY_SIZE(steps), rt, &mine, err);
		if (result == 0 && !options->detach) {
			attend_begin();
			result = run_in_foreground(&c, false, exit_status, err);
		}
		setup_free(&c);
	}
	criu_job_close(&job);
	return result;
}
