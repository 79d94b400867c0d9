/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `delete` and `kill`: ending a container, and removing everything that hull created for it.
 */
#include "container/ops/delete.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/ops/members.h"
#include "container/poststop.h"
#include "container/state/ranges.h"
#include "container/state/state.h"
#include "linux/intel_rdt.h"
#include "linux/mount/rootfs.h"

enum { DEATH_TIMEOUT = 10000 }; /* ms; runc polls 100 times 100 ms */

/* ---- kill ---- */

/*
 * With a shared PID namespace, other processes survive the init: there SIGKILL means the whole
 * cgroup.
 */
static bool means_all(const struct state *state, int signal)
{
	return signal == SIGKILL && !state->own_pid_namespace && state->cgroup.path != NULL;
}

/*
 * True if the container has stopped, but processes are left: they may outlive an init in a shared
 * PID namespace, and callers expect SIGKILL to end them.
 */
static bool left_processes(struct state *state)
{
	struct pid_list pids = { 0 };
	bool any = cgroup_pids(&state->cgroup, &pids, NULL) == 0 && pids.n > 0;

	mem_free(pids.v);
	return any;
}

int container_kill(
	const struct runtime *rt, const char *id, int signal, bool all, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err), pidfd = -1;
	bool stopped;

	if (state_fd < 0)
		return -1;
	pidfd = process_open(state.pid, state.pid_start_time);
	if (pidfd < 0 && errno != ESRCH)
		return error_errno(err, "open the container's init");
	stopped = pidfd < 0;
	if ((all || means_all(&state, signal)) && state.cgroup.path != NULL) {
		if (stopped && !all && !left_processes(&state))
			return error_set(err, 0, "container not running");
		return cgroup_signal(&state.cgroup, signal, err);
	}
	if (stopped)
		return all ? 0 : error_set(err, 0, "container not running");
	if (pidfd_send_signal(pidfd, signal, NULL, 0) < 0)
		return errno == ESRCH ? error_set(err, 0, "container not running")
				      : error_errno(err, "send signal %d to the container", signal);
	/* only the v2 freezer lets SIGKILL end a frozen process */
	if (signal == SIGKILL && state.cgroup.layout == CGROUP_V1 &&
		cgroup_frozen(&state.cgroup) == 1)
		return cgroup_freeze(&state.cgroup, false, err);
	return 0;
}

/* ---- delete ---- */

/* Kills all processes, and waits until the init is gone. */
static int end(struct state *state, bool stopped, struct error *err)
{
	cleanup_fd int pidfd = stopped ? -1 : process_open(state->pid, state->pid_start_time);
	struct pollfd wait = { pidfd, POLLIN, 0 };
	cleanup_buf struct buf why = { 0 };

	if (pidfd < 0 && !stopped && errno != ESRCH) /* it may still exist, so keep its state */
		return error_errno(err, "open the container's init");
	if (stopped && state->cgroup.path != NULL && cgroup_remove_empty(&state->cgroup))
		return 0;
	if (state->cgroup.path != NULL && cgroup_signal(&state->cgroup, SIGKILL, err) < 0)
		return -1;
	if (pidfd < 0)
		return 0;
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return error_errno(err, "kill the container's init");
	while (poll(&wait, 1, DEATH_TIMEOUT) < 0 && errno == EINTR)
		;
	if (wait.revents != 0)
		return 0;
	error_set(err, 0,
		"container init still running: process %d didn't end within %d s of SIGKILL",
		state->pid, DEATH_TIMEOUT / 1000);
	return members_unreaped(state->pid, pidfd, &why) ? error_hint(err, "%s", why.data) : -1;
}

/*
 * Removes the state directory after everything that the state names, so that an interrupted delete
 * can be repeated. Then runs the poststop hooks.
 */
static int remove_all(const struct runtime *rt, const char *id, int state_fd, struct state *state,
	struct error *err)
{
	struct id_block ids;

	if (cgroup_remove(&state->cgroup, err) < 0 ||
		rootfs_detach(state->rootfs, state->rootfs_mount, err) < 0)
		return -1;
	if (state->intel_rdt != NULL && intel_rdt_remove(state->intel_rdt, err) < 0)
		return -1;
	if (id_block_parse(state->userns_claim, &ids)) {
		cleanup_free char *directory = mem_printf("%s/%s", rt->root, id);

		ranges_release(rt, directory, &ids, state->user_namespace);
	}
	return poststop_remove(rt, state_fd, state, err);
}

int container_delete(const struct runtime *rt, const char *id, bool force, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	static struct error problem;
	cleanup_fd int state_fd = state_open(rt, id, &problem);
	enum container_status status;

	if (state_fd < 0) {
		int resumed = problem.code == ENOENT ? poststop_resume(rt, id, &problem) : 0;

		if (resumed > 0 || (resumed == 0 && force && problem.code == ENOENT))
			return 0;
		error_set(err, 0, "%s", problem.text);
		return -1;
	}
	if (state_read(state_fd, &state, &problem) < 0) {
		/*
		 * `create` was killed between mkdir and the first write. No cgroup and no process
		 * exists yet; a claim of IDs is void without the directory.
		 */
		if (problem.code == ENOENT)
			return state_remove_open(rt, id, state_fd, err);
		/* a state that this hull can't read may still name a whole container */
		error_set(err, problem.code, "%s", problem.text);
		return force ? error_hint(err, "nothing was removed") : -1;
	}
	status = state_status(&state, state_fd);
	if (status != CONTAINER_STOPPED && status != CONTAINER_CREATED && !force)
		return error_set(err, 0, "cannot delete container %s that is not stopped: %s", id,
			container_status_names[status - 1]);
	if (end(&state, status == CONTAINER_STOPPED, err) < 0)
		return -1;
	return remove_all(rt, id, state_fd, &state, err);
}

int delete_ended(const struct runtime *rt, int state_fd, struct state *state, struct error *err)
{
	struct stat st;

	if (fstat(state_fd, &st) == 0 && st.st_nlink == 0)
		return 0;
	if (end(state, true, err) < 0)
		return -1;
	return remove_all(rt, state->id, state_fd, state, err);
}
