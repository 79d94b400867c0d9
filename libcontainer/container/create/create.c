/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host side of `create`: one table of steps, each with its undo. The order of the table is the
 * order of events. If a step fails, all earlier ones are undone in reverse order. Short steps are
 * here, longer ones in files of their own in this directory.
 */
#include "container/create/create.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "container/create/bundle.h"
#include "container/create/cgroup.h"
#include "container/create/claim.h"
#include "container/create/clone.h"
#include "container/create/dialogue.h"
#include "container/create/handover.h"
#include "container/create/ids.h"
#include "container/create/namespaces.h"
#include "container/create/self.h"
#include "container/create/trees.h"
#include "container/exec/priorities.h"
#include "container/run/attend.h"
#include "linux/ids/user.h"
#include "linux/ids/userns.h"
#include "linux/intel_rdt.h"
#include "linux/mount/explain.h"
#include "linux/net/netdev.h"
#include "linux/process/cpu_affinity.h"
#include "linux/process/terminal.h"
#include "linux/seccomp/seccomp_cache.h"

/*
 * From here on, signals don't interrupt: something might be left behind. Until then they end hull,
 * which may be waiting for the configuration.
 */
static int begin_to_attend(struct setup *c, struct error *err)
{
	(void)c;
	(void)err;
	attend_begin();
	return 0;
}

/* --userns=auto has claimed the ID already, and would claim it again. */
static int protect_by_copy(struct setup *c, struct error *err)
{
	if (self_is_protected())
		return 0;
	setup_unclaim(c);
	c->claimed = false;
	attend_end();
	return self_begin_again(c->rt->argv, err);
}

/*
 * Protects hull's binary from a container that could write to it: one whose root owns the binary
 * (no user namespace, or one that maps the owner), or one whose processes are visible in a PID
 * namespace that it shares with such processes. exec uses the decision stored here: later the first
 * process may be in another user namespace, with a different mapping.
 */
static int protect_binary(struct setup *c, struct error *err)
{
	int64_t writer = self_only_writer();

	if (writer < 0 || !(c->new_userns || c->joined_userns) || !setup_owns(c, NAMESPACE_PID) ||
		id_mappings_to_container(&c->uid_mappings, (uint32_t)writer) >= 0)
		return protect_by_copy(c, err);
	c->state.kept_out = (struct opt_uint32){ true, (uint32_t)writer };
	return 0;
}

/*
 * Each mount, device and layer needs a descriptor until it is attached; the usual soft limit is
 * 1024.
 */
enum { MANY_DESCRIPTORS = 128 };

int setup_plan_trees(struct setup *c, struct error *err)
{
	if (c->config.mounts.n + c->config.linux->devices.n > MANY_DESCRIPTORS ||
		config_annotation(&c->config, "io.hull.rootfs.layers") != NULL)
		fd_limit_raise();
	return trees_plan(c, err);
}

void setup_close_trees(struct setup *c)
{
	struct error err;

	trees_close(c);
	if (rootfs_detach(c->rootfs, c->state.rootfs_mount, &err) < 0)
		log_warning("%s", err.text);
}

int setup_compile_seccomp(struct setup *c, struct error *err)
{
	if (!payload_has_seccomp(&c->config) || c->config.process == NULL)
		return 0;
	if (c->seccomp.len == 0) {
		if (payload_compile_seccomp(&c->config, &c->seccomp, &c->seccomp_flags, err) < 0)
			return -1;
		if (payload_seccomp_is_profile(&c->config))
			seccomp_cache_keep(&c->config_text, c->config.linux->seccomp, &c->seccomp,
				c->seccomp_flags);
	}
	c->state.seccomp_flags = c->seccomp_flags;
	return file_make(c->state_fd, "seccomp.bpf", c->seccomp.data, c->seccomp.len, 0600, err);
}

/* `run` starts the container over the socket pair and needs no start.sock. */
static int listen_for_start(struct setup *c, struct error *err)
{
	if (c->runs)
		return 0;
	c->start_socket = unix_listen(c->state_fd, "start.sock", SOCK_SEQPACKET, err);
	return c->start_socket < 0 ? -1 : 0;
}

int setup_set_intel_rdt(struct setup *c, struct error *err)
{
	const struct oci_intel_rdt *rdt = c->config.linux->intel_rdt;
	const char **made = &c->state.intel_rdt;

	if (rdt == NULL)
		return 0;
	if (intel_rdt_plan(rdt, c->options->id, &c->arena, made, err) == 0 &&
		(*made == NULL || state_write(c->state_fd, &c->state, err) == 0) &&
		intel_rdt_create(rdt, c->options->id, c->pid, err) == 0)
		return 0;
	*made = NULL; /* a group of that name may be somebody else's */
	return -1;
}

void setup_unset_intel_rdt(struct setup *c)
{
	struct error err;

	if (c->state.intel_rdt != NULL && intel_rdt_remove(c->state.intel_rdt, &err) < 0)
		log_warning("%s", err.text);
}

int setup_make_trees(struct setup *c, struct error *err)
{
	if (!c->trees_inside && trees_make(c, err) < 0)
		return -1;
	if (!c->mounts_on_host)
		return 0;
	return rootfs_mount_id(c->rootfs_tree, &c->state.rootfs_mount, err) < 0
		? -1
		: state_write(c->state_fd, &c->state, err);
}

