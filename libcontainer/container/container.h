/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public face of the library: everything that can be done with a container, one function a
 * command. Nothing here prints: results come back in structs and through callbacks; failures in a
 * struct error. Every path that is an option of the caller's is relative to the caller's working
 * directory, which the library never changes. Strings in options stay the caller's.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"
#include "spec/config.h"

/* Whether what only a privileged runtime may do with cgroups is left out: auto: not root, or in a
 * user namespace. */
enum rootless { ROOTLESS_AUTO, ROOTLESS_FALSE, ROOTLESS_TRUE };

/* The global options: what every command needs. */
struct runtime {
	const char *root; /* where the state of all containers stands: absolute, clean, not "/" */
	bool root_is_default; /* not given by the caller: made when it is missing, and then empty */
	bool root_is_sticky;  /* below XDG_RUNTIME_DIR: made with mode 01700, so that no cleaner of
				 old files takes it */
	enum cgroup_manager cgroup_manager;
	enum rootless rootless;
	char **argv;  /* of this process, to execute itself again with */
	int trace_fd; /* where the timeline of the steps goes; -1: nowhere */
};

/* ---- user namespaces from the command line ---- */

struct userns_options {
	const char *mode; /* "auto", "auto:size=N", "host", "path:FILE"; NULL: as the configuration
			     has it */
	string_list uid_maps, gid_maps; /* "[FLAGS]CONTAINER:HOST[:SIZE]", podman-run(1) */
	const char *idmap_rootfs;       /* "auto", "always", "never"; NULL: as the annotation
					   io.hull.rootfs.idmap has it */
};

/* ---- create, run, start ---- */

struct create_options {
	const char *id;
	const char *bundle;           /* NULL: the working directory */
	const char *config;           /* NULL: config.json of the bundle */
	const char *console_socket;   /* NULL: none */
	const char *pidfd_socket;     /* NULL: none */
	const char *pid_file;         /* NULL: none */
	const char *notify_socket;    /* NOTIFY_SOCKET of the caller's environment; NULL: none */
	const char *seccomp_receiver; /* RUN_OCI_SECCOMP_RECEIVER, where the configuration has no
					 listenerPath; NULL: none */
	unsigned preserve_fds; /* how many descriptors from 3 + listen_fds on the container keeps */
	unsigned
		listen_fds; /* how many from 3 on are LISTEN_FDS, and are announced to it as such */
	bool no_pivot;
	bool no_new_keyring;
	struct userns_options userns;
	/* container_run only */
	bool detach;
	bool keep;         /* don't delete it when its process ends */
	bool no_subreaper; /* leave orphans of the container's to the caller's reaper */
};

int container_create(
	const struct runtime *rt, const struct create_options *options, struct error *err);

/* Appends a configuration to start from, as JSON. rootless: for a caller who isn't root. name: with
 * userns->mode "auto" it decides which free block of ids is taken; without
 * subordinate IDs, a block that no user of the host has and that is left free for the kubelet. */
int container_spec(const struct runtime *rt, const char *name, bool rootless,
	const struct userns_options *userns, struct buf *out, struct error *err);

/* *exit_status: as a shell gives it (128 + signal); 0 when detached. Returns -1 where the container
 * couldn't be run. */
int container_run(const struct runtime *rt, const struct create_options *options, int *exit_status,
	struct error *err);

/* notify_socket: NOTIFY_SOCKET of the caller's environment or NULL. */
int container_start(
	const struct runtime *rt, const char *id, const char *notify_socket, struct error *err);

/* ---- checkpoint, restore ---- */

enum { CRIU_MODE_SOFT = 1, CRIU_MODE_FULL, CRIU_MODE_STRICT, CRIU_MODE_IGNORE };
extern const char *const criu_cgroups_modes[]; /* index mode - 1, NULL-terminated */
extern const char *const criu_network_locks[]; /* index lock - 1, NULL-terminated */

struct criu_settings {
	const char *image_path;  /* NULL: the directory `checkpoint` of the working directory */
	const char *work_path;   /* where the log goes; NULL: image_path */
	const char *parent_path; /* an earlier pre-dump, relative to image_path; NULL: none */
	bool leave_running, pre_dump, link_remap, tcp_skip_in_flight; /* checkpoint only */
	bool tcp_close;                                               /* restore only */
	bool tcp_established, ext_unix_sk, shell_job, lazy_pages, file_locks, auto_dedup;
	const char *page_server;        /* ADDRESS:PORT; NULL: none */
	int status_fd;                  /* -1: none */
	int cgroups_mode, network_lock; /* 0: as it is by default */
	string_list empty_namespaces;   /* "network" */
	const char *lsm_profile, *lsm_mount_context;
};

/* Writes the container's processes to files. Without leave_running and pre_dump the container is
 * deleted after that, as runc does it. After an error it runs on. */
int container_checkpoint(const struct runtime *rt, const char *id,
	const struct criu_settings *settings, struct error *err);

/* Makes a container of such files and a bundle. options: without what only a new process could have
 * (preserve_fds, userns ...). *exit_status as container_run. */
int container_restore(const struct runtime *rt, const struct create_options *options,
	const struct criu_settings *settings, int *exit_status, struct error *err);

/* ---- state, list ---- */

enum container_status {
	CONTAINER_CREATING = 1,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPED
};
extern const char *const container_status_names[]; /* index status - 1, NULL-terminated */

struct container_state {
	const char *oci_version; /* of its configuration */
	const char *id;
	pid_t pid; /* 0 when stopped */
	enum container_status status;
	const char *bundle, *rootfs;
	const char *created; /* RFC 3339, nanoseconds, UTC */
	string_map annotations;
	uid_t owner; /* of its state directory */
	struct arena arena;
};

