/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clones the init: with one clone3(2) if no namespace has to be joined first. Else a short-lived
 * process, the joiner, joins what can't be joined from inside: the pod's user namespace, a PID
 * namespace, and namespaces that the container's user namespace doesn't own. It clones the init as
 * its sibling (CLONE_PARENT), so that hull's caller can wait for it.
 */
#include "container/create/clone.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/caller.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/clone_refusals.h"
#include "container/create/ids.h"
#include "container/create/mntns.h"
#include "container/wire/sync.h"
#include "linux/namespaces/namespaces.h"

static bool needs_joiner(const struct setup *c)
{
	if (c->enters_cgroup)
		return true;
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type == NAMESPACE_USER || c->joins[i].type == NAMESPACE_PID ||
			c->joins[i].outer)
			return true;
	return false;
}

static uint64_t init_flags(const struct setup *c)
{
	return (c->new_userns ? CLONE_NEWUSER : 0) | (c->new_namespaces & CLONE_NEWPID);
}

static uint64_t into_cgroup(const struct setup *c, struct clone_args *args)
{
	if (c->state.cgroup.fd < 0 || c->enters_cgroup)
		return 0;
	args->cgroup = (uint64_t)c->state.cgroup.fd;
	return CLONE_INTO_CGROUP;
}

/*
 * Joins the namespaces that the container's user namespace doesn't own, then the user namespace,
 * then those that it owns. The init joins the rest itself; PID is inherited.
 */
static int join_all(const struct setup *c, struct error *err)
{
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].outer && namespace_join(c->joins[i].fd, c->joins[i].type, err) < 0)
			return -1;
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type == NAMESPACE_USER &&
			(namespace_join(c->joins[i].fd, NAMESPACE_USER, err) < 0 ||
				process_hide(err) < 0))
			return -1;
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type == NAMESPACE_PID && !c->joins[i].outer &&
			namespace_join(c->joins[i].fd, NAMESPACE_PID, err) < 0)
			return -1;
	return 0;
}

static void run_joiner(struct setup *c) __attribute__((noreturn));

static void run_joiner(struct setup *c)
{
	struct clone_args args = { .flags = init_flags(c) | CLONE_PARENT };
	static struct error err;
	int32_t pid;

	process_hide(NULL);
	caller_forget();
	if (c->mntns >= 0 && setns(c->mntns, CLONE_NEWNS) < 0)
		error_errno(&err, "enter the small mount namespace");
	else if (c->enters_cgroup && cgroup_move_self(c->state.cgroup.fd, &err) < 0)
		;
	else if (join_all(c, &err) == 0) {
		pid = sys_clone3(&args);
		if (pid == 0)
			init_main(c);
		if (pid > 0) {
			sync_send(c->sync[1], SYNC_PID, &pid, sizeof pid, -1);
			_exit(0);
		}
		error_errno(&err, "clone the container's init");
		clone_explain(NULL, args.flags, &err);
	}
	sync_send_error(c->sync[1], &err);
	_exit(1);
}

static int clone_by_joiner(struct setup *c, bool *in_cgroup, struct error *err)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct sync_message message;
	pid_t joiner;
	int result;

	args.flags |= into_cgroup(c, &args);
	*in_cgroup = c->state.cgroup.fd >= 0;
	joiner = sys_clone3(&args);
	if (joiner < 0)
		return error_errno(err, "clone the process that joins namespaces"),
		       clone_explain(&c->state.cgroup, 0, err);
	if (joiner == 0)
		run_joiner(c);
	fd_close(&c->sync[1]); /* otherwise hull wouldn't notice that the joiner was killed */
	result = sync_expect(c->sync[0], SYNC_PID, &message, SYNC_INIT, err);
	waitpid(joiner, NULL, 0);
	if (result < 0) {
		c->killed_at_birth = cgroup_kills_newborns(c->state.cgroup.fd);
		return -1;
	}
	c->pid = *(int32_t *)(void *)message.payload;
	c->pidfd = process_open_child(c->pid, err);
	return c->pidfd < 0 ? -1 : 0;
}

/* What setns(2) into a mount namespace changes, to be restored by leave_tiny(). */
struct whereabouts {
	int mntns, root, cwd;
};

/*
 * Enters the tiny mount namespace for the clone, so that the init copies that one instead of the
 * host's mounts.
 */
static int enter_tiny(const struct setup *c, struct whereabouts *back, struct error *err)
{
	back->mntns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	back->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	back->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (back->mntns < 0 || back->root < 0 || setns(c->mntns, CLONE_NEWNS) < 0)
		return error_errno(err, "enter the small mount namespace");
	return 0;
}

static int leave_tiny(struct whereabouts *back, struct error *err)
{
	if (setns(back->mntns, CLONE_NEWNS) < 0 || fchdir(back->root) < 0 || chroot(".") < 0 ||
		(back->cwd >= 0 && fchdir(back->cwd) < 0))
		return error_errno(err, "return to the host's mount namespace");
	return 0;
}

static int clone_directly(struct setup *c, bool *in_cgroup, struct error *err)
{
	struct clone_args args = { .flags = init_flags(c) | CLONE_PIDFD,
		.pidfd = (uintptr_t)&c->pidfd,
		.exit_signal = SIGCHLD };
	struct whereabouts back = { -1, -1, -1 };
	int result = 0;

	args.flags |= into_cgroup(c, &args);
	*in_cgroup = args.flags & CLONE_INTO_CGROUP;
	if (c->mntns >= 0)
		result = enter_tiny(c, &back, err);
	if (result == 0) {
		c->pid = sys_clone3(&args);
		if (c->pid == 0) {
			caller_forget();
			init_main(c);
		}
		if (c->pid < 0)
			result = error_errno(err, "clone the container's init");
		if (c->mntns >= 0 && leave_tiny(&back, result == 0 ? err : NULL) < 0)
			result = -1;
		if (c->pid < 0)
			clone_explain(&c->state.cgroup, args.flags, err);
	}
	fd_close(&back.mntns);
	fd_close(&back.root);
	fd_close(&back.cwd);
	return result;
}

static int clone_init(struct setup *c, bool *in_cgroup, struct error *err)
{
	return needs_joiner(c) ? clone_by_joiner(c, in_cgroup, err)
			       : clone_directly(c, in_cgroup, err);
}

int setup_clone_init(struct setup *c, struct error *err)
{
	bool in_cgroup = false;

	if (c->new_namespaces & CLONE_NEWNS && c->privileged && !c->rootless &&
		!setup_has_hooks_before_pivot(c) && !mounts_take_host_paths(&c->mounts) &&
		!c->options->no_pivot)
		c->mntns = mntns_open();
	if (sync_pair(c->sync, err) < 0 || clone_init(c, &in_cgroup, err) < 0)
		return -1;
	fd_close(&c->sync[1]);
	c->state.pid = c->pid;
	setup_note_user_namespace(c);
	if (cgroup_enter(&c->state.cgroup, c->pid, in_cgroup, err) < 0)
		return -1;
	return process_start_time(c->pid, &c->state.pid_start_time, NULL) < 0
		? error_set(err, 0, "the container's init ended at once")
		: 0;
}

void setup_kill_init(struct setup *c)
{
	int status = 0;

	if (c->pidfd >= 0) {
		pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!c->enters_cgroup && WIFSIGNALED(status))
			c->killed_at_birth = cgroup_kills_newborns(c->state.cgroup.fd);
	}
	fd_close(&c->pidfd);
	fd_close(&c->sync[0]);
	fd_close(&c->sync[1]);
	c->owes_poststop = !c->killed_at_birth && c->state.poststop && c->ran_hooks;
}
