/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/wire/listener.h"

#include <fcntl.h>
#include <unistd.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "base/fd.h"
#include "container/state/state.h"
#include "container/wire/sync.h"
#include "linux/seccomp/seccomp.h"

/*
 * Runs in the thread without a filter. The process must not continue before the agent has received
 * the listener.
 */
static int pass(void *context, int listener)
{
	int sock = *(const int *)context;
	char answer[64];

	return sync_send(sock, SYNC_SECCOMP, NULL, 0, listener) == 0 &&
			read(sock, answer, sizeof answer) > 0
		? 0
		: -1;
}

int listener_load(const struct payload_seccomp *filter, int sock, struct error *err)
{
	if (filter->n == 0)
		return 0;
	if (filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return seccomp_filter_load_notify(
			filter->program, filter->n, filter->flags, pass, &sock, err);
	return seccomp_filter_load(filter->program, filter->n, filter->flags, err);
}

static void describe(
	struct buf *out, const struct oci_seccomp *config, struct state *state, pid_t pid)
{
	cleanup_buf struct buf spec = { 0 };
	struct json_writer *w = json_writer_new(0);
	cleanup_buf struct buf head = { 0 };

	json_map_open(w);
	json_member_string(w, "ociVersion", state->oci_version);
	json_key(w, "fds");
	json_array_open(w);
	json_string(w, "seccompFd");
	json_array_close(w);
	json_member_int(w, "pid", pid);
	json_member_string(
		w, "metadata", config->listener_metadata != NULL ? config->listener_metadata : "");
	json_map_close(w);
	json_writer_finish(w, &head);
	state_spec_json(&spec, state, state->pid == pid ? CONTAINER_CREATED : CONTAINER_RUNNING,
		state->pid);
	buf_append(out, head.data, head.len - 1);
	buf_printf(out, ",\"state\":%s}", spec.data);
}

int listener_forward(const struct oci_seccomp *config, struct state *state, pid_t pid, int listener,
	int sock, struct error *err)
{
	cleanup_fd int owned = listener, agent = -1;
	cleanup_buf struct buf text = { 0 };

	if (config == NULL || config->listener_path == NULL)
		return error_set(err, EPROTO, "receive from the other side");
	agent = unix_connect(AT_FDCWD, config->listener_path, SOCK_STREAM, err);
	if (agent < 0)
		return error_prefix(err, "/linux/seccomp/listenerPath");
	describe(&text, config, state, pid);
	if (fd_send(agent, text.data, text.len, &owned, 1) < 0)
		return error_errno(
			err, "/linux/seccomp/listenerPath: send to %s", config->listener_path);
	return sync_send(sock, SYNC_GO, NULL, 0, -1) < 0
		? error_errno(err, "send to the starting process")
		: 0;
}
