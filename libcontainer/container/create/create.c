/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host side of `create`: one table of steps, each with what takes it back. A failure anywhere
 * undoes, in reverse order, what was done before it; the order of the table is the order of events.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/creation.h"
#include "container/create/handover.h"
#include "container/create/mntns.h"
#include "container/create/self.h"
#include "container/create/trees.h"
#include "container/create/userns_options.h"
#include "container/criu/criu_job.h"
#include "container/exec/priorities.h"
#include "container/hooks.h"
#include "container/run/attend.h"
#include "container/state/ranges.h"
#include "container/wire/notify.h"
#include "container/wire/sync.h"
#include "linux/ids/user.h"
#include "linux/ids/userns.h"
#include "linux/intel_rdt.h"
#include "linux/namespaces/namespaces.h"
#include "linux/net/netdev.h"
#include "linux/process/cpu_affinity.h"
#include "linux/process/lsm.h"
#include "linux/process/oom.h"
#include "linux/process/terminal.h"

/* ---- the configuration ---- */

static int open_bundle(struct creation *c, struct error *err)
{
	const char *bundle = c->options->bundle != NULL ? c->options->bundle : ".";
	char path[PATH_MAX], link[FD_PATH_MAX];
	ssize_t len;

	c->bundle_fd = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->bundle_fd < 0)
		return error_errno(err, "open the bundle %s", bundle);
	len = readlink(fd_path(link, c->bundle_fd), path, sizeof path - 1);
	if (len < 0 || path[0] != '/')
		return error_errno(err, "find where the bundle %s is", bundle);
	c->bundle = arena_strndup(&c->arena, path, (size_t)len);
	return 0;
}

static int read_config(struct creation *c, struct error *err)
{
	const char *file = c->options->config;

	if (file != NULL ? file_read(AT_FDCWD, file, &c->config_text, err) < 0
			 : file_read(c->bundle_fd, "config.json", &c->config_text, err) < 0) {
		if (err != NULL && err->code == ENOENT && file == NULL)
			return error_set(err, ENOENT,
				"the bundle %s has no config.json: open %s/config.json", c->bundle,
				c->bundle);
		return -1;
	}
	return config_read(&c->config, "config.json", c->config_text.data, c->config_text.len, err);
}

