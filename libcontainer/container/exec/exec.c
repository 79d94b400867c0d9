/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host side of `exec`: starts another process in a running container.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/handover.h"
#include "container/create/self.h"
#include "container/exec/execution.h"
#include "container/exec/priorities.h"
#include "container/run/attend.h"
#include "container/wire/listener.h"
#include "container/wire/sync.h"
#include "linux/ids/user.h"
#include "linux/ids/userns.h"
#include "linux/intel_rdt.h"
#include "linux/process/cpu_affinity.h"
#include "linux/process/lsm.h"
#include "linux/process/terminal.h"

/* ---- the container ---- */

static int open_container(struct execution *x, struct error *err)
{
	if (handover_check_fds(x->options->preserve_fds, err) < 0)
		return -1;
	x->state_fd = state_load_whole(x->rt, x->options->id, &x->state, err);
	if (x->state_fd < 0)
		return -1;
	if (x->state.phase == CONTAINER_CREATING &&
		state_status(&x->state, x->state_fd) == CONTAINER_CREATING)
		return error_set(err, 0, "cannot exec in a container that is being created");
	if (entrance_open(&x->entrance, &x->state, err) < 0)
		return errno == ESRCH ? error_set(err, 0, "cannot exec in a stopped container")
				      : -1;
	if (!x->options->ignore_paused && cgroup_frozen(&x->state.cgroup) == 1)
		return error_set(err, 0,
			"cannot exec in a paused container (use --ignore-paused to override)");
	return 0;
}

static int protect_binary(struct execution *x, struct error *err)
{
	const struct opt_uint32 *kept_out = &x->state.kept_out;

	return kept_out->set && kept_out->value == self_only_writer()
		? 0
		: self_protect(x->rt->argv, err);
}

static int load_config(struct execution *x, struct error *err)
{
	if (state_config_for_exec(x->state_fd, &x->state, &x->config, err) < 0)
		return -1;
	return entrance_open_root(&x->entrance, &x->state, &x->config, err);
}

/* ---- the process ---- */

static void append(struct arena *arena, string_list *list, const string_list *more)
{
	for (size_t i = 0; i < more->n; i++)
		*LIST_ADD(arena, list) = more->v[i];
}

