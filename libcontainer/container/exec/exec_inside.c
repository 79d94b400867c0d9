/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's side of `exec`. The joiner is born in the container's cgroup, joins its
 * namespaces and prepares everything. It stays in the host's PID namespace, so processes inside
 * can't see it. It clones the process as its sibling in the container's PID namespace. That process
 * does only what has to be done in itself.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/caller.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/exec/execution.h"
#include "container/wire/sync.h"
#include "linux/process/keyring.h"
#include "linux/process/oom.h"
#include "linux/process/terminal.h"

/*
 * Enters cgroups that clone3() can't place the process in. An unprivileged caller may not be
 * allowed to.
 */
static int enter_cgroups(struct execution *x, struct error *err)
{
	static struct error problem;

	if (x->outside || cgroup_exec_enter_self(&x->cgroup, x->cgroup.fd >= 0, &problem) == 0)
		return 0;
	if (!x->state.rootless || (problem.code != EACCES && problem.code != EPERM)) {
		*err = problem;
		return -1;
	}
	log_warning("the process stays outside of the container's cgroup: %s", problem.text);
	return 0;
}

/*
 * Closes all host files, the caller's and ours, that the container must not get (CVE-2024-21626).
 * The process is a copy of this one: it must not show the caller's command line and environment.
 */
static int let_go(struct execution *x, struct error *err)
{
	const int needed[] = { x->sync[1], x->entrance.pidfd, x->entrance.root, x->trace.fd };

	if (fd_close_others(3 + (int)x->options->preserve_fds, needed, ARRAY_SIZE(needed)) < 0)
		return error_errno(err, "close the host's file descriptors");
	x->payload.umask = umask(0);
	caller_forget();
	return 0;
}

/*
 * Writes to the host's procfs: the OOM score adjustment, while still privileged, and the LSM
 * labels, which the process inherits.
 */
static int use_host_proc(struct execution *x, struct error *err)
{
	const struct oci_process *process = &x->process;
	cleanup_fd int proc = -1;

	if (process->oom_score_adj.set &&
		oom_score_adj_set(getpid(), process->oom_score_adj.value, x->state.rootless, err) <
			0)
		return -1;
	if (!payload_has_labels(process))
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return proc < 0 ? error_errno(err, "open /proc")
			: payload_set_labels(proc, process, !x->state.no_new_keyring, err);
}

/* Enters the container. Afterwards nothing of the host is open. */
static int enter(struct execution *x, struct error *err)
{
	if (entrance_enter(&x->entrance, err) < 0)
		return -1;
	fd_close(&x->entrance.pidfd);
	fd_close(&x->entrance.root);
	return 0;
}

static int open_terminal(struct execution *x, struct error *err)
{
	cleanup_fd int root = -1, devpts = -1, master = -1;

	if (!x->process.terminal)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	devpts = terminal_devpts(root, err);
	if (devpts < 0)
		return -1;
	master = terminal_open(
		devpts, x->process.console_size, x->process.user.uid, &x->console, err);
	if (master < 0)
		return -1;
	return sync_send(x->sync[1], SYNC_CONSOLE, NULL, 0, master) < 0
		? error_errno(err, "send to the host side")
		: 0;
}

static int join_keyring(struct execution *x, struct error *err)
{
	return x->state.no_new_keyring ? 0 : keyring_join(x->options->id, err);
}

static int prepare_payload(struct execution *x, struct error *err)
{
	x->payload.keep_groups = payload_keeps_groups(&x->config);
	return payload_prepare(
		&x->payload, &x->process, x->config.linux, &x->arena, x->payload.umask, err);
}

/* ---- the process ---- */

static int become_process(struct execution *x, struct error *err)
{
	struct payload_seccomp seccomp = {
		.program = (const struct sock_filter *)(const void *)x->seccomp.data,
		.n = x->seccomp.len / sizeof(struct sock_filter),
		.flags = x->seccomp_flags,
	};

	if (x->console >= 0 ? terminal_take(x->console, err) < 0
			    : setsid() < 0 && error_errno(err, "start a session") < 0)
		return -1;
	if (sync_await(x->sync[1], SYNC_GO, SYNC_HOST_SIDE, err) < 0)
		return -1;
	return payload_exec(&x->payload, &seccomp, x->sync[1], x->options->preserve_fds, err);
}

static void run_process(struct execution *x) __attribute__((noreturn));

static void run_process(struct execution *x)
{
	static struct error err;

	if (become_process(x, &err) < 0)
		sync_send_error(x->sync[1], &err);
	_exit(255);
}

/* Reports which process was started, by its host PID. */
static int tell_pid(struct execution *x, int32_t pid, struct error *err)
{
	return sync_send(x->sync[1], SYNC_PID, &pid, sizeof pid, -1) < 0
		? error_errno(err, "send to the host side")
		: 0;
}

static int start_process(struct execution *x, struct error *err)
{
	struct clone_args args = { .flags = CLONE_PARENT };
	pid_t pid = getpid();

	if (x->entrance.flags & CLONE_NEWPID) {
		pid = sys_clone3(&args);
		if (pid < 0)
			return error_errno(err, "clone the container's process");
		if (pid == 0)
			run_process(x);
		return tell_pid(x, pid, err);
	}
	if (tell_pid(x, pid, err) < 0)
		return -1;
	run_process(x);
}

static const struct execution_step steps[] = {
	{ "enter the cgroups", enter_cgroups },
	{ "let go of the host's files", let_go },
	{ "use the host's /proc", use_host_proc },
	{ "enter the container", enter, .last_traced = true },
	{ "open the terminal", open_terminal },
	{ "join the session keyring", join_keyring },
	{ "prepare the process", prepare_payload },
	{ "start the process", start_process },
};

void execution_join(struct execution *x)
{
	static struct error err;
	int result;

	x->trace.side = TRACE_INSIDE;
	x->trace.log = "step inside";
	log_to_sink(sync_log_sink, (void *)(intptr_t)x->sync[1]);
	result = execution_run_steps(x, steps, ARRAY_SIZE(steps), &err);
	if (result < 0)
		sync_send_error(x->sync[1], &err);
	_exit(result < 0);
}
