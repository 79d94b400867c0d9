/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts and ends the process hull-systemd, which speaks D-Bus for hull, and talks to it over a
 * socket.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/process.h"
#include "cgroup/systemd/internal.h"

extern char **environ;

enum {
	ANSWER_TIMEOUT = 60000, /* milliseconds: longer than hull-systemd waits for systemd */
	ANSWER_STEP = 1000
};

static const struct explanation start_rows[] = {
	{ ENOENT, NULL, NULL,
		"it is the part of hull that talks to systemd; --cgroup-manager=cgroupfs does "
		"without it" },
	EXPLANATIONS_END,
};

int helper_start(struct helper *helper, bool user, struct error *err)
{
	const char *directory = secure_getenv("HULL_LIBEXECDIR");
	cleanup_free char *program =
		mem_printf("%s/hull-systemd", directory ? directory : LIBEXECDIR "/hull");
	char *argv[] = { program, (char *)(user ? "user" : "system"), NULL };
	posix_spawn_file_actions_t actions;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, "socketpair");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO);
	errno = posix_spawn(&helper->pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	helper->socket = pair[0];
	if (errno) {
		helper->pid = 0;
		error_errno(err, "%s: run", program);
		explain(start_rows, NULL, NULL, err);
		fd_close(&helper->socket);
	}
	fd_close(&pair[1]);
	return helper->pid ? 0 : -1;
}

void helper_end(struct helper *helper)
{
	if (helper->socket >= 0)
		shutdown(helper->socket,
			SHUT_RDWR); /* processes cloned meanwhile may hold copies of it */
	fd_close(&helper->socket);
	if (helper->pid)
		process_wait(helper->pid);
	helper->pid = 0;
}

/*
 * True if hull-systemd is in a unit whose slice somebody has frozen. systemd can freeze only on v2.
 */
static bool is_frozen(pid_t pid)
{
	cleanup_free char *path = cgroup_is_v2() ? cgroup_v2_path(pid) : NULL;
	cleanup_free char *events = mem_printf(CGROUP_ROOT "%s/cgroup.events", path ? path : "");
	char text[256];
	uint64_t frozen = 0;

	return path && cgroup_read(AT_FDCWD, events, text, sizeof text) > 0 &&
		cgroup_key(text, "frozen", &frozen) && frozen;
}

static int wait_for_answer(struct helper *helper, struct error *err)
{
	struct pollfd answer = { helper->socket, POLLIN, 0 };

	for (int waited = 0; poll(&answer, 1, ANSWER_STEP) == 0; waited += ANSWER_STEP) {
		bool frozen = is_frozen(helper->pid);

		if (!frozen && waited < ANSWER_TIMEOUT)
			continue;
		kill(helper->pid,
			SIGKILL); /* while frozen, it doesn't notice that the socket is closed */
		return frozen ? error_set(err, 0, "the slice of the container's unit is frozen")
			      : error_set(err, ETIMEDOUT, "hull-systemd doesn't answer");
	}
	return 0;
}

int helper_answer(struct helper *helper, char answer[SYSTEMD_ANSWER_MAX], const char **text,
	struct error *err)
{
	size_t no_fds = 0;
	int32_t code;
	ssize_t len;

	if (wait_for_answer(helper, err) < 0)
		return -1;
	len = fd_recv(helper->socket, answer, SYSTEMD_ANSWER_MAX - 1, NULL, &no_fds);
	if (len <= 0)
		return error_set(err, len < 0 ? errno : 0, "hull-systemd ended without an answer"),
		       error_hint(err,
			       "a limit of memory may be too small even for it, the first process "
			       "of the unit");
	answer[len] = 0;
	*text = answer + strlen(answer) + (strlen(answer) < (size_t)len);
	if (strcmp(answer, "ok") == 0)
		return 0;
	if (*text + sizeof code > answer + len)
		return error_set(err, 0, "hull-systemd gave an answer that is no answer");
	memcpy(&code, *text, sizeof code);
	error_set(err, 0, "%s", *text + sizeof code);
	if (err)
		err->code = code;
	return -1;
}

int helper_send(struct helper *helper, const struct buf *request, struct error *err)
{
	if (fd_send(helper->socket, request->data, request->len, NULL, 0) < 0)
		return error_errno(err, "hull-systemd: send a request");
	return 0;
}

int helper_call(struct helper *helper, const struct buf *request, struct error *err)
{
	char answer[SYSTEMD_ANSWER_MAX];
	const char *text;

	if (helper_send(helper, request, err) < 0)
		return -1;
	return helper_answer(helper, answer, &text, err);
}
