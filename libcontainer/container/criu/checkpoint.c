/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `checkpoint`: CRIU writes the processes of a running container to files. Steps shared with
 * create/ open what the configuration names, so that hull knows which mounts came from the host.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/bundle.h"
#include "container/create/claim.h"
#include "container/create/create.h"
#include "container/create/namespaces.h"
#include "container/create/trees.h"
#include "container/criu/criu_job.h"
#include "container/criu/externals.h"
#include "container/criu/images.h"
#include "container/criu/request.h"
#include "container/wire/notify.h"
#include "linux/mount/explain.h"

static int read_state(struct setup *c, struct error *err)
{
	c->state_fd = state_load(c->rt, c->options->id, &c->state, err);
	if (c->state_fd < 0)
		return -1;
	switch (state_status(&c->state, c->state_fd)) {
	case CONTAINER_RUNNING:
	case CONTAINER_PAUSED: break;
	case CONTAINER_STOPPED: return error_set(err, 0, "container not running");
	default:
		return error_set(err, 0, "cannot checkpoint a container that has not been started");
	}
	c->pidfd = process_open(c->state.pid, c->state.pid_start_time);
	return c->pidfd < 0 ? error_errno(err, "open the container's first process") : 0;
}

/* Adds the mount that setup_claim() had added to the configuration. */
static int add_notify(struct setup *c, struct error *err)
{
	cleanup_free char *path = mem_printf("%s/%s", c->rt->root, c->options->id);

	return c->state.notify ? notify_add(&c->config, path, c->state_fd, err) : 0;
}

static int share_images(struct setup *c, struct error *err)
{
	return c->mount_context.user_namespace ? criu_job_share_images(c->criu, err) : 0;
}

/*
 * At "post-dump" the images are complete, except for memory that --lazy-pages sends later, and may
 * be restored from then on. An error undoes the checkpoint, and the container continues.
 */
static int follow(void *context, const char *script, pid_t pid, int fd, struct error *err)
{
	struct setup *c = context;

	(void)pid;
	fd_close(&fd);
	if (strcmp(script, "post-dump") != 0)
		return 0;
	return criu_job_edit_images(c->criu, err) < 0 ? -1 : share_images(c, err);
}

/* Thaws the container if CRIU was killed; after other failures CRIU does it. */
static void thaw(struct setup *c)
{
	struct error err;

	if (cgroup_frozen(&c->state.cgroup) == 1 &&
		cgroup_freeze(&c->state.cgroup, false, &err) < 0)
		log_warning("%s", err.text);
}

/*
 * Names only the hierarchies in which the container has its own cgroup. In others CRIU would dump,
 * and later recreate, everything, other containers included.
 */
static void name_hierarchies(struct setup *c)
{
	const char **names =
		arena_alloc(&c->arena, (c->state.cgroup.hierarchies.n + 1) * sizeof *names);

	for (size_t i = 0; c->state.cgroup.path != NULL && i < c->state.cgroup.hierarchies.n; i++)
		names[c->criu->options.dumped_controllers.n++] =
			c->state.cgroup.hierarchies.v[i].name;
	c->criu->options.dumped_controllers.v = names;
}

static int dump(struct setup *c, struct error *err)
{
	struct criu_job *job = c->criu;
	bool frozen = cgroup_frozen(&c->state.cgroup) == 1;
	struct criu_answer answer;
	int result;

	/*
	 * The images contain the processes' memory, so others must not read them. Only processes in
	 * a user namespace have to (restore.c); then the directory keeps others away. (The umask
	 * doesn't apply to files of an earlier dump.)
	 */
	umask(077);
	job->record.notify = c->state.notify;
	if (externals_collect(c, &job->externals, err) < 0 ||
		externals_record(c, &job->externals, &job->record, err) < 0)
		return -1;
	if (criu_job_write_record(job, c->state.pid, err) < 0 ||
		criu_job_prepare(job, c, err) < 0 || process_check(c->pidfd, err) < 0)
		return -1;
	for (size_t i = 0; i < job->record.mounts.n; i++)
		if (job->record.mounts.v[i].destination != NULL)
			criu_job_external(job, "mnt[%s]:%s", job->record.mounts.v[i].point,
				external_name(&job->arena, i));
	job->options.pid = c->state.pid;
	job->options.root = c->rootfs;
	name_hierarchies(c);
	job->options.freeze_cgroup = cgroup_freezer(&c->state.cgroup);
	result = criu_job_start(job, c, false, NULL, err) < 0
		? -1
		: criu_job_run(job, follow, c, &answer, err);
	criu_end(&job->session);
	if (result < 0 && !frozen)
		thaw(c);
	return result < 0 ? -1 : share_images(c, err);
}

/* Opens the trees without preparing them: nothing is mounted. */
static int open_trees(struct setup *c, struct error *err)
{
	return trees_open(c, err) < 0 || trees_open_cgroups(c, err) < 0 ? mounts_explain_trees(err)
									: 0;
}

static const struct setup_step steps[] = {
	{ "read the state", read_state },
	{ "read the configuration", setup_read },
	{ "complete the configuration", setup_complete, .undo = setup_unclaim },
	{ "open namespaces", setup_open_namespaces, .undo = setup_close_namespaces },
	{ "add the notify socket", add_notify },
	{ "plan mounts and devices", setup_plan_trees, .undo = trees_close },
	{ "plan the mounts of the cgroup", trees_plan_cgroups },
	{ "open the root filesystem, mounts and devices", open_trees },
	{ "dump the processes", dump },
};

int container_checkpoint(const struct runtime *rt, const char *id,
	const struct criu_settings *settings, struct error *err)
{
	struct criu_job job;
	struct setup c = SETUP(CHECKPOINT);
	struct container_state state = { 0 };
	int result = container_state(rt, id, &state, err);

	c.criu = &job;
	if (result == 0) {
		cleanup_free char *config = mem_printf("%s/%s/config.json", rt->root, id);
		const struct create_options options = {
			.id = id, .bundle = state.bundle, .config = config
		};

		result = criu_job_open(&job, settings, true, err);
		if (result == 0) {
			result = setup_run(&c, steps, ARRAY_SIZE(steps), rt, &options, err);
			setup_free(&c);
		}
		if (result < 0)
			criu_job_discard(&job);
		criu_job_close(&job);
	}
	container_state_free(&state);
	if (result == 0 && !settings->leave_running && !settings->pre_dump)
		result = container_delete(rt, id, true, err);
	return result;
}
