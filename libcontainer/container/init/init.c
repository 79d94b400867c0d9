/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's side of `create`, from the clone to the exec of the container's process, as one
 * table of steps. It runs as a copy of the host side, without a log of its own. An error is sent to
 * the host side and ends the init.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/parcel.h"
#include "container/create/setup.h"
#include "container/create/trees.h"
#include "container/exec/enter.h"
#include "container/hooks.h"
#include "container/init/mounts.h"
#include "container/init/payload.h"
#include "container/wire/sync.h"
#include "linux/namespaces/namespaces.h"
#include "linux/namespaces/refusals.h"
#include "linux/namespaces/sysctl.h"
#include "linux/namespaces/time_offsets.h"
#include "linux/net/netdev.h"
#include "linux/process/keyring.h"
#include "linux/process/terminal.h"

static int await(struct setup *c, enum sync_type type, struct error *err)
{
	return sync_await(c->sync[1], type, SYNC_HOST_SIDE, err);
}

static int tell(struct setup *c, enum sync_type type, int fd, struct error *err)
{
	return sync_send(c->sync[1], type, NULL, 0, fd) < 0
		? error_errno(err, "send to the host side")
		: 0;
}

/* ---- namespaces ---- */

static int await_mapping(struct setup *c, struct error *err)
{
	fd_close(&c->sync[0]);
	c->caller_umask = umask(0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(err, "ask for a death signal");
	return await(c, SYNC_MAPPED, err);
}

/*
 * The clock offsets can be written, by a process that may open the file, until a process enters the
 * namespace. So write them before this process hides or changes its IDs.
 */
static int make_time_namespace(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;

	if (!(c->new_namespaces & CLONE_NEWTIME))
		return 0;
	if (unshare(CLONE_NEWTIME) < 0)
		return error_errno(err, "make the container's time namespace");
	return time_offsets_write(linux->time_offsets.v, linux->time_offsets.n, err);
}

/*
 * For unprivileged callers. They couldn't write the maps of a process that they may not trace, so
 * it hides only now. A process of root is non-dumpable from birth (CVE-2016-9962).
 */
static int hide(struct setup *c, struct error *err)
{
	(void)c;
	return process_hide(err);
}

static int open_trees(struct setup *c, struct error *err)
{
	return c->trees_inside ? trees_make_inside(c, err) : 0;
}

static int become_root(struct setup *c, struct error *err)
{
	return c->new_userns || c->joined_userns ? entrance_become_root(err) : 0;
}

/* Creates NET and IPC only after the IDs are mapped: otherwise 65534 would own their files. */
static int unshare_namespaces(struct setup *c, struct error *err)
{
	unsigned long long flags =
		c->new_namespaces & ~(unsigned long long)(CLONE_NEWPID | CLONE_NEWTIME);

	if (c->trees_inside)
		flags &= ~(unsigned long long)CLONE_NEWNS;
	if (c->state.cgroup.entries != NULL)
		flags &= ~(unsigned long long)CLONE_NEWCGROUP;
	if (flags != 0 && unshare((int)flags) < 0)
		return error_errno(err, "make the container's namespaces"),
		       namespaces_explain(flags, err);
	for (size_t i = 0; i < c->njoins; i++) {
		const struct join *join = &c->joins[i];

		if (!join->outer && join->type != NAMESPACE_USER && join->type != NAMESPACE_PID &&
			namespace_join(join->fd, join->type, err) < 0)
			return -1;
	}
	if (c->new_namespaces & CLONE_NEWNET && netdev_loopback_up(err) < 0)
		return -1;
	return c->waits_for_namespaces ? tell(c, SYNC_NAMESPACES, -1, err) : 0;
}

/*
 * For cgroup v1; on v2 the process was born in its cgroup. Must follow unshare(): a network
 * namespace takes 80 kB of kernel memory, which would count against the container's limit. Must
 * precede the creation of the cgroup namespace, whose root is the current cgroup.
 */
static int enter_cgroup(struct setup *c, struct error *err)
{
	if (c->state.cgroup.entries == NULL)
		return 0;
	if (cgroup_enter_self(&c->state.cgroup, err) < 0)
		return -1;
	if (c->new_namespaces & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP) < 0)
		return error_errno(err, "make the container's cgroup namespace");
	return 0;
}