static bool contains(const string_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

/* --cap: inheritable capabilities also become ambient; otherwise only root would get them. */
static void add_capabilities(struct execution *x)
{
	struct oci_capabilities *sets = arena_alloc(&x->arena, sizeof *sets);
	const string_list *added = &x->options->capabilities;

	if (added->n == 0)
		return;
	if (x->process.capabilities != NULL)
		*sets = *x->process.capabilities;
	x->process.capabilities = sets;
	append(&x->arena, &sets->bounding, added);
	append(&x->arena, &sets->effective, added);
	append(&x->arena, &sets->permitted, added);
	for (size_t i = 0; i < added->n; i++)
		if (contains(&sets->inheritable, added->v[i]))
			append(&x->arena, &sets->ambient, &(string_list){ &added->v[i], 1 });
}

static void set_user(struct execution *x)
{
	const struct exec_options *options = x->options;
	struct oci_user *user = &x->process.user;
	size_t n = user->additional_gids.n, added = options->additional_gids.n;
	uint32_t *gids = arena_alloc(&x->arena, (n + added + 1) * sizeof *gids);

	if (options->user.uid.set)
		user->uid = options->user.uid.value;
	if (options->user.gid.set)
		user->gid = options->user.gid.value;
	if (added == 0)
		return;
	if (n > 0)
		memcpy(gids, user->additional_gids.v, n * sizeof *gids);
	memcpy(gids + n, options->additional_gids.v, added * sizeof *gids);
	user->additional_gids.v = gids;
	user->additional_gids.n = n + added;
}

static int check_options(const struct exec_options *options, struct error *err)
{
	if (options->args.n == 0)
		return error_set(err, 0, "process args cannot be empty");
	if (options->cwd != NULL && options->cwd[0] != '/')
		return error_set(err, 0, "--cwd %s: must be an absolute path", options->cwd);
	for (size_t i = 0; i < options->env.n; i++)
		if (strchr(options->env.v[i], '=') == NULL || options->env.v[i][0] == '=')
			return error_set(err, 0, "--env %s: must be NAME=VALUE", options->env.v[i]);
	return 0;
}

/* The configuration's process, modified by the options. */
static int process_of_options(struct execution *x, struct error *err)
{
	const struct exec_options *options = x->options;
	struct oci_process *process = &x->process;

	if (check_options(options, err) < 0)
		return -1;
	if (x->config.process == NULL)
		return error_set(err, 0,
			"the container's configuration has no /process: --process is needed");
	*process = *x->config.process;
	process->args = options->args;
	process->terminal = options->tty;
	process->console_size = NULL;
	append(&x->arena, &process->env, &options->env);
	set_user(x);
	add_capabilities(x);
	if (options->cwd != NULL)
		process->cwd = options->cwd;
	if (options->no_new_privileges.set)
		process->no_new_privileges = options->no_new_privileges.value;
	if (options->apparmor_profile != NULL)
		process->apparmor_profile = options->apparmor_profile;
	if (options->selinux_label != NULL)
		process->selinux_label = options->selinux_label;
	return 0;
}

/* Takes confinement that --process leaves out from the container's process, as runc does. */
static int process_of_file(struct execution *x, struct error *err)
{
	const struct oci_process *own = x->config.process;
	struct oci_process *process = &x->process;
	cleanup_buf struct buf text = { 0 };

	if (file_read(AT_FDCWD, x->options->process, &text, err) < 0 ||
		config_decode_process(
			&x->arena, process, x->options->process, text.data, text.len, err) < 0)
		return -1;
	if (own == NULL)
		return 0;
	if (process->capabilities == NULL)
		process->capabilities = own->capabilities;
	if (process->apparmor_profile == NULL)
		process->apparmor_profile = own->apparmor_profile;
	if (process->selinux_label == NULL)
		process->selinux_label = own->selinux_label;
	if (!process->oom_score_adj.set)
		process->oom_score_adj = own->oom_score_adj;
	return 0;
}

static int describe_process(struct execution *x, struct error *err)
{
	const struct oci_process *process = &x->process;

	if ((x->options->process != NULL ? process_of_file(x, err) : process_of_options(x, err)) <
		0)
		return -1;
	if (handover_check_terminal(
		    process->terminal, x->options->detach, x->options->console_socket, err) < 0)
		return -1;
	return lsm_check(process->apparmor_profile, process->selinux_label, err);
}

/*
 * Loads the program that create compiled. If the configuration has no process, create compiled
 * none.
 */
static int load_seccomp(struct execution *x, struct error *err)
{
	cleanup_config struct oci_config whole = { 0 };

	if (!payload_has_seccomp(&x->config))
		return 0;
	x->seccomp_flags = x->state.seccomp_flags;
	if (file_read(x->state_fd, "seccomp.bpf", &x->seccomp, err) == 0)
		return 0;
	if (errno != ENOENT || state_config(x->state_fd, &whole, err) < 0)
		return -1;
	return payload_compile_seccomp(&whole, &x->seccomp, &x->seccomp_flags, err);
}

/* ---- the joiner ---- */

static int open_cgroup(struct execution *x, struct error *err)
{
	const struct oci_exec_cpu_affinity *affinity = x->process.exec_cpu_affinity;

	if (cgroup_exec_open(&x->state.cgroup, &x->options->cgroups, x->state.pid,
		    x->options->ignore_paused, &x->cgroup, err) < 0)
		return -1;
	return affinity == NULL
		? 0
		: cpu_affinity_set(0, affinity->initial, "/process/execCPUAffinity/initial", err);
}

static pid_t clone_joiner(struct execution *x)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	if (x->cgroup.fd >= 0 && !x->outside) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)x->cgroup.fd;
	}
	return sys_clone3(&args);
}

/*
 * A container that can write to its cgroup may have enabled controllers for cgroups below it; then
 * the cgroup can't contain processes. Uses the cgroup of the container's first process instead.
 */
static int use_cgroup_of_init(struct execution *x, struct error *err)
{
	cgroup_exec_close(&x->cgroup);
	x->state.cgroup.delegated = true;
	return cgroup_exec_open(&x->state.cgroup, &x->options->cgroups, x->state.pid,
		x->options->ignore_paused, &x->cgroup, err);
}

