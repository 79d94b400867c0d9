/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/listener.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "container/state.h"
#include "container/sync.h"
#include "linux/seccomp.h"

static int lowest_free_fd(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	close(fd);
	return fd;
}

int listener_load(const struct payload_seccomp *filter, int sock, struct error *err)
{
	int32_t number;
	char answer[64];
	int fd;

	if (filter->n == 0)
		return 0;
	if (!(filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return seccomp_filter_load(filter->program, filter->n, filter->flags, err);
	number = lowest_free_fd();
	if (sync_send(sock, SYNC_SECCOMP, &number, sizeof number, -1) < 0)
		return error_errno(err, "send to the one who starts");
	fd = seccomp_filter_load(filter->program, filter->n, filter->flags, err);
	if (fd < 0)
		return -1;
	/* read(2), because of all that could be used here a profile is the least likely to forbid it */
	if (fd != number || read(sock, answer, sizeof answer) <= 0)
		_exit(1);
	close(fd);
	return 0;
}

/* It is there when the filter is; there is no event to wait for. */
static int fetch(pid_t pid, int number, int sock, struct error *err)
{
	cleanup_fd int pidfd = pidfd_open(pid, 0);
	struct pollfd failed = { sock, POLLIN, 0 };
	int fd;

	if (pidfd < 0)
		return error_errno(err, "open the process %d", pid);
	while ((fd = pidfd_getfd(pidfd, number, 0)) < 0) {
		if (errno != EBADF)
			return error_errno(err, "fetch the seccomp listener");
		if (poll(&failed, 1, 0) > 0)
			return error_set(err, 0, "the process ended while its seccomp filter was loaded");
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	return fd;
}

static void describe(struct buf *out, const struct seccomp *config, struct state *state, pid_t pid)
{
	cleanup_buf struct buf spec = {0};
	struct json_writer *w = json_writer_new(0);
	cleanup_buf struct buf head = {0};

	json_map_open(w);
	json_key(w, "ociVersion");
	json_string(w, state->oci_version);
	json_key(w, "fds");
	json_array_open(w);
	json_string(w, "seccompFd");
	json_array_close(w);
	json_key(w, "pid");
	json_int(w, pid);
	json_key(w, "metadata");
	json_string(w, config->listener_metadata != NULL ? config->listener_metadata : "");
	json_map_close(w);
	json_writer_finish(w, &head);
	state_spec_json(&spec, state, state->pid == pid ? CONTAINER_CREATED : CONTAINER_RUNNING, state->pid);
	buf_append(out, head.data, head.len - 1);
	buf_printf(out, ",\"state\":%s}", spec.data);
}

int listener_forward(const struct seccomp *config, struct state *state, pid_t pid, int number, int sock, struct error *err)
{
	cleanup_fd int listener = fetch(pid, number, sock, err), agent = -1;
	cleanup_buf struct buf text = {0};

	if (listener < 0)
		return -1;
	agent = unix_connect(AT_FDCWD, config->listener_path, SOCK_STREAM, err);
	if (agent < 0)
		return error_prefix(err, "/linux/seccomp/listenerPath");
	describe(&text, config, state, pid);
	if (fd_send(agent, text.data, text.len, &listener, 1) < 0)
		return error_errno(err, "/linux/seccomp/listenerPath: send to %s", config->listener_path);
	return sync_send(sock, SYNC_GO, NULL, 0, -1) < 0 ? error_errno(err, "send to the starting process") : 0;
}