/* unshare(CLONE_NEWTIME) affects only children, so join the namespace with setns(). */
static int enter_time_namespace(struct error *err)
{
	cleanup_fd int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return error_errno(err, "enter the new time namespace");
	return 0;
}

static int await_prepared(struct setup *c, struct error *err)
{
	struct sync_message message;
	int type;

	do {
		type = sync_receive(c->sync[1], &message, SYNC_HOST_SIDE, err);
		if (type != SYNC_TREES && type != SYNC_PREPARED)
			return type < 0 ? -1
					: error_set(err, 0, "the host side ended unexpectedly");
		if (parcel_receive(c, &message, err) < 0)
			return -1;
	} while (type != SYNC_PREPARED);
	return c->new_namespaces & CLONE_NEWTIME ? enter_time_namespace(err) : 0;
}

static int set_names(struct setup *c, struct error *err)
{
	const char *hostname = c->config.hostname, *domainname = c->config.domainname;

	if (hostname != NULL && hostname[0] != '\0' && sethostname(hostname, strlen(hostname)) < 0)
		return error_errno(err, "/hostname: set it to %s", hostname);
	if (domainname != NULL && domainname[0] != '\0' &&
		setdomainname(domainname, strlen(domainname)) < 0)
		return error_errno(err, "/domainname: set it to %s", domainname);
	return 0;
}

/* ---- before the root filesystem is entered ---- */

static int open_terminal(struct setup *c, struct error *err)
{
	const struct oci_process *process = c->config.process;
	cleanup_fd int devpts = -1, console = -1, master = -1;

	if (process == NULL || !process->terminal)
		return 0;
	devpts = terminal_devpts(c->rootfs_tree, err);
	if (devpts < 0)
		return -1;
	master = terminal_open(devpts, process->console_size, process->user.uid, &c->console, err);
	if (master < 0)
		return -1;
	if (setup_has_mounts(c)) {
		console = path_make_file(c->rootfs_tree, "/dev/console", 0620, err);
		if (console < 0 || terminal_bind_console(c->console, console, err) < 0)
			return error_prefix(err, "/process/terminal");
	}
	return tell(c, SYNC_CONSOLE, master, err);
}

static int ask_for_hooks(struct setup *c, struct error *err)
{
	if (!setup_has_hooks_before_pivot(c))
		return 0;
	return tell(c, SYNC_HOOKS, -1, err) < 0 ? -1 : await(c, SYNC_GO, err);
}

/* env: for hooks without env. */
static int run_hooks(struct setup *c, const oci_hook_list *hooks, const char *name,
	const struct hook_place *place, char **env, struct error *err)
{
	enum container_status status =
		place->become != NULL ? CONTAINER_CREATED : CONTAINER_CREATING;
	cleanup_buf struct buf state = { 0 };
	int result;

	environ = env;
	umask(c->caller_umask);
	state_spec_json(&state, &c->state, status, getpid());
	result = hooks_run(hooks, name, &state, place, err);
	umask(0);
	return result;
}

/*
 * Runs createContainer hooks, which are programs of the host. Their working directory is the
 * mounted rootfs, because its path leads to a different place on the host.
 */
static int run_create_container_hooks(struct setup *c, struct error *err)
{
	const struct oci_hooks *hooks = c->config.hooks;
	struct hook_place place = c->hook_place;
	cleanup_fd int rootfs = -1;

	if (hooks == NULL || hooks->create_container.n == 0)
		return 0;
	place.directory = c->rootfs_tree;
	if (!setup_has_mounts(c)) {
		rootfs = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
		place.directory = rootfs;
	}
	return run_hooks(c, &hooks->create_container, "createContainer", &place, NULL, err);
}

/*
 * Writes through the host's procfs, which the image can't have replaced. net.* and IPC sysctls
 * apply to the writer's namespaces. Labels come after the createContainer hooks, because they must
 * apply only to the image's programs. Closes the procfs.
 */