/* Free with container_state_free also after an error. */
int container_state(
	const struct runtime *rt, const char *id, struct container_state *out, struct error *err);
void container_state_free(struct container_state *state);
#define cleanup_state __attribute__((cleanup(container_state_free)))

/* Calls each(context, state, problem) for every container, in the order of their names; the state
 * is freed afterwards. Where the state of one can't be read, problem isn't NULL and state holds its
 * id and owner only. One that is deleted meanwhile is left out. A missing root is an error unless
 * it is the default one. Stops at the first each() that doesn't return 0, and returns what it
 * returned; -1 for an error. */
int container_list(const struct runtime *rt,
	int (*each)(
		void *context, const struct container_state *state, const struct error *problem),
	void *context, struct error *err);

/* ---- kill, delete, pause, resume ---- */

/* all: a container that isn't running is no error, and every process of its cgroup gets the signal.
 * SIGKILL on a container without a PID namespace of its own kills the whole cgroup anyway. */
int container_kill(
	const struct runtime *rt, const char *id, int signal, bool all, struct error *err);

/* force: kills it first; a container that doesn't exist is no error. */
int container_delete(const struct runtime *rt, const char *id, bool force, struct error *err);
int container_pause(const struct runtime *rt, const char *id, struct error *err);
int container_resume(const struct runtime *rt, const char *id, struct error *err);

/* ---- exec ---- */

struct exec_user {
	struct opt_uint32 uid, gid;
};

struct exec_options {
	const char *id;
	const char *process; /* a file with a process in JSON; with it, what stands up to `tty` is
				not used. NULL: none */
	/* the process of the container's configuration, with these in the place of its own where
	 * they are set */
	string_list args;
	const char *cwd;
	string_list env; /* NAME=VALUE, added; the last of a name wins */
	struct exec_user user;
	LIST(uint32_t) additional_gids; /* added */
	string_list capabilities;       /* added: CAP_... */
	struct opt_bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	bool tty;
	/* always */
	const char *console_socket, *pidfd_socket, *pid_file;
	string_list cgroups; /* for cgroup_exec_open() */
	unsigned preserve_fds;
	bool detach;
	bool ignore_paused;
};

/* *exit_status as container_run. Returns -1 where the process couldn't be started. */
int container_exec(const struct runtime *rt, const struct exec_options *options, int *exit_status,
	struct error *err);

/* ---- ps, events, update ---- */

/* Every process of the container's cgroup, as the caller's PID namespace counts. The caller frees
 * pids->v. */
int container_ps(
	const struct runtime *rt, const char *id, struct pid_list *pids, struct error *err);

/* Appends the statistics to out: the object `data` of an event, as JSON without line ends: what
 * cgroup_stats() writes, then intel_rdt and network_interfaces. A container that isn't running is
 * an error. */
int container_stats(const struct runtime *rt, const char *id, struct buf *out, struct error *err);

enum container_event { CONTAINER_EVENT_STATS, CONTAINER_EVENT_OOM };

/* Calls each(context, CONTAINER_EVENT_STATS, data) with the statistics as container_stats() gives
 * them every `interval` milliseconds (over 0), the first time after one, and each(context,
 * CONTAINER_EVENT_OOM, NULL) for every out-of-memory kill, until the container ends or each()
 * returns something else than 0. A container that isn't running is an error. Returns 0 when it
 * ended, what each() returned, or -1 for an error. */
int container_events(const struct runtime *rt, const char *id, uint64_t interval,
	int (*each)(void *context, enum container_event event, const char *data), void *context,
	struct error *err);

/* Changes what is set in resources (its device rules are ignored) and, where it isn't NULL, in rdt
 * (the two schemas). */
int container_update(const struct runtime *rt, const char *id,
	const struct oci_resources *resources, const struct oci_intel_rdt *rdt, struct error *err);

/* ---- features ---- */

/* What this hull can do, as features.md and features-linux.md of the runtime-spec have it: derived
 * from the tables that the code itself uses. */
struct features {
	const char *oci_version_min, *oci_version_max;
	string_list hooks, mount_options;
	struct {
		string_list namespaces, capabilities;
		struct {
			struct opt_bool v1, v2, systemd, systemd_user, rdma;
		} cgroup;
		struct {
			struct opt_bool enabled;
			string_list actions, operators, archs, known_flags, supported_flags;
		} seccomp;
		struct {
			struct opt_bool enabled;
		} apparmor, selinux;
		struct {
			struct opt_bool enabled, schemata, monitoring;
		} intel_rdt;
		struct {
			string_list modes, flags;
		} memory_policy;
		struct {
			struct {
				struct opt_bool enabled;
			} idmap;
		} mount_extensions;
		struct {
			struct opt_bool enabled;
		} net_devices;
	} linux;
	string_map annotations;
	string_list potentially_unsafe_config_annotations;
	struct arena arena;
};
extern const struct json_table features_table;

int container_features(struct features *features, struct error *err);
void container_features_free(struct features *features);
#define cleanup_features __attribute__((cleanup(container_features_free)))

/* ---- mounts of a running container ---- */

/* file: JSON, a list of mounts as config.json has it, or an object with such a list as its
 * `mounts`. */
int container_mounts_add(
	const struct runtime *rt, const char *id, const char *file, struct error *err);
int container_mounts_remove(
	const struct runtime *rt, const char *id, const char *file, struct error *err);

/* ---- what hull keeps between containers ---- */

/* Removes it: the pinned mount namespace, cached seccomp filters and device programs, records of IDs
 * whose containers are gone, and the default state root if it is empty. Containers aren't touched.
 * *removed (in arena) names what was removed, for people. */
int container_clean(const struct runtime *rt, struct arena *arena, string_list *removed,
	struct error *err);
