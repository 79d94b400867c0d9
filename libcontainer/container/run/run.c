/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `run`: creates and starts a container; unless detached, waits until it ends and deletes it.
 */
#include "container/run/run.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "container/create/create.h"
#include "container/ops/delete.h"
#include "container/run/attend.h"
#include "container/run/start.h"

/* If the container couldn't be started, or has ended: deletes it unless keep is set. */
static int clean_up(struct setup *c, bool keep, struct error *err)
{
	return keep ? 0 : delete_ended(c->rt, c->state_fd, &c->state, err);
}

static int stay(struct setup *c, int *exit_status, struct error *err)
{
	bool keep_size = c->config.process != NULL && c->config.process->console_size != NULL;

	*exit_status = attend(c->pid, c->pidfd, c->console, keep_size, err);
	return *exit_status < 0 ? -1 : 0;
}

static void kill_and_reap(struct setup *c)
{
	pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int run_in_foreground(struct setup *c, bool keep, int *exit_status, struct error *err)
{
	int result = stay(c, exit_status, err);

	if (result < 0)
		kill_and_reap(c);
	return clean_up(c, keep, result < 0 ? NULL : err) < 0 ? -1 : result;
}

int container_run(const struct runtime *rt, const struct create_options *options, int *exit_status,
	struct error *err)
{
	struct setup c = SETUP(CREATE);
	struct notify_relay relay = NOTIFY_RELAY(options->notify_socket);
	bool stays = !options->detach;
	int result;

	*exit_status = 0;
	c.detached = options->detach;
	c.runs = true;
	if (stays && !options->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_errno(err, "become a subreaper");
	if (setup_create(&c, rt, options, err) < 0) {
		setup_free(&c);
		return -1;
	}
	relay.pidfd = c.pidfd;
	result = start_created(rt, c.state_fd, &c.state, fd_take(&c.sync[0]), &relay, err);
	if (result == 0)
		result = stays ? notify_relay_leave(&relay, err) : start_notify(&relay, err);
	if (result < 0) {
		kill_and_reap(&c);
		if (clean_up(&c, false, NULL) < 0)
			log_warning("the container %s couldn't be deleted after it failed to start",
				options->id);
	} else if (stays) {
		result = run_in_foreground(&c, options->keep, exit_status, err);
		notify_relay_end(&relay);
	}
	notify_relay_close(&relay);
	setup_free(&c);
	return result;
}