static int make_state_directory(struct creation *c, struct error *err)
{
	c->root_fd = state_root_open(c->rt, true, err);
	if (c->root_fd < 0)
		return -1;
	if (mkdirat(c->root_fd, c->options->id, 0700) < 0) {
		if (errno != EEXIST)
			return error_errno(
				err, "make the state directory %s/%s", c->rt->root, c->options->id);
		error_set(err, 0, "container with given ID already exists: %s", c->options->id);
		return -1;
	}
	c->claimed = true;
	c->state_fd = openat(c->root_fd, c->options->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->state_fd < 0
		? error_errno(err, "open the state directory %s/%s", c->rt->root, c->options->id)
		: 0;
}

void creation_unclaim(struct creation *c)
{
	struct error err;
	struct id_block ids;

	if (!c->claimed)
		return;
	if (id_block_parse(c->state.userns_claim, &ids))
		ranges_release(c->rt, arena_printf(&c->arena, "%s/%s", c->rt->root, c->options->id),
			&ids, c->state.user_namespace);
	if (state_remove(c->root_fd, c->options->id, &err) < 0)
		log_warning("%s", err.text);
	if (c->owes_poststop) {
		cleanup_buf struct buf state = { 0 };

		state_spec_json(&state, &c->state, CONTAINER_STOPPED, 0);
		hooks_run_all(&c->config.hooks->poststop, "poststop", &state, &c->hook_place);
	}
}

/* A claim names the state directory, so create the directory first. */
static int take_ids(void *context, uint32_t size, struct id_block *ids, struct error *err)
{
	struct creation *c = context;

	if (make_state_directory(c, err) < 0 ||
		ranges_claim(c->rt, arena_printf(&c->arena, "%s/%s", c->rt->root, c->options->id),
			size, ids, err) < 0)
		return -1;
	c->state.userns_claim = id_block_text(&c->arena, ids);
	return 0;
}

static bool take_seccomp_receiver(struct creation *c)
{
	struct oci_seccomp *seccomp = c->config.linux->seccomp;

	if (c->options->seccomp_receiver == NULL || seccomp == NULL ||
		seccomp->listener_path != NULL)
		return false;
	seccomp->listener_path = c->options->seccomp_receiver;
	return true;
}

/*
 * Writes the command line's user namespace options and the environment's seccomp agent into the
 * configuration, and so into the copy in the state directory.
 */
static int complete_config(struct creation *c, struct error *err)
{
	int changed = userns_options_apply(&c->options->userns, &c->config, take_ids, c, err);

	if (changed >= 0 && take_seccomp_receiver(c))
		changed = 1;
	if (changed > 0) {
		buf_clear(&c->config_text);
		config_encode(&c->config_text, &c->config);
	}
	return changed < 0 ? -1 : config_validate(&c->config, "config.json", err);
}

static int check_terminal(const struct creation *c, struct error *err)
{
	bool terminal = c->config.process != NULL && c->config.process->terminal;

	return terminal_options_check(terminal, c->detached, c->options->console_socket, err);
}

static bool has_path(const struct oci_namespace *ns)
{
	return ns->path != NULL && ns->path[0] != '\0';
}

static bool asks_for_mounts(const struct creation *c)
{
	const struct oci_linux *linux = c->config.linux;

	return c->config.mounts.n > 0 || c->config.root->readonly ||
		linux->rootfs_propagation != NULL || linux->masked_paths.n > 0 ||
		linux->readonly_paths.n > 0;
}

/* In the caller's mount namespace the container's mounts stand below its rootfs until it is
 * deleted, as with runc, and nothing can be hidden there. */
static int check_mount_namespace(const struct creation *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;
	const struct oci_namespace *ns = config_namespace(&c->config, NAMESPACE_MOUNT);

	if (ns != NULL)
		return 0;
	if (linux->masked_paths.n > 0 || linux->readonly_paths.n > 0)
		return error_set(err, 0,
			"config.json: /linux/namespaces: maskedPaths and readonlyPaths need a new mount namespace: unable to "
			"restrict sys entries without a private MNT namespace");
	if (asks_for_mounts(c) && !c->mounts_on_host)
		return error_set(err, 0,
			"config.json: /linux/namespaces: with a user namespace or the host's root, mounts, rootfsPropagation and a "
			"read-only root need a new mount namespace");
	return 0;
}

static bool mounts_on_host(const struct creation *c)
{
	return config_namespace(&c->config, NAMESPACE_MOUNT) == NULL &&
		config_namespace(&c->config, NAMESPACE_USER) == NULL && strcmp(c->rootfs, "/") != 0;
}

static int check_labels(const struct creation *c, struct error *err)
{
	const struct oci_process *process = c->config.process;

	return process == NULL ? 0
			       : lsm_check(process->apparmor_profile, process->selinux_label, err);
}

static void find_rootfs(struct creation *c)
{
	cleanup_free char *absolute = path_absolute(c->bundle, c->config.root->path);
	cleanup_free char *clean = path_clean(absolute);

	c->rootfs = arena_strdup(&c->arena, clean);
	c->mounts_on_host = mounts_on_host(c);
}

int creation_load(struct creation *c, struct error *err)
{
	enum rootless rootless = c->rt->rootless;

	if (container_id_check(c->options->id, err) < 0 ||
		preserved_fds_check(c->options->listen_fds + c->options->preserve_fds, err) < 0 ||
		open_bundle(c, err) < 0 || read_config(c, err) < 0 || complete_config(c, err) < 0 ||
		check_terminal(c, err) < 0 || check_labels(c, err) < 0)
		return -1;
	find_rootfs(c);
	if (check_mount_namespace(c, err) < 0 ||
		(c->config.hooks != NULL &&
			hook_place_open(&c->hook_place, &c->config, c->bundle_fd, err) < 0))
		return -1;
	c->rootless = rootless == ROOTLESS_AUTO ? geteuid() != 0 || !userns_is_initial()
						: rootless == ROOTLESS_TRUE;
	c->privileged = process_has_capability(CAP_SETUID) && process_has_capability(CAP_SETGID);
	return rootfs_idmap_policy(
		config_annotation(&c->config, "io.hull.rootfs.idmap"), &c->idmap_policy, err);
}

/* ---- namespaces ---- */

static bool is_given(const char *name)
{
	return name != NULL && name[0] != '\0';
}

/* The first property of the configuration that changes a namespace of this type, or NULL. */
static const char *change_of(struct creation *c, enum oci_namespace_type type)
{
	const struct oci_config *config = &c->config;
	const string_map *sysctl = &config->linux->sysctl;

	for (size_t i = 0; i < sysctl->n; i++)
		if (sysctl_namespace(sysctl->v[i].key) == type)
			return arena_printf(&c->arena, "/linux/sysctl/%s", sysctl->v[i].key);
	if (type == NAMESPACE_UTS && is_given(config->hostname))
		return "/hostname";
	if (type == NAMESPACE_UTS && is_given(config->domainname))
		return "/domainname";
	if (type == NAMESPACE_NETWORK && config->linux->net_devices.n > 0)
		return "/linux/netDevices";
	return NULL;
}

/*
 * A namespace shared with the caller is the host's, even if the configuration names it by path:
 * refuse sysctls that would change it.
 */
static int check_own(
	struct creation *c, const struct oci_namespace *ns, size_t index, struct error *err)
{
	const char *change = change_of(c, (enum oci_namespace_type)ns->type);

	return change == NULL
		? 0
		: error_set(err, 0,
			  "config.json: %s: would change the host: the %s namespace of "
			  "/linux/namespaces/%zu/path is that of hull's caller",
			  change, namespace_type_names[ns->type - 1], index);
}

static int add_join(
	struct creation *c, const struct oci_namespace *ns, size_t index, struct error *err)
{
	int fd = namespace_open(ns, index, err);
	cleanup_fd int own = -1;
	char path[64];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/ns/%s", namespace_file(ns->type));
	own = open(path, O_RDONLY | O_CLOEXEC);
	if (own >= 0 &&
		namespace_same(own,
			fd)) { /* already in it; setns() into one's own user namespace is EINVAL */
		close(fd);
		return check_own(c, ns, index, err);
	}
	c->joins[c->njoins++] = (struct join){ ns->type, fd, false };
	c->joined_userns |= ns->type == NAMESPACE_USER;
	return 0;
}

/*
 * Marks the namespaces to join before the user namespace: all of them for a new one, else those
 * that the joined user namespace doesn't own.
 */
static void find_outer_joins(struct creation *c)
{
	int userns = -1;

	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type == NAMESPACE_USER)
			userns = c->joins[i].fd;
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type != NAMESPACE_USER)
			c->joins[i].outer = c->new_userns ||
				(userns >= 0 && !namespace_is_owned_by(c->joins[i].fd, userns));
	c->userns_fd = userns;
}

