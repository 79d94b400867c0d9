/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"

enum { OUTPUT_MAX = 1024 }; /* bytes of output that an error quotes */

struct running {
	pid_t pid;
	int pidfd;
	int input, output; /* our ends of the hook's stdin, and of its stdout and stderr */
	size_t written;
	char text[OUTPUT_MAX]; /* the last bytes of the output */
	size_t len;
};

static int open_file(const struct oci_config *config, const char *annotation, int bundle, int *fd,
	struct error *err)
{
	const char *path = config_annotation(config, annotation);

	*fd = -1;
	if (config->hooks == NULL || path == NULL || path[0] == '\0')
		return 0;
	*fd = openat(bundle, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return *fd < 0 ? error_errno(err, "/annotations/%s: open %s", annotation, path) : 0;
}

int hook_place_open(
	struct hook_place *place, const struct oci_config *config, int bundle, struct error *err)
{
	*place = HOOK_PLACE(bundle);
	if (open_file(config, "run.oci.hooks.stdout", bundle, &place->out, err) < 0)
		return -1;
	return open_file(config, "run.oci.hooks.stderr", bundle, &place->err, err);
}

/*
 * Closes everything except the standard streams, `output` and what `become` needs. A hook inside
 * the container is the image's program, and even its path is resolved in the container, so nothing
 * open may lead to the host.
 */
static int prepare(const struct hook_place *place, int input, int output, struct error *err)
{
	const int needed[] = { output, place->become != NULL ? place->needed : -1 };

	if (dup2(input, 0) < 0 || dup2(place->out >= 0 ? place->out : output, 1) < 0 ||
		dup2(place->err >= 0 ? place->err : output, 2) < 0 ||
		(place->directory >= 0 && fchdir(place->directory) < 0) ||
		fd_close_others(3, needed, 2) < 0)
		return error_errno(err, "prepare");
	return place->become == NULL ? 0 : place->become(place->context, err);
}

static char **terminated(struct arena *arena, const string_list *list)
{
	char **words = arena_alloc(arena, (list->n + 1) * sizeof *words);

	for (size_t i = 0; i < list->n; i++)
		words[i] = (char *)(uintptr_t)list->v[i];
	return words;
}

static void exec_hook(const struct oci_hook *hook, int input, int output,
	const struct hook_place *place) __attribute__((noreturn));

static void exec_hook(
	const struct oci_hook *hook, int input, int output, const struct hook_place *place)
{
	cleanup_arena struct arena arena = { 0 };
	const string_list path = { (const char **)(uintptr_t)&hook->path, 1 };
	char **argv = terminated(&arena, hook->args.n > 0 ? &hook->args : &path);
	char **envp = hook->env.v != NULL ? terminated(&arena, &hook->env) : environ;
	struct error err;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL); /* hull ignores it in the foreground */
	fd_limit_restore();
	if (prepare(place, input, output, &err) < 0)
		dprintf(output, "%s", err.text);
	else if (execve(hook->path, argv, envp) < 0)
		dprintf(output, "%s: %s", hook->path, error_words(errno));
	_exit(127);
}

static int start(const struct oci_hook *hook, struct running *run, const struct hook_place *place,
	struct error *err)
{
	cleanup_fd int input = -1, output = -1;
	int in[2], out[2];
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&run->pidfd, .exit_signal = SIGCHLD
	};

	/*
	 * stdin is a socket: unlike with a pipe, hull can write without SIGPIPE to a hook that
	 * doesn't read
	 */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return error_errno(err, "make a socket pair");
	run->input = in[0];
	input = in[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return error_errno(err, "make a pipe");
	run->output = out[0];
	output = out[1];
	fcntl(run->input, F_SETFL, O_NONBLOCK);
	run->pid = sys_clone3(&args);
	if (run->pid < 0)
		return error_errno(err, "start a process");
	if (run->pid == 0)
		exec_hook(hook, input, output, place);
	return 0;
}