static int start_joiner(struct execution *x, struct error *err)
{
	if (sync_pair(x->sync, err) < 0)
		return -1;
	x->joiner = clone_joiner(x);
	if (x->joiner < 0 && errno == EBUSY && !x->state.cgroup.delegated) {
		if (use_cgroup_of_init(x, err) < 0)
			return -1;
		x->joiner = clone_joiner(x);
	}
	if (x->joiner < 0 && (errno == EACCES || errno == EPERM) && x->state.rootless) {
		log_warning("the process stays outside of the container's cgroup: %s",
			error_words(errno));
		cgroup_exec_close(&x->cgroup);
		x->joiner = clone_joiner(x);
	}
	if (x->joiner == 0)
		execution_join(x);
	if (x->joiner < 0)
		return error_errno(err, "start a process in the container's cgroup");
	fd_close(&x->sync[1]);
	return 0;
}

static int take_console(struct execution *x, int console, struct error *err)
{
	x->console = console;
	return x->options->detach
		? 0
		: terminal_in_foreground(console, x->process.console_size != NULL, err);
}

/*
 * Returns the host ID of the process's user, according to the configuration: the first process's
 * mapping is under the container's control. -1 if the user isn't mapped.
 */
static int64_t owner_of_process(const struct execution *x)
{
	const oci_id_mappings *map = &x->config.linux->uid_mappings;
	uint32_t uid = x->process.user.uid;

	if (config_namespace(&x->config, NAMESPACE_USER) == NULL)
		return uid;
	return id_mappings_to_host(map, uid);
}

/* While the process waits, applies everything that only the host side can set. */
static int equip(struct execution *x, pid_t pid, struct error *err)
{
	const struct oci_exec_cpu_affinity *affinity = x->process.exec_cpu_affinity;
	const struct oci_intel_rdt *rdt = x->config.linux->intel_rdt, by_update = { 0 };
	int64_t owner = owner_of_process(x);

	x->pidfd = process_open_child(pid, err);
	if (x->pidfd < 0)
		return -1;
	x->pid = pid;
	if (x->outside && cgroup_exec_enter(&x->cgroup, pid, err) < 0)
		return -1;
	if (rdt == NULL && x->state.intel_rdt != NULL)
		rdt = &by_update;
	if (rdt != NULL && intel_rdt_enter(rdt, x->options->id, pid, err) < 0)
		return -1;
	if ((affinity != NULL ? cpu_affinity_set(
					pid, affinity->final, "/process/execCPUAffinity/final", err)
			      : cpu_affinity_reset(pid, err)) < 0)
		return -1;
	if (owner >= 0)
		user_own_pipes((uid_t)owner);
	if (priorities_apply(pid, &x->process, err) < 0 ||
		terminal_send(x->options->console_socket, x->console, err) < 0)
		return -1;
	return sync_tell(x->sync[0], SYNC_GO, SYNC_PROCESS, err);
}

/* Handles messages until the process is executed, which closes the socket. */
static int follow(struct execution *x, struct error *err)
{
	/* not on the stack: the clone would have to copy another page */
	cleanup_free struct sync_message *message = mem_realloc(NULL, sizeof *message);
	bool executing = false;
	int32_t number;

	for (;;) {
		int type = sync_receive(x->sync[0], message, SYNC_PROCESS, err);

		memcpy(&number, message->payload, sizeof number);
		switch (type) {
		case 0:
			if (executing)
				return 0;
			error_set(err, 0, "the process ended before it could be executed");
			return state_memory_hint(x->state_fd, err);
		case SYNC_CONSOLE:
			if (take_console(x, message->fd, err) < 0)
				return -1;
			break;
		case SYNC_PID:
			if (equip(x, number, err) < 0)
				return -1;
			break;
		case SYNC_SECCOMP:
			if (listener_forward(x->config.linux->seccomp, &x->state, x->pid,
				    message->fd, x->sync[0], err) < 0)
				return -1;
			break;
		case SYNC_EXEC: executing = true; break;
		default:
			return type < 0
				? -1
				: error_set(err, 0, "the process said %d while starting", type);
		}
	}
}

