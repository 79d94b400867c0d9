/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/criu/request.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "container/wire/sync.h"

/*
 * The numbers of the directories' descriptors must be those in the process that created the socket.
 * So CRIU's own process creates it.
 */
static int become_criu(struct criu_job *job, struct setup *c, int sync,
	int (*prepare)(struct setup *c, struct error *err), struct error *err)
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
	criu_job_keep(job, pair[1]);
	return criu_execute(pair[1], job->kept, job->nkept, err);
}

/* Waits until CRIU is executed, which closes the sync socket. */
static int await_criu(struct criu_job *job, int sync, struct error *err)
{
	struct sync_message message;

	if (sync_expect(sync, SYNC_CRIU, &message, SYNC_PROCESS, err) < 0)
		return -1;
	job->session.sock = message.fd;
	return sync_receive(sync, &message, SYNC_PROCESS, err) == 0 ? 0 : -1;
}

/* From here on these signals only abort the request to CRIU. */
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

int criu_job_start(struct criu_job *job, struct setup *c, bool in_cgroup,
	int (*prepare)(struct setup *c, struct error *err), struct error *err)
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
			"--pre-dump, --parent-path: this kernel doesn't track changes of memory "
			"(CONFIG_MEM_SOFT_DIRTY)");
	if (job->options.lazy_pages && !answer.lazy_pages)
		return error_set(err, 0, "--lazy-pages: this kernel or CRIU can't (userfaultfd)");
	return 0;
}

int criu_job_run(struct criu_job *job, criu_notify *notify, struct setup *c,
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