/*
 * podman writes 0 0 1 if it was given a namespace by path (--userns=ns:PATH) and didn't read its
 * mapping.
 */
static bool stands_for_unknown(const oci_id_mappings *said)
{
	return said->n == 1 && said->v->container_id == 0 && said->v->host_id == 0 &&
		said->v->size == 1;
}

/*
 * Reads the mapping of a joined user namespace from the kernel. If the configuration has one too,
 * as Kubernetes writes, check_joined_mapping() compares the two once the init exists. The result
 * goes into the kept copy of config.json, which exec uses.
 */
static int read_joined_mapping(struct creation *c, struct error *err)
{
	struct oci_linux *linux = c->config.linux;

	if (c->joined_userns && stands_for_unknown(&linux->uid_mappings) &&
		stands_for_unknown(&linux->gid_mappings))
		linux->uid_mappings.n = linux->gid_mappings.n = 0;
	c->uid_mappings = linux->uid_mappings;
	c->gid_mappings = linux->gid_mappings;
	if (!c->joined_userns || c->uid_mappings.n > 0)
		return 0;
	if (userns_read_joined(&c->arena, c->userns_fd, &c->uid_mappings, &c->gid_mappings, err) <
		0)
		return -1;
	if (c->uid_mappings.n == 0 || c->gid_mappings.n == 0)
		return error_set(err, 0,
			"%s: the user namespace to join has no mapping: who made it must write its uid_map and gid_map first",
			config_namespace(&c->config, NAMESPACE_USER)->path);
	linux->uid_mappings = c->uid_mappings;
	linux->gid_mappings = c->gid_mappings;
	buf_clear(&c->config_text);
	config_encode(&c->config_text, &c->config);
	return 0;
}

static bool owns(const struct creation *c, enum oci_namespace_type type)
{
	const struct oci_namespace *ns = config_namespace(&c->config, type);

	if (ns == NULL)
		return false;
	if (ns->path == NULL)
		return true;
	for (size_t i = 0; i < c->njoins; i++)
		if ((enum oci_namespace_type)c->joins[i].type == type)
			return !c->joins[i].outer;
	return false;
}