static int use_host_proc(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;
	cleanup_fd int proc = -1, own = -1;

	if (linux->sysctl.n == 0 && !payload_has_labels(c->config.process))
		return 0;
	proc = c->host_proc >= 0 ? fd_take(&c->host_proc)
				 : open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return error_errno(err, "open /proc");
	/* not masked yet; and it is a real procfs, not a file of the image */
	if (linux->sysctl.n > 0 && setup_has_mounts(c))
		own = mounts_open_path(&c->mounts, c->rootfs_tree, "/proc", NULL);
	if (sysctl_apply(proc, own, &linux->sysctl, &c->gid_mappings, err) < 0)
		return -1;
	return payload_set_labels(proc, c->config.process, !c->options->no_new_keyring, err);
}

static int join_keyring(struct setup *c, struct error *err)
{
	return c->options->no_new_keyring ? 0 : keyring_join(c->options->id, err);
}

/* ---- the process ---- */

static int start_session(struct setup *c, struct error *err)
{
	if (setsid() < 0)
		return error_errno(err, "start a session");
	return c->console >= 0 ? terminal_take(c->console, err) : 0;
}

/*
 * Closes all inherited descriptors except stdio, LISTEN_FDS, --preserve-fds, and the sockets and
 * outputs that are still needed. From now on hull resolves paths that the container controls, and
 * /proc/self/fd/N/... must not lead to the host (CVE-2024-21626).
 */
static int let_go(struct setup *c, struct error *err)
{
	const struct oci_hooks *hooks = c->config.hooks;
	bool used = hooks != NULL && hooks->start_container.n > 0;
	const int needed[] = { c->start_socket, c->sync[1], used ? c->hook_place.out : -1,
		used ? c->hook_place.err : -1, c->trace.fd };

	c->root_fd = c->state_fd = c->bundle_fd = c->hook_place.directory = c->mntns =
		c->rootfs_tree = c->null_tree = c->console = -1;
	if (fd_close_others(3 + (int)(c->options->listen_fds + c->options->preserve_fds), needed,
		    ARRAY_SIZE(needed)) < 0)
		return error_errno(err, "close the host's file descriptors");
	fd_limit_restore();
	return 0;
}

static int prepare_payload(struct setup *c, struct error *err)
{
	if (c->config.process == NULL)
		return 0;
	c->payload.keep_groups = payload_keeps_groups(&c->config);
	c->payload.listen_fds = c->options->listen_fds;
	return payload_prepare(
		&c->payload, c->config.process, c->config.linux, &c->arena, c->caller_umask, err);
}

/* ---- waiting for start ---- */

/*
 * True if the waiting process may be dumpable: exec by an unprivileged caller must be able to trace
 * it. That is safe, because nobody else has privileges over its user namespace, and nothing of the
 * host is open.
 */
static bool may_be_seen(const struct setup *c)
{
	return !c->privileged && c->new_userns && c->start_socket >= 0;
}

/*
 * After the message is sent, the host side may exit. If it has exited before, nobody wants this
 * container.
 */
static int get_ready(struct setup *c, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return error_errno(err, "give up the death signal");
	if (may_be_seen(c) && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_errno(err, "become dumpable");
	return tell(c, SYNC_READY, -1, err);
}

/*
 * The first process of a PID namespace ignores signals from outside that it doesn't handle. A
 * created container must still die of them, so exit explicitly.
 */
static void die_of(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) == sizeof info)
		_exit(128 + (int)info.ssi_signo);
}

static int open_signals(struct error *err)
{
	static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT, SIGTSTP, SIGTTIN,
		SIGTTOU, SIGPIPE };
	sigset_t ending;
	int fd;

	sigfillset(&ending);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigdelset(&ending, ignored[i]);
	sigprocmask(SIG_SETMASK, &ending, NULL);
	fd = signalfd(-1, &ending, SFD_CLOEXEC);
	return fd < 0 ? error_errno(err, "wait for signals") : fd;
}

