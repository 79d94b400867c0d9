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
#include "linux/process/cpu_affinity.h"
#include "linux/process/terminal.h"
#include "linux/seccomp/seccomp_cache.h"

/*
 * Protects hull's binary from a container that could write to it: one whose root owns the binary
 * (no user namespace, or one that maps the owner), or one whose processes are visible in a PID
 * namespace that it shares with such processes. exec uses the decision stored here: later the first
 * process may be in another user namespace, with a different mapping.
 */
static int protect_binary(struct creation *c, struct error *err)
{
	int64_t writer = self_only_writer();

	if (writer < 0 || !(c->new_userns || c->joined_userns) ||
		!creation_owns(c, NAMESPACE_PID) ||
		id_mappings_to_container(&c->uid_mappings, (uint32_t)writer) >= 0)
		return self_protect(c->rt->argv, err);
	c->state.kept_out = (struct opt_uint32){ true, (uint32_t)writer };
	return 0;
}

/*
 * Each mount, device and layer needs a descriptor until it is attached; the usual soft limit is
 * 1024.
 */
enum { MANY_DESCRIPTORS = 128 };

int creation_plan_trees(struct creation *c, struct error *err)
{
	if (c->config.mounts.n + c->config.linux->devices.n > MANY_DESCRIPTORS ||
		config_annotation(&c->config, "io.hull.rootfs.layers") != NULL)
		fd_limit_raise();
	return trees_plan(c, err);
}

void creation_close_trees(struct creation *c)
{
	struct error err;

	trees_close(c);
	if (rootfs_detach(c->rootfs, c->state.rootfs_mount, &err) < 0)
		log_warning("%s", err.text);
}

int creation_compile_seccomp(struct creation *c, struct error *err)
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
static int listen_for_start(struct creation *c, struct error *err)
{
	if (c->runs)
		return 0;
	c->start_socket = unix_listen(c->state_fd, "start.sock", SOCK_SEQPACKET, err);
	return c->start_socket < 0 ? -1 : 0;
}

int creation_set_intel_rdt(struct creation *c, struct error *err)
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

void creation_unset_intel_rdt(struct creation *c)
{
	struct error err;

	if (c->state.intel_rdt != NULL && intel_rdt_remove(c->state.intel_rdt, &err) < 0)
		log_warning("%s", err.text);
}

int creation_make_trees(struct creation *c, struct error *err)
{
	if (!c->trees_inside && trees_make(c, err) < 0)
		return -1;
	if (!c->mounts_on_host)
		return 0;
	return rootfs_mount_id(c->rootfs_tree, &c->state.rootfs_mount, err) < 0
		? -1
		: state_write(c->state_fd, &c->state, err);
}

static int apply_priorities(struct creation *c, struct error *err)
{
	const struct oci_process *process = c->config.process;

	if (cpu_affinity_reset(c->pid, err) < 0)
		return -1;
	return process == NULL ? 0 : priorities_apply(c->pid, process, err);
}

int creation_own_pipes(struct creation *c, struct error *err)
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

int creation_send_console(struct creation *c, struct error *err)
{
	return terminal_send(c->options->console_socket, c->console, err);
}

int creation_send_pidfd(struct creation *c, struct error *err)
{
	const char *socket = c->options->pidfd_socket;

	if (socket == NULL)
		socket = config_annotation(&c->config, "run.oci.pidfd_receiver");
	return socket == NULL ? 0 : handover_send_pidfd(socket, c->pidfd, err);
}

int creation_write_pid_file(struct creation *c, struct error *err)
{
	return c->options->pid_file == NULL
		? 0
		: handover_write_pid_file(c->options->pid_file, c->pid, err);
}

void creation_remove_pid_file(struct creation *c)
{
	if (c->options->pid_file != NULL)
		unlink(c->options->pid_file);
}

int creation_run(struct creation *c, const struct creation_step *steps, size_t n,
	const struct runtime *rt, const struct create_options *options, struct error *err)
{
	c->rt = rt;
	c->options = options;
	c->trace = (struct trace){ rt->trace_fd, TRACE_HOST, "step" };
	if (creation_run_steps(c, steps, n, err) < 0)
		return err->code == ECONNRESET ? config_memory_hint(&c->config, err) : -1;
	trees_close(c);
	creation_close_namespaces(c);
	fd_close(&c->start_socket);
	return 0;
}

void creation_free(struct creation *c)
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

static const struct creation_step steps[] = {
	{ "load the configuration", creation_load, .undo = creation_unclaim },
	{ "open namespaces", creation_open_namespaces, .undo = creation_close_namespaces },
	{ "protect the binary", protect_binary },
	{ "claim the id", creation_claim },
	{ "make the cgroup", creation_make_cgroup, .undo = creation_remove_cgroup },
	{ "plan mounts and devices", creation_plan_trees, .undo = creation_close_trees },
	{ "compile the seccomp filter", creation_compile_seccomp },
	{ "listen for start", listen_for_start },
	{ "wait for the cgroup", creation_await_cgroup },
	{ "plan the mounts of the cgroup", trees_plan_cgroups },
	{ "clone the init", creation_clone_init, .undo = creation_kill_init },
	{ "map the ids", creation_map_ids },
	{ "intel rdt", creation_set_intel_rdt, .undo = creation_unset_intel_rdt },
	{ "open the root filesystem, mounts and devices", creation_make_trees },
	{ "furnish the namespaces", creation_furnish_namespaces },
	{ "wait for the init", creation_await_ready },
	{ "delegate a cgroup below", creation_delegate_cgroup },
	{ "priorities and limits", apply_priorities },
	{ "own the pipes", creation_own_pipes },
	{ "send the console", creation_send_console },
	{ "send the pidfd", creation_send_pidfd },
	{ "write the pid file", creation_write_pid_file, .undo = creation_remove_pid_file },
	{ "write the state", creation_write_state },
};

/* Starts again with an init that enters its cgroup in another way. */
static __attribute__((cold, noinline)) void begin_anew(struct creation *c)
{
	bool detached = c->detached, runs = c->runs;

	creation_free(c);
	*c = CREATION(CREATE);
	c->detached = detached;
	c->runs = runs;
	c->enters_cgroup = true;
}

int creation_create(struct creation *c, const struct runtime *rt,
	const struct create_options *options, struct error *err)
{
	int result = creation_run(c, steps, ARRAY_SIZE(steps), rt, options, err);

	if (result < 0 && c->killed_at_birth) {
		begin_anew(c);
		result = creation_run(c, steps, ARRAY_SIZE(steps), rt, options, err);
	}
	return result;
}

int container_create(
	const struct runtime *rt, const struct create_options *options, struct error *err)
{
	struct creation c = CREATION(CREATE);
	int result;

	c.detached = true;
	attend_begin();
	result = creation_create(&c, rt, options, err);
	creation_free(&c);
	return result;
}