static int apply_priorities(struct setup *c, struct error *err)
{
	const struct oci_process *process = c->config.process;

	if (cpu_affinity_reset(c->pid, err) < 0)
		return -1;
	return process == NULL ? 0 : priorities_apply(c->pid, process, err);
}

int setup_own_pipes(struct setup *c, struct error *err)
{
	const struct oci_process *process = c->config.process;
	bool mapped = c->new_userns || c->joined_userns;

	(void)err;
	if (process != NULL &&
		(!mapped || id_mappings_to_host(&c->uid_mappings, process->user.uid) >= 0))
		user_own_pipes(mapped
				? (uid_t)id_mappings_to_host(&c->uid_mappings, process->user.uid)
				: process->user.uid);
	return 0;
}

int setup_send_console(struct setup *c, struct error *err)
{
	return terminal_send(c->options->console_socket, c->console, err);
}

int setup_send_pidfd(struct setup *c, struct error *err)
{
	const char *socket = c->options->pidfd_socket;

	if (socket == NULL)
		socket = config_annotation(&c->config, "run.oci.pidfd_receiver");
	return socket == NULL ? 0 : handover_send_pidfd(socket, c->pidfd, err);
}

int setup_write_pid_file(struct setup *c, struct error *err)
{
	return c->options->pid_file == NULL
		? 0
		: handover_write_pid_file(c->options->pid_file, c->pid, err);
}

void setup_remove_pid_file(struct setup *c)
{
	if (c->options->pid_file != NULL)
		handover_remove_pid_file(c->options->pid_file);
}

int setup_run(struct setup *c, const struct setup_step *steps, size_t n, const struct runtime *rt,
	const struct create_options *options, struct error *err)
{
	c->rt = rt;
	c->options = options;
	c->trace = (struct trace){ rt->trace_fd, TRACE_HOST, "step" };
	if (setup_run_steps(c, steps, n, err) < 0)
		return err->code == ECONNRESET ? config_memory_hint(&c->config, err) : -1;
	trees_close(c);
	setup_close_namespaces(c);
	netdev_forget(&c->net_moves);
	fd_close(&c->start_socket);
	return 0;
}

void setup_free(struct setup *c)
{
	if (c->config.hooks != NULL)
		hook_place_close(&c->hook_place);
	fd_close(&c->bundle_fd);
	fd_close(&c->root_fd);
	fd_close(&c->state_fd);
	fd_close(&c->pidfd);
	fd_close(&c->console);
	fd_close(&c->sync[0]);
	state_free(&c->state);
	buf_free(&c->config_text);
	buf_free(&c->seccomp);
	config_free(&c->config);
	arena_free(&c->arena);
}

static const struct setup_step steps[] = {
	{ "read the configuration", setup_read },
	{ "attend to signals", begin_to_attend },
	{ "complete the configuration", setup_complete, .undo = setup_unclaim },
	{ "open namespaces", setup_open_namespaces, .undo = setup_close_namespaces },
	{ "protect the binary", protect_binary },
	{ "claim the id", setup_claim },
	{ "make the cgroup", setup_make_cgroup, .undo = setup_remove_cgroup },
	{ "plan mounts and devices", setup_plan_trees, .undo = setup_close_trees },
	{ "compile the seccomp filter", setup_compile_seccomp },
	{ "listen for start", listen_for_start },
	{ "wait for the cgroup", setup_await_cgroup },
	{ "plan the mounts of the cgroup", trees_plan_cgroups },
	{ "clone the init", setup_clone_init, .undo = setup_kill_init },
	{ "map the ids", setup_map_ids },
	{ "intel rdt", setup_set_intel_rdt, .undo = setup_unset_intel_rdt },
	{ "open the root filesystem, mounts and devices", setup_make_trees },
	{ "furnish the namespaces", setup_furnish_namespaces, .undo = setup_take_back_devices },
	{ "wait for the init", setup_await_ready },
	{ "delegate a cgroup below", setup_delegate_cgroup },
	{ "priorities and limits", apply_priorities },
	{ "own the pipes", setup_own_pipes },
	{ "send the console", setup_send_console },
	{ "send the pidfd", setup_send_pidfd },
	{ "write the pid file", setup_write_pid_file, .undo = setup_remove_pid_file },
	{ "write the state", setup_write_state },
};

/* Starts again with an init that enters its cgroup in another way. */
static __attribute__((cold, noinline)) void begin_anew(struct setup *c)
{
	bool detached = c->detached, runs = c->runs;

	setup_free(c);
	*c = SETUP(CREATE);
	c->detached = detached;
	c->runs = runs;
	c->enters_cgroup = true;
}

int setup_create(struct setup *c, const struct runtime *rt, const struct create_options *options,
	struct error *err)
{
	int result = setup_run(c, steps, ARRAY_SIZE(steps), rt, options, err);

	if (result < 0 && c->killed_at_birth) {
		begin_anew(c);
		result = setup_run(c, steps, ARRAY_SIZE(steps), rt, options, err);
	}
	return result;
}

int container_create(
	const struct runtime *rt, const struct create_options *options, struct error *err)
{
	struct setup c = SETUP(CREATE);
	int result;

	c.detached = true;
	result = setup_create(&c, rt, options, err);
	setup_free(&c);
	return result;
}