/* Returns the descriptor of a joined namespace of this type, or -1. Borrowed. */
static int joined(const struct creation *c, enum oci_namespace_type type)
{
	for (size_t i = 0; i < c->njoins; i++)
		if ((enum oci_namespace_type)c->joins[i].type == type)
			return c->joins[i].fd;
	return -1;
}

/* As with runc, the root filesystem becomes the root of the mount namespace that is joined, and of
 * every process that has the present one; what was mounted there is let go of. */
static int plan_joined_mounts(struct creation *c, struct error *err)
{
	const struct oci_namespace *ns = config_namespace(&c->config, NAMESPACE_MOUNT);
	int fd = joined(c, NAMESPACE_MOUNT);
	cleanup_fd int first = -1;

	if (ns == NULL || !has_path(ns) || !asks_for_mounts(c))
		return 0;
	first = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (first >= 0 && namespace_same(first, fd)))
		return error_set(err, 0,
			"config.json: /linux/namespaces: mounts can't be made in %s, which is the "
			"mount namespace of %s: its root would be replaced by the container's",
			ns->path, fd < 0 ? "hull's caller" : "process 1");
	if (!owns(c, NAMESPACE_MOUNT))
		return error_set(err, EPERM,
			"config.json: /linux/namespaces: mounts can't be made in %s: the "
			"container's user namespace doesn't own that mount namespace",
			ns->path);
	c->mounts_in_joined = true;
	c->host_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return c->host_proc < 0 ? error_errno(err, "open /proc") : 0;
}

int creation_open_namespaces(struct creation *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;

	for (size_t i = 0; i < linux->namespaces.n; i++) {
		const struct oci_namespace *ns = &linux->namespaces.v[i];

		if (ns->path != NULL && ns->path[0] != '\0') {
			if (add_join(c, ns, i, err) < 0)
				return -1;
		} else if (ns->type == NAMESPACE_USER) {
			c->new_userns = true;
		} else {
			c->new_namespaces |= (unsigned)namespace_flag(ns->type);
		}
	}
	find_outer_joins(c);
	if (plan_joined_mounts(c, err) < 0 || read_joined_mapping(c, err) < 0)
		return -1;
	c->waits_for_namespaces = linux->net_devices.n > 0;
	c->mount_context = (struct mount_context){
		.arena = &c->arena,
		.rootfs = c->rootfs,
		.bundle_fd = c->bundle_fd,
		.user_namespace = c->new_userns || c->joined_userns,
		.host_makes = c->purpose == CREATE && !c->new_userns && !c->joined_userns,
		.owns_network = owns(c, NAMESPACE_NETWORK),
		.owns_ipc = owns(c, NAMESPACE_IPC),
		.network = joined(c, NAMESPACE_NETWORK),
		.ipc = joined(c, NAMESPACE_IPC),
		.cgroup_namespace =
			c->new_namespaces & CLONE_NEWCGROUP || joined(c, NAMESPACE_CGROUP) >= 0,
		.uid_mappings = &c->uid_mappings,
		.gid_mappings = &c->gid_mappings,
		.locks = (c->new_userns || c->joined_userns) && c->new_namespaces & CLONE_NEWNS &&
			trees_need_locks(&c->config),
		.mount_label = linux->mount_label,
		.mount_label_option = config_mount_context_type(&c->config),
	};
	if (exposure_policy(config_annotation(&c->config, "io.hull.idmap.exposed"),
		    &c->mount_context.exposure_policy, err) < 0)
		return -1;
	return idmap_fallback_policy(config_annotation(&c->config, "io.hull.idmap.fallback"),
		&c->mount_context.idmap_fallback, err);
}

void creation_close_namespaces(struct creation *c)
{
	while (c->njoins > 0)
		fd_close(&c->joins[--c->njoins].fd);
	fd_close(&c->mntns);
	fd_close(&c->host_proc);
}

/*
 * Protects hull's binary from a container that could write to it: one whose root is the owner (no
 * user namespace, or one that maps the owner), or one whose processes are visible in a PID
 * namespace that it shares with such processes. exec uses the decision stored here: later the first
 * process can move to another user namespace and show a different mapping.
 */
static int protect_binary(struct creation *c, struct error *err)
{
	int64_t writer = self_only_writer();

	if (writer < 0 || !(c->new_userns || c->joined_userns) || !owns(c, NAMESPACE_PID) ||
		mapping_to_container(&c->uid_mappings, (uint32_t)writer) >= 0)
		return self_protect(c->rt->argv, err);
	c->state.kept_out = (struct opt_uint32){ true, (uint32_t)writer };
	return 0;
}