static void feed(struct running *run, const struct buf *state)
{
	ssize_t n = send(
		run->input, state->data + run->written, state->len - run->written, MSG_NOSIGNAL);

	if (n > 0)
		run->written += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || run->written == state->len)
		fd_close(&run->input);
}

static void collect(struct running *run)
{
	char bytes[OUTPUT_MAX];
	ssize_t n = read(run->output, bytes, sizeof bytes);

	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			fd_close(&run->output);
		return;
	}
	if (run->len + (size_t)n > OUTPUT_MAX - 1) {
		size_t drop = run->len + (size_t)n - (OUTPUT_MAX - 1);

		if (drop > run->len)
			drop = run->len;
		memmove(run->text, run->text + drop, run->len - drop);
		run->len -= drop;
		if ((size_t)n > OUTPUT_MAX - 1 - run->len)
			n = (ssize_t)(OUTPUT_MAX - 1 - run->len);
	}
	memcpy(run->text + run->len, bytes, (size_t)n);
	run->len += (size_t)n;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Feeds the hook and collects its output until its process ends; background children don't prolong
 * this. Returns false if the hook's timeout expires.
 */
static bool attend(struct running *run, const struct oci_hook *hook, const struct buf *state)
{
	const int64_t longest = INT32_MAX; /* in seconds: 68 years */
	int64_t seconds = hook->timeout.value < longest ? hook->timeout.value : longest;
	int64_t deadline = hook->timeout.set ? now_ms() + seconds * 1000 : -1;

	for (;;) {
		struct pollfd fds[] = { { run->pidfd, POLLIN, 0 }, { run->output, POLLIN, 0 },
			{ run->input, POLLOUT, 0 } };
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();

		if (deadline >= 0 && left <= 0)
			return false;
		if (poll(fds, 3, left > 1 << 30 ? 1 << 30 : (int)left) < 0)
			continue;
		if (fds[2].revents != 0)
			feed(run, state);
		if (fds[1].revents != 0)
			collect(run);
		else if (fds[0].revents != 0)
			return true;
	}
}

static int judge(const struct oci_hook *hook, struct running *run, bool in_time, struct error *err)
{
	siginfo_t info = { 0 };

	if (!in_time)
		pidfd_send_signal(run->pidfd, SIGKILL, NULL, 0);
	while (waitid((idtype_t)P_PIDFD, (id_t)run->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	run->text[run->len] = '\0';
	while (run->len > 0 && run->text[run->len - 1] == '\n')
		run->text[--run->len] = '\0';
	if (!in_time)
		error_set(err, 0, "%s didn't end within its timeout of %lld s", hook->path,
			(long long)hook->timeout.value);
	else if (info.si_code != CLD_EXITED)
		error_set(err, 0, "%s: signal: %d", hook->path, info.si_status);
	else if (info.si_status != 0)
		error_set(err, 0, "%s: exit status %d", hook->path, info.si_status);
	else
		return 0;
	return run->len > 0 ? error_hint(err, "output: %s", run->text) : -1;
}

static int run_one(const struct oci_hook *hook, const struct buf *state,
	const struct hook_place *place, struct error *err)
{
	struct running run = { .pidfd = -1, .input = -1, .output = -1 };
	int result = start(hook, &run, place, err);

	if (result == 0)
		result = judge(hook, &run, attend(&run, hook, state), err);
	fd_close(&run.pidfd);
	fd_close(&run.input);
	fd_close(&run.output);
	return result;
}

int hooks_run(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place, struct error *err)
{
	for (size_t i = 0; i < hooks->n; i++)
		if (run_one(&hooks->v[i], state, place, err) < 0)
			return error_prefix(
				err, "error running %s hook #%zu: /hooks/%s/%zu", name, i, name, i);
	return 0;
}

void hooks_run_all(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place)
{
	for (size_t i = 0; i < hooks->n; i++) {
		struct error err;

		if (run_one(&hooks->v[i], state, place, &err) < 0)
			log_warning("error running %s hook #%zu: /hooks/%s/%zu: %s", name, i, name,
				i, err.text);
	}
}