/* From here on errors go to `start`: its connection replaces the sync socket. */
static int accept_start(struct setup *c, struct error *err)
{
	cleanup_fd int signals = open_signals(err);
	struct pollfd fds[] = { { c->start_socket, POLLIN, 0 }, { signals, POLLIN, 0 } };

	if (signals < 0)
		return -1;
	fd_close(&c->sync[1]);
	while (c->sync[1] < 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_errno(err, "wait for start");
		if (fds[1].revents != 0)
			die_of(signals);
		/* RLIMIT_NOFILE may be too low for another descriptor */
		if (fds[0].revents != 0 &&
			(c->sync[1] = accept4(c->start_socket, NULL, NULL, SOCK_CLOEXEC)) < 0 &&
			errno != EINTR)
			return error_errno(err, "accept the connection of start");
	}
	if (process_hide(err) < 0)
		return -1;
	fd_close(&c->start_socket);
	log_to_sink(sync_log_sink, (void *)(intptr_t)c->sync[1]);
	return 0;
}

static int await_start(struct setup *c, struct error *err)
{
	if (c->start_socket >= 0 && accept_start(c, err) < 0)
		return -1;
	return sync_await(c->sync[1], SYNC_GO, SYNC_HOST_SIDE, err);
}

static struct payload_seccomp seccomp_of(const struct setup *c)
{
	return (struct payload_seccomp){
		.program = (const struct sock_filter *)(const void *)c->seccomp.data,
		.n = c->seccomp.len / sizeof(struct sock_filter),
		.flags = c->seccomp_flags,
	};
}

/* startContainer hooks are programs of the image: give them only the process's privileges. */
static int become_process(void *context, struct error *err)
{
	struct setup *c = context;
	const struct payload_seccomp seccomp = seccomp_of(c);

	return payload_become(&c->payload, &seccomp, err) < 0
		? -1
		: payload_confine(&c->payload, &seccomp, c->sync[1], err);
}

static int run_start_container_hooks(struct setup *c, struct error *err)
{
	const struct oci_hooks *hooks = c->config.hooks;
	struct hook_place place = c->hook_place;

	if (hooks == NULL || hooks->start_container.n == 0)
		return 0;
	place.become = become_process;
	place.context = c;
	place.needed = c->sync[1];
	if (run_hooks(c, &hooks->start_container, "startContainer", &place, c->payload.env, err) <
		0) {
		tell(c, SYNC_HOOK_FAILED, -1, NULL);
		return -1;
	}
	hook_place_close(&c->hook_place);
	return 0;
}

static int exec_payload(struct setup *c, struct error *err)
{
	const struct payload_seccomp seccomp = seccomp_of(c);

	return payload_exec(&c->payload, &seccomp, c->sync[1],
		c->options->listen_fds + c->options->preserve_fds, err);
}

static const struct setup_step steps[] = {
	{ "wait until the ids are mapped", await_mapping },
	{ "make the time namespace", make_time_namespace },
	{ "become non-dumpable", hide },
	{ "open what the host side may not", open_trees },
	{ "become root", become_root },
	{ "make and join namespaces", unshare_namespaces },
	{ "enter the cgroup", enter_cgroup },
	{ "wait until the trees are ID-mapped", await_prepared },
	{ "set the host name", set_names },
	{ "attach the root filesystem", init_attach_rootfs, .undo = init_take_back_rootfs },
	{ "attach mounts", init_attach_mounts },
	{ "make devices", init_make_devices },
	{ "open the terminal", open_terminal },
	{ "hooks: prestart, createRuntime", ask_for_hooks },
	{ "hooks: createContainer", run_create_container_hooks },
	{ "sysctls and security labels", use_host_proc },
	{ "join a session keyring", join_keyring },
	{ "masked and read-only paths", init_mask_paths },
	{ "make the root filesystem read-only", init_make_readonly },
	{ "enter the root filesystem, lock the mounts", init_enter_rootfs },
	{ "set the propagation of mounts", init_set_propagation },
	{ "start a session", start_session },
	{ "let go of the host", let_go, .last_traced = true },
	{ "prepare the process", prepare_payload },
	{ "get ready", get_ready },
	{ "wait for start", await_start },
	{ "hooks: startContainer", run_start_container_hooks },
	{ "execute the process", exec_payload },
};

void init_main(struct setup *c)
{
	static struct error err;

	c->trace = (struct trace){ c->rt->trace_fd, TRACE_INSIDE, NULL };
	log_to_sink(sync_log_sink, (void *)(intptr_t)c->sync[1]);
	if (setup_run_steps(c, steps, ARRAY_SIZE(steps), &err) < 0)
		sync_send_error(c->sync[1], &err);
	_exit(1);
}