/* ---- the id and its directory ---- */

/*
 * The part of the configuration that exec needs, copied before claim() adds what only the init gets
 * (NOTIFY_SOCKET).
 */
static struct oci_config *exec_part(struct creation *c)
{
	struct oci_config *part = arena_alloc(&c->arena, sizeof *part);

	part->linux = c->config.linux;
	if (c->config.process == NULL)
		return part;
	part->process = arena_alloc(&c->arena, sizeof *part->process);
	*part->process = *c->config.process;
	part->process->args = (string_list){ 0 };
	return part;
}

static void describe(struct creation *c)
{
	const struct oci_namespace *pid = config_namespace(&c->config, NAMESPACE_PID);
	struct state *state = &c->state;

	state->oci_version = c->config.oci_version;
	state->id = c->options->id;
	state->bundle = c->bundle;
	state->rootfs = c->rootfs;
	state->phase = CONTAINER_CREATING;
	state->creator = getpid();
	process_start_time(getpid(), &state->creator_start_time, NULL);
	state->created = state_timestamp(&c->arena);
	state->annotations = c->config.annotations;
	state->own_pid_namespace = pid != NULL && pid->path == NULL;
	state->poststart = c->config.hooks != NULL && c->config.hooks->poststart.n > 0;
	state->poststop = c->config.hooks != NULL && c->config.hooks->poststop.n > 0;
	state->process = c->config.process != NULL;
	state->no_new_keyring = c->options->no_new_keyring;
	state->rootless = c->rootless;
	state->terminal = c->config.process != NULL && c->config.process->terminal;
	state->exec = exec_part(c);
}

int creation_claim(struct creation *c, struct error *err)
{
	if (!c->claimed && make_state_directory(c, err) < 0)
		return -1;
	describe(c);
	if (c->options->notify_socket != NULL && creation_has_mounts(c) && !c->mounts_on_host) {
		cleanup_free char *path = mem_printf("%s/%s", c->rt->root, c->options->id);

		c->state.notify = true;
		if (notify_add(&c->config, path, c->state_fd, err) < 0)
			return -1;
	}
	return file_make(
		c->state_fd, "config.json", c->config_text.data, c->config_text.len, 0600, err);
}

/* ---- the cgroup ---- */

static int record_cgroup(void *context, const struct cgroup *cgroup, struct error *err)
{
	struct creation *c = context;
	struct state state = c->state;
	bool first = !c->recorded;

	state.cgroup = *cgroup;
	state.exec = NULL; /* exec is refused while creating */
	c->recorded = true;
	return first ? state_write_first(c->state_fd, &state, err)
		     : state_write(c->state_fd, &state, err);
}

/* The state already has the planned cgroup. Write it again only if a different one was created. */
static int record_made_cgroup(struct creation *c, struct error *err)
{
	const struct cgroup *cgroup = &c->state.cgroup;
	bool as_planned = cgroup->hierarchies.n > 0;

	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		as_planned = as_planned && cgroup->hierarchies.v[i].made > 0;
	return as_planned ? 0 : record_cgroup(c, cgroup, err);
}

int creation_make_cgroup(struct creation *c, struct error *err)
{
	struct cgroup unit;
	const struct oci_linux *linux = c->config.linux;
	struct cgroup_request request = {
		.manager = (int)c->rt->cgroup_manager,
		.cgroups_path = linux->cgroups_path,
		.id = c->options->id,
		.rootless = c->rootless,
		.resources = c->purpose == RESTORE
			? criu_job_early_limits(c->criu, linux->resources)
			: linux->resources,
		.annotations = &c->config.annotations,
		.planned = record_cgroup,
		.context = c,
	};

	if (cgroup_create(&c->state.cgroup, &c->arena, &request, err) < 0)
		return -1;
	if (c->state.cgroup.helper == NULL)
		return record_made_cgroup(c, err);
	unit = c->state.cgroup; /* systemd is still creating the unit: there are no directories yet
				 */
	unit.hierarchies.n = 0;
	return record_cgroup(c, &unit, err);
}

void creation_remove_cgroup(struct creation *c)
{
	struct error err;

	if (c->state.cgroup.path != NULL &&
		(cgroup_signal(&c->state.cgroup, SIGKILL, &err) < 0 ||
			cgroup_remove(&c->state.cgroup, &err) < 0))
		log_warning("%s", err.text);
	cgroup_close(&c->state.cgroup);
}