/* Kills processes that couldn't be started: they may be waiting or frozen. */
static void give_up(struct execution *x)
{
	fd_close(&x->sync[0]);
	if (x->pid > 0 && x->pid != x->joiner && x->pidfd >= 0) {
		pidfd_send_signal(x->pidfd, SIGKILL, NULL, 0);
		process_wait(x->pid);
	}
	if (x->joiner > 0) {
		kill(x->joiner, SIGKILL);
		process_wait(x->joiner);
	}
	fd_close(&x->pidfd);
	fd_close(&x->console);
	x->joiner = x->pid = 0;
}

static int start(struct execution *x, struct error *err)
{
	return start_joiner(x, err) < 0 ? -1 : follow(x, err);
}

/* True if a pids limit has room for one process, but not for the joiner. */
static bool joiner_has_no_place(const struct execution *x, const struct error *err)
{
	return !x->outside && x->joiner > 0 && x->pid == 0 && err != NULL &&
		(err->code == EAGAIN || cgroup_kills_newborns(x->cgroup.fd));
}

/* Starts the joiner, in the cgroup if the limits allow it. */
static int start_process(struct execution *x, struct error *err)
{
	int result = start(x, err);

	if (result < 0 && joiner_has_no_place(x, err)) {
		give_up(x);
		x->outside = true;
		result = start(x, err);
	}
	if (result == 0) {
		if (x->pid != x->joiner)
			process_wait(x->joiner);
		return 0;
	}
	give_up(x);
	return error_prefix(err, "unable to start container process");
}

/* ---- handing over ---- */

static int hand_over(struct execution *x, struct error *err)
{
	const struct exec_options *options = x->options;

	if (options->pidfd_socket != NULL &&
		handover_send_pidfd(options->pidfd_socket, x->pidfd, err) < 0)
		return -1;
	return options->pid_file == NULL ? 0
					 : handover_write_pid_file(options->pid_file, x->pid, err);
}

static int stay(struct execution *x, int *exit_status, struct error *err)
{
	if (x->options->detach)
		return 0;
	*exit_status = attend(x->pid, x->pidfd, x->console, x->process.console_size != NULL, err);
	return *exit_status < 0 ? -1 : 0;
}

static void free_execution(struct execution *x)
{
	fd_close(&x->state_fd);
	fd_close(&x->pidfd);
	fd_close(&x->console);
	fd_close(&x->sync[0]);
	entrance_close(&x->entrance);
	cgroup_exec_close(&x->cgroup);
	buf_free(&x->seccomp);
	config_free(&x->config);
	state_free(&x->state);
	arena_free(&x->arena);
}

static int begin_to_attend(struct execution *x, struct error *err)
{
	(void)err;
	if (!x->options->detach)
		attend_begin();
	return 0;
}

static const struct execution_step steps[] = {
	{ "open the container", open_container },
	{ "protect the binary", protect_binary },
	{ "load the configuration", load_config },
	{ "describe the process", describe_process },
	{ "load the seccomp filter", load_seccomp },
	{ "open the cgroup", open_cgroup },
	{ "attend to signals", begin_to_attend },
	{ "start the process", start_process },
};

static int execute(struct execution *x, int *exit_status, struct error *err)
{
	if (execution_run_steps(x, steps, ARRAY_SIZE(steps), err) < 0)
		return -1;
	if (hand_over(x, err) == 0 && stay(x, exit_status, err) == 0)
		return 0;
	pidfd_send_signal(x->pidfd, SIGKILL, NULL, 0);
	process_wait(x->pid);
	return -1;
}

int container_exec(const struct runtime *rt, const struct exec_options *options, int *exit_status,
	struct error *err)
{
	struct execution x = {
		.rt = rt,
		.options = options,
		.trace = { rt->trace_fd, TRACE_HOST, "step" },
		.state_fd = -1,
		.entrance = { .pidfd = -1, .root = -1 },
		.cgroup = { .fd = -1 },
		.sync = { -1, -1 },
		.pidfd = -1,
		.console = -1,
	};
	int result;

	*exit_status = 0;
	x.state.cgroup.fd = -1;
	result = execute(&x, exit_status, err);
	free_execution(&x);
	return result;
}
