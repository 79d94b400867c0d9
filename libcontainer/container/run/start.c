/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `start`: tells the waiting init to continue, over the socket in the state directory, and learns
 * the result: the socket closes by itself when the exec succeeds, and carries the error if a hook
 * or the exec fails.
 */
#include "container/run/start.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "container/hooks.h"
#include "container/run/attend.h"
#include "container/state/state.h"
#include "container/wire/listener.h"
#include "container/wire/notify.h"
#include "container/wire/sync.h"

static int connect_to_init(int state_fd, struct error *err)
{
	int sock = unix_connect(state_fd, "start.sock", SOCK_SEQPACKET, err);

	if (sock < 0 && err != NULL && err->code == ECONNREFUSED)
		return error_set(err, 0, "cannot start an already running container");
	return sock;
}

static int forward_listener(
	int state_fd, struct state *state, int listener, int sock, struct error *err)
{
	cleanup_config struct oci_config config = { 0 };
	cleanup_fd int owned = listener;

	if (state_config(state_fd, &config, err) < 0)
		return -1;
	return listener_forward(
		config.linux->seccomp, state, state->pid, fd_take(&owned), sock, err);
}

/* Handles the init's messages until it executes the process. */
static int follow(int sock, struct state *state, int state_fd, bool *hook_failed, struct error *err)
{
	struct sync_message message;
	bool executing = false;

	for (;;) {
		int type = sync_receive(sock, &message, SYNC_STARTING, err);

		switch (type) {
		case 0:
			if (executing)
				return 0;
			error_set(err, 0,
				"the container's init ended before it executed the process");
			return state_memory_hint(state_fd, err);
		case SYNC_HOOK_FAILED: *hook_failed = true; break;
		case SYNC_EXEC: executing = true; break;
		case SYNC_SECCOMP:
			if (forward_listener(state_fd, state, message.fd, sock, err) < 0)
				return -1;
			break;
		default:
			return type < 0
				? -1
				: error_set(err, 0, "the container's init said %d while starting",
					  type);
		}
	}
}

static int run_poststart(int state_fd, struct state *state, struct error *err)
{
	cleanup_config struct oci_config config = { 0 };
	cleanup_buf struct buf json = { 0 };
	cleanup_fd int bundle = -1;
	struct hook_place place;
	int result;

	if (!state->poststart)
		return 0;
	bundle = open(state->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state_config(state_fd, &config, err) < 0)
		return -1;
	state_spec_json(&json, state, CONTAINER_RUNNING, state->pid);
	result = hook_place_open(&place, &config, bundle, err);
	if (result == 0)
		result = hooks_run(&config.hooks->poststart, "poststart", &json, &place, err);
	hook_place_close(&place);
	return result;
}

static int check_startable(struct state *state, int state_fd, struct error *err)
{
	switch (state_status(state, state_fd)) {
	case CONTAINER_CREATED: break;
	case CONTAINER_STOPPED:
		return error_set(err, 0, "cannot start a container that has stopped");
	case CONTAINER_RUNNING:
		return error_set(err, 0, "cannot start an already running container");
	default:
		return error_set(err, 0, "cannot start a container in the %s state",
			container_status_names[state_status(state, state_fd) - 1]);
	}
	return 0;
}

static int take_start_socket(int state_fd, struct error *err)
{
	cleanup_fd int sock = connect_to_init(state_fd, err);

	if (sock < 0)
		return -1;
	/*
	 * From here on the container isn't `created` any more: a concurrent `start` finds no
	 * socket.
	 */
	if (unlinkat(state_fd, "start.sock", 0) < 0)
		return errno == ENOENT
			? error_set(err, 0, "cannot start an already running container")
			: error_errno(err, "remove start.sock");
	return fd_take(&sock);
}

static int start_container(
	int state_fd, struct state *state, int init, bool *hook_failed, struct error *err)
{
	cleanup_fd int sock = init;

	if (sock < 0 && check_startable(state, state_fd, err) < 0)
		return -1;
	if (!state->process)
		return error_set(err, 0,
			"cannot start a container without a process: config.json has no /process");
	if (sock < 0 && (sock = take_start_socket(state_fd, err)) < 0)
		return -1;
	if (sync_tell(sock, SYNC_GO, SYNC_STARTING, err) < 0)
		return -1;
	return follow(sock, state, state_fd, hook_failed, err);
}

int start_created(const struct runtime *rt, int state_fd, struct state *state, int sock,
	struct notify_relay *relay, struct error *err)
{
	cleanup_fd int init = sock;
	bool hook_failed = false;
	struct error problem;

	if (relay->caller != NULL && state->notify &&
		notify_relay_open(relay, state_fd, state->pid, relay->pidfd, err) < 0)
		return -1;
	if (start_container(state_fd, state, fd_take(&init), &hook_failed, err) < 0) {
		if (!hook_failed)
			return -1;
	} else if (run_poststart(state_fd, state, err) == 0) {
		return 0;
	}
	/*
	 * runtime.md, lifecycle 7 and 9: "If any startContainer hook fails, the runtime MUST
	 * generate an error, stop the container, and continue the lifecycle at step 12", which
	 * destroys it. The same holds for poststart hooks.
	 */
	if (container_delete(rt, state->id, true, &problem) < 0)
		log_warning("the container %s couldn't be deleted after its hook failed: %s",
			state->id, problem.text);
	return -1;
}

int start_notify(struct notify_relay *relay, struct error *err)
{
	attend_end(); /* let the caller's signals interrupt the wait */
	return notify_relay_run(relay, err);
}

int container_start(
	const struct runtime *rt, const char *id, const char *notify_socket, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err), pidfd = -1;
	struct notify_relay relay = NOTIFY_RELAY(notify_socket);
	int result;

	if (state_fd < 0)
		return -1;
	if (notify_socket != NULL && state.notify) {
		pidfd = process_open(state.pid, state.pid_start_time);
		relay.pidfd = pidfd;
	}
	result = start_created(rt, state_fd, &state, -1, &relay, err);
	if (result == 0)
		result = start_notify(&relay, err);
	notify_relay_close(&relay);
	return result;
}