/* ---- what the container gets ---- */

/*
 * Each mount, device and layer needs a descriptor until it is attached; the usual soft limit is
 * 1024.
 */
enum { MANY_DESCRIPTORS = 128 };

int creation_open_trees(struct creation *c, struct error *err)
{
	if (c->config.mounts.n + c->config.linux->devices.n > MANY_DESCRIPTORS ||
		config_annotation(&c->config, "io.hull.rootfs.layers") != NULL)
		fd_limit_raise();
	c->trees_inside =
		creation_has_mounts(c) && !c->mounts_on_host && !trees_may_be_opened_here();
	return c->trees_inside ? 0 : trees_open(c, err);
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
	if (payload_compile_seccomp(&c->config, &c->seccomp, &c->seccomp_flags, err) < 0)
		return -1;
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

/* ---- the init ---- */

int creation_await_cgroup(struct creation *c, struct error *err)
{
	bool by_systemd = c->state.cgroup.helper != NULL;

	return cgroup_ready(&c->state.cgroup, err) < 0 ||
			(by_systemd && record_made_cgroup(c, err) < 0)
		? -1
		: 0;
}

int creation_plan_cgroup_mounts(struct creation *c, struct error *err)
{
	return c->trees_inside ? 0 : trees_plan_cgroups(c, err);
}

/* Claimed IDs are in use as long as somebody is in this user namespace. */
static void note_user_namespace(struct creation *c)
{
	struct stat st;
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/user", c->pid);
	if (c->state.userns_claim != NULL && stat(path, &st) == 0)
		c->state.user_namespace = st.st_ino;
}

static int clone_init(struct creation *c, struct error *err)
{
	bool in_cgroup = false;

	if (c->new_namespaces & CLONE_NEWNS && c->privileged && !c->rootless &&
		!creation_has_hooks_before_pivot(c) && !mounts_take_host_paths(&c->mounts) &&
		!c->options->no_pivot)
		c->mntns = mntns_open();
	if (sync_pair(c->sync, err) < 0 || creation_clone(c, &in_cgroup, err) < 0)
		return -1;
	fd_close(&c->sync[1]);
	c->state.pid = c->pid;
	note_user_namespace(c);
	if (cgroup_enter(&c->state.cgroup, c->pid, in_cgroup, err) < 0)
		return -1;
	return process_start_time(c->pid, &c->state.pid_start_time, NULL) < 0
		? error_set(err, 0, "the container's init ended at once")
		: 0;
}

/*
 * Kills and reaps an init that never became ready. Its children are in the cgroup, which is killed
 * next.
 */
void creation_kill_init(struct creation *c)
{
	if (c->pidfd >= 0) {
		pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	fd_close(&c->pidfd);
	fd_close(&c->sync[0]);
	fd_close(&c->sync[1]);
	c->owes_poststop = c->state.poststop && creation_has_hooks_before_pivot(c);
}

static int check_joined_mapping(struct creation *c, const char *file, const char *property,
	const oci_id_mappings *said, struct error *err)
{
	oci_id_mappings real;

	if (userns_read_map(&c->arena, c->pid, file, &real, err) < 0)
		return -1;
	if (mapping_equivalent(&real, said))
		return 0;
	if (real.n == 0)
		return error_set(err, 0, "%s: the user namespace to join has no mapping", property);
	return error_set(err, 0,
		"%s: not the mapping of the user namespace to join, which begins with %u %u %u: give the same, or none",
		property, real.v->container_id, real.v->host_id, real.v->size);
}

static int map_ids(struct creation *c, struct error *err)
{
	const struct oci_process *process = c->config.process;
	char path[64];

	if (c->new_userns) {
		if (userns_write_maps(
			    c->pid, &c->uid_mappings, &c->gid_mappings, c->privileged, err) < 0)
			return -1;
		snprintf(path, sizeof path, "/proc/%d/ns/user", c->pid);
		c->userns_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (c->userns_fd < 0)
			return error_errno(err, "open the container's user namespace");
	}
	if (c->joined_userns && c->config.linux->uid_mappings.n > 0 &&
		(check_joined_mapping(c, "uid_map", "/linux/uidMappings", &c->uid_mappings, err) <
				0 ||
			check_joined_mapping(
				c, "gid_map", "/linux/gidMappings", &c->gid_mappings, err) < 0))
		return -1;
	if (process != NULL && process->oom_score_adj.set &&
		oom_score_adj_set(c->pid, process->oom_score_adj.value, c->rootless, err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_MAPPED, NULL, 0, -1, SYNC_INIT, err);
}

/* While the init makes its namespaces. The state knows the mount that is going to stand on the host
 * before it does. */
int creation_prepare_trees(struct creation *c, struct error *err)
{
	if (!c->trees_inside && trees_prepare(c, err) < 0)
		return -1;
	if (!c->mounts_on_host)
		return 0;
	return rootfs_mount_id(c->rootfs_tree, &c->state.rootfs_mount, err) < 0
		? -1
		: state_write(c->state_fd, &c->state, err);
}

static int move_net_devices(struct creation *c, struct error *err)
{
	cleanup_fd int netns = -1;
	char path[64];

	if (c->config.linux->net_devices.n == 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/ns/net", c->pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return error_errno(err, "/linux/netDevices: open %s", path);
	return netdev_move(
		netns, c->config.linux->net_devices.v, c->config.linux->net_devices.n, err);
}

static int furnish_namespaces(struct creation *c, struct error *err)
{
	struct sync_message message;

	if (c->waits_for_namespaces) {
		if (sync_expect(c->sync[0], SYNC_NAMESPACES, &message, SYNC_INIT, err) < 0)
			return -1;
		if (move_net_devices(c, err) < 0)
			return -1;
	}
	if (trees_send_new(c, err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_PREPARED, NULL, 0, -1, SYNC_INIT, err);
}

static int run_hooks(struct creation *c, struct error *err)
{
	cleanup_buf struct buf state = { 0 };

	state_spec_json(&state, &c->state, CONTAINER_CREATING, c->pid);
	if (hooks_run(&c->config.hooks->prestart, "prestart", &state, &c->hook_place, err) < 0 ||
		hooks_run(&c->config.hooks->create_runtime, "createRuntime", &state, &c->hook_place,
			err) < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_GO, NULL, 0, -1, SYNC_INIT, err);
}

/*
 * Creates a mountpoint for the init. Container root may not create it if the rootfs belongs to a
 * user outside its mapping (containerd#11852). base/path.h keeps the path inside the rootfs.
 */
static int make_mountpoint(
	struct creation *c, const struct sync_message *message, struct error *err)
{
	const char *path = message->payload + 1;
	cleanup_fd int rootfd = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;

	if (message->len < 2)
		return error_set(err, EPROTO, "make a mountpoint for the container's init");
	if (rootfd < 0)
		return error_errno(err, "open %s", c->rootfs);
	made = message->payload[0] == 'd' ? path_make_directory(rootfd, path, 0755, err)
					  : path_make_file(rootfd, path, 0644, err);
	if (made < 0)
		return -1;
	return sync_tell(c->sync[0], SYNC_GO, NULL, 0, -1, SYNC_INIT, err);
}

static bool has_memory_limit(const struct creation *c)
{
	const struct oci_resources *resources = c->config.linux->resources;

	return resources != NULL && resources->memory != NULL && resources->memory->limit.set;
}

static int await_ready(struct creation *c, struct error *err)
{
	struct sync_message message;

	for (;;) {
		int type = sync_receive(c->sync[0], &message, SYNC_INIT, err);

		switch (type) {
		case SYNC_READY: return 0;
		case SYNC_HOOKS:
			if (run_hooks(c, err) < 0)
				return -1;
			break;
		case SYNC_CONSOLE:
			c->console = message.fd;
			if (!c->detached &&
				terminal_in_foreground(c->console,
					c->config.process->console_size != NULL, err) < 0)
				return -1;
			break;
		case SYNC_MOUNTPOINT:
			if (make_mountpoint(c, &message, err) < 0)
				return -1;
			break;
		case -1: return -1;
		default:
			error_set(err, 0, "the container's init ended unexpectedly");
			return has_memory_limit(c)
				? error_hint(err,
					  "/linux/resources/memory/limit may be too low for it")
				: -1;
		}
	}
}

int creation_own_pipes(struct creation *c, struct error *err)
{
	const struct oci_process *process = c->config.process;
	bool mapped = c->new_userns || c->joined_userns;

	(void)err;
	if (process != NULL &&
		(!mapped || mapping_to_host(&c->uid_mappings, process->user.uid) >= 0))
		user_own_pipes(mapped ? (uid_t)mapping_to_host(&c->uid_mappings, process->user.uid)
				      : process->user.uid);
	return 0;
}

static int apply_priorities(struct creation *c, struct error *err)
{
	const struct oci_process *process = c->config.process;

	if (cpu_affinity_reset(c->pid, err) < 0)
		return -1;
	return process == NULL ? 0 : priorities_apply(c->pid, process, err);
}

int creation_set_intel_rdt(struct creation *c, struct error *err)
{
	if (c->config.linux->intel_rdt == NULL)
		return 0;
	return intel_rdt_create(c->config.linux->intel_rdt, c->options->id, c->pid, &c->arena,
		&c->state.intel_rdt, err);
}

void creation_unset_intel_rdt(struct creation *c)
{
	struct error err;

	if (c->state.intel_rdt != NULL && intel_rdt_remove(c->state.intel_rdt, &err) < 0)
		log_warning("%s", err.text);
}

/* ---- handing over ---- */

/* Must follow the init's unshare(): the root of its cgroup namespace is the cgroup above. */
static int delegate_cgroup(struct creation *c, struct error *err)
{
	const char *name = config_annotation(&c->config, "run.oci.delegate-cgroup");
	uint32_t user = c->config.process != NULL ? c->config.process->user.uid : 0;
	int64_t owner = c->uid_mappings.n > 0 ? mapping_to_host(&c->uid_mappings, user) : user;

	if (name == NULL || name[0] == '\0')
		return 0;
	if (cgroup_delegate_below(
		    &c->state.cgroup, name, (uid_t)(owner >= 0 ? owner : 0), c->pid, err) < 0)
		return error_prefix(err, "/annotations/run.oci.delegate-cgroup");
	return 0;
}

int creation_send_console(struct creation *c, struct error *err)
{
	cleanup_fd int sock = -1;

	if (c->options->console_socket == NULL)
		return 0;
	sock = unix_connect(AT_FDCWD, c->options->console_socket, SOCK_STREAM, err);
	return sock < 0 ? error_prefix(err, "--console-socket")
			: terminal_send(sock, c->console, err);
}

int creation_send_pidfd(struct creation *c, struct error *err)
{
	const char *socket = c->options->pidfd_socket;

	if (socket == NULL)
		socket = config_annotation(&c->config, "run.oci.pidfd_receiver");
	return socket == NULL ? 0 : pidfd_hand_over(socket, c->pidfd, err);
}

int creation_write_pid_file(struct creation *c, struct error *err)
{
	return c->options->pid_file == NULL ? 0 : pid_file_write(c->options->pid_file, c->pid, err);
}

void creation_remove_pid_file(struct creation *c)
{
	if (c->options->pid_file != NULL)
		unlink(c->options->pid_file);
}

int creation_write_state(struct creation *c, struct error *err)
{
	c->state.phase = CONTAINER_CREATED;
	c->state.creator = 0;
	c->state.creator_start_time = 0;
	return state_write(c->state_fd, &c->state, err);
}

int creation_run(struct creation *c, const struct creation_step *steps, size_t n,
	const struct runtime *rt, const struct create_options *options, struct error *err)
{
	c->rt = rt;
	c->options = options;
	c->trace = (struct trace){ rt->trace_fd, TRACE_HOST, "step" };
	if (creation_run_steps(c, steps, n, err) < 0)
		return -1;
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
	{ "open the root filesystem, mounts and devices", creation_open_trees,
		.undo = creation_close_trees },
	{ "compile the seccomp filter", creation_compile_seccomp },
	{ "listen for start", listen_for_start },
	{ "wait for the cgroup", creation_await_cgroup },
	{ "open the cgroup", creation_plan_cgroup_mounts },
	{ "clone the init", clone_init, .undo = creation_kill_init },
	{ "map the ids", map_ids },
	{ "intel rdt", creation_set_intel_rdt, .undo = creation_unset_intel_rdt },
	{ "ID-map the trees", creation_prepare_trees },
	{ "furnish the namespaces", furnish_namespaces },
	{ "wait for the init", await_ready },
	{ "delegate a cgroup below", delegate_cgroup },
	{ "priorities and limits", apply_priorities },
	{ "own the pipes", creation_own_pipes },
	{ "send the console", creation_send_console },
	{ "send the pidfd", creation_send_pidfd },
	{ "write the pid file", creation_write_pid_file, .undo = creation_remove_pid_file },
	{ "write the state", creation_write_state },
};

int creation_create(struct creation *c, const struct runtime *rt,
	const struct create_options *options, struct error *err)
{
	return creation_run(c, steps, ARRAY_SIZE(steps), rt, options, err);
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
