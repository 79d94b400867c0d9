/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public interface of the library: what can be done with a container, one function per command.
 * Nothing here prints: results are returned in structs and through callbacks, failures in a struct
 * error. Paths in options are relative to the caller's working directory, which the library never
 * changes. Strings in options stay the caller's.
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

/*
 * --rootless: skips the cgroup operations that need privileges. AUTO: true if hull isn't root or
 * runs in a user namespace.
 */
enum rootless { ROOTLESS_AUTO, ROOTLESS_FALSE, ROOTLESS_TRUE };

/* The global options, which every command receives. */
struct runtime {
	const char *root;     /* --root: absolute, clean, not "/" */
	bool root_is_default; /* no --root was given: create it if it is missing; treat a missing
				 one as empty */
	bool root_is_sticky;  /* below XDG_RUNTIME_DIR: mode 01700, because the sticky bit keeps
				 tmpfiles cleaners away */
	enum cgroup_manager cgroup_manager;
	enum rootless rootless;
	char **argv;  /* of this process; self_protect() executes it again */
	int trace_fd; /* file of --trace; -1: none */
};

/* ---- user namespaces from the command line ---- */

struct userns_options {
	const char *mode;               /* "auto", "auto:size=N", "host", "path:FILE"; NULL: use the
					   configuration's mapping */
	string_list uid_maps, gid_maps; /* "[FLAGS]CONTAINER:HOST[:SIZE]", podman-run(1) */
	const char *idmap_rootfs;       /* "auto", "always", "never"; NULL: use the annotation
					   io.hull.rootfs.idmap */
};

/* ---- create, run, start ---- */

struct create_options {
	const char *id;
	const char *bundle;           /* NULL: the working directory */
	const char *config;           /* NULL: config.json in the bundle */
	const char *console_socket;   /* NULL: none */
	const char *pidfd_socket;     /* NULL: none */
	const char *pid_file;         /* NULL: none */
	const char *notify_socket;    /* NOTIFY_SOCKET from the caller's environment; NULL: none */
	const char *seccomp_receiver; /* RUN_OCI_SECCOMP_RECEIVER: used if the configuration has no
					 listenerPath; NULL: none */
	unsigned preserve_fds; /* number of descriptors, from 3 + listen_fds, that the container
				  keeps */
	unsigned listen_fds;   /* number of descriptors, from 3, passed as LISTEN_FDS */
	bool no_pivot;
	bool no_new_keyring;
	struct userns_options userns;
	/* the rest is for container_run() */
	bool detach;
	bool keep;         /* --keep: don't delete the container when its process ends */
	bool no_subreaper; /* leave the container's orphaned processes to the caller's reaper */
};

/*
 * Creates a container whose init waits for container_start(). After an error nothing of it remains.
 * Returns 0 or -1.
 */
int container_create(
	const struct runtime *rt, const struct create_options *options, struct error *err);

/*
 * Appends a default configuration as JSON. rootless: for an unprivileged caller. name: with
 * userns->mode "auto", decides which free block of IDs is chosen; without subordinate IDs, a block
 * that no user of the host has and that is outside the kubelet's range. Returns 0 or -1.
 */
int container_spec(const struct runtime *rt, const char *name, bool rootless,
	const struct userns_options *userns, struct buf *out, struct error *err);

/*
 * Creates and starts a container. *exit_status: the process's, or 128 + signal; 0 if detached.
 * Returns -1 if the container couldn't be run.
 */
int container_run(const struct runtime *rt, const struct create_options *options, int *exit_status,
	struct error *err);

/* notify_socket: NOTIFY_SOCKET from the caller's environment, or NULL. Returns 0 or -1. */
int container_start(
	const struct runtime *rt, const char *id, const char *notify_socket, struct error *err);

/* ---- checkpoint, restore ---- */

enum { CRIU_MODE_SOFT = 1, CRIU_MODE_FULL, CRIU_MODE_STRICT, CRIU_MODE_IGNORE };
extern const char *const criu_cgroups_modes[]; /* index mode - 1, NULL-terminated */
extern const char *const criu_network_locks[]; /* index lock - 1, NULL-terminated */

struct criu_settings {
	const char *image_path;  /* NULL: `checkpoint` in the working directory */
	const char *work_path;   /* directory of CRIU's log; NULL: image_path */
	const char *parent_path; /* an earlier pre-dump, relative to image_path; NULL: none */
	bool leave_running, pre_dump, link_remap, tcp_skip_in_flight; /* checkpoint only */
	bool tcp_close;                                               /* restore only */
	bool tcp_established, ext_unix_sk, shell_job, lazy_pages, file_locks, auto_dedup;
	const char *page_server;        /* ADDRESS:PORT; NULL: none */
	int status_fd;                  /* -1: none */
	int cgroups_mode, network_lock; /* 0: the default */
	string_list empty_namespaces;   /* "network" */
	const char *lsm_profile, *lsm_mount_context;
};

/*
 * Dumps the container's processes to files. Then deletes the container, as runc does, unless
 * leave_running or pre_dump is set. After an error the container continues to run. Returns 0 or -1.
 */
int container_checkpoint(const struct runtime *rt, const char *id,
	const struct criu_settings *settings, struct error *err);

/*
 * Restores a container from a bundle and the files of container_checkpoint(). Ignores options that
 * apply only to a new process (preserve_fds, userns, ...). *exit_status: see container_run().
 */
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
	const char *oci_version; /* ociVersion of its configuration */
	const char *id;
	pid_t pid; /* 0 when stopped */
	enum container_status status;
	const char *bundle, *rootfs;
	const char *created; /* RFC 3339, nanoseconds, UTC */
	string_map annotations;
	uid_t owner; /* owner of its state directory */
	struct arena arena;
};

/* Free out with container_state_free(), after an error too. */
int container_state(
	const struct runtime *rt, const char *id, struct container_state *out, struct error *err);
void container_state_free(struct container_state *state);
#define cleanup_state __attribute__((cleanup(container_state_free)))

/*
 * Calls each(context, state, problem) for every container, in the order of the IDs, and frees the
 * state afterwards. If a container's state can't be read, problem isn't NULL and state has only id
 * and owner. Skips containers that are deleted meanwhile. A missing root is an error unless it is
 * the default. Stops at the first non-zero result of each() and returns it; returns -1 after an
 * error.
 */
int container_list(const struct runtime *rt,
	int (*each)(
		void *context, const struct container_state *state, const struct error *problem),
	void *context, struct error *err);

/* ---- kill, delete, pause, resume ---- */

/*
 * all: signal every process of the cgroup; succeeds if the container has stopped. SIGKILL for a
 * container without its own PID namespace always goes to the whole cgroup.
 */
int container_kill(
	const struct runtime *rt, const char *id, int signal, bool all, struct error *err);

/* force: kill it first, and succeed if the container doesn't exist. */
int container_delete(const struct runtime *rt, const char *id, bool force, struct error *err);
int container_pause(const struct runtime *rt, const char *id, struct error *err);
int container_resume(const struct runtime *rt, const char *id, struct error *err);

/* ---- exec ---- */

struct exec_user {
	struct opt_uint32 uid, gid;
};

struct exec_options {
	const char *id;
	const char *process; /* file with a process object as JSON; if set, the members up to `tty`
				are ignored. NULL: none */
	/* without `process`: overrides of the configuration's process */
	string_list args;
	const char *cwd;
	string_list env; /* NAME=VALUE; the last value of a name wins */
	struct exec_user user;
	LIST(uint32_t) additional_gids; /* added to those of the configuration */
	string_list capabilities;       /* CAP_...; added to those of the configuration */
	struct opt_bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	bool tty;
	/* with and without `process` */
	const char *console_socket, *pidfd_socket, *pid_file;
	string_list cgroups; /* --cgroup, for cgroup_exec_open() */
	unsigned preserve_fds;
	bool detach;
	bool ignore_paused;
};

/* *exit_status: see container_run(). Returns -1 if the process couldn't be started. */
int container_exec(const struct runtime *rt, const struct exec_options *options, int *exit_status,
	struct error *err);

/* ---- ps, events, update ---- */

/*
 * Lists all processes of the container's cgroup, numbered in the caller's PID namespace. The caller
 * frees pids->v.
 */
int container_ps(
	const struct runtime *rt, const char *id, struct pid_list *pids, struct error *err);

/*
 * Appends the `data` object of a statistics event to out, as JSON on one line: the members of
 * cgroup_stats(), intel_rdt and network_interfaces. Fails if the container isn't running.
 */
int container_stats(const struct runtime *rt, const char *id, struct buf *out, struct error *err);

enum container_event { CONTAINER_EVENT_STATS, CONTAINER_EVENT_OOM };

/*
 * Calls each(context, CONTAINER_EVENT_STATS, data) every `interval` milliseconds (> 0), the first
 * time after one interval, and each(context, CONTAINER_EVENT_OOM, NULL) for each OOM kill, until
 * the container ends or each() returns non-zero. Returns 0 when the container has ended, the
 * non-zero result of each(), or -1. Fails if the container isn't running.
 */
int container_events(const struct runtime *rt, const char *id, uint64_t interval,
	int (*each)(void *context, enum container_event event, const char *data), void *context,
	struct error *err);

/*
 * Applies the limits that are set in resources and, unless rdt is NULL, the two schemas in rdt.
 * Ignores device rules. Returns 0 or -1.
 */
int container_update(const struct runtime *rt, const char *id,
	const struct oci_resources *resources, const struct oci_intel_rdt *rdt, struct error *err);

/* ---- features ---- */

/*
 * The result of `features`, as features.md and features-linux.md of the runtime-spec define it. It
 * is derived from the tables that the code uses.
 */
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

/* Fills in features. Free with container_features_free(). */
void container_features(struct features *features);
void container_features_free(struct features *features);
#define cleanup_features __attribute__((cleanup(container_features_free)))

/* ---- mounts of a running container ---- */

/*
 * file: JSON, either a list of mounts as in config.json, or an object with such a list as `mounts`.
 */
int container_mounts_add(
	const struct runtime *rt, const char *id, const char *file, struct error *err);
int container_mounts_remove(
	const struct runtime *rt, const char *id, const char *file, struct error *err);

/* ---- what hull keeps between containers ---- */

/*
 * Removes the pinned mount namespace, cached seccomp filters and device programs, ID claims of
 * containers that are gone, and the default state root if it is empty. Leaves containers alone.
 * Appends a description of each removed item to *removed, in arena. Returns 0 or -1.
 */
int container_clean(
	const struct runtime *rt, struct arena *arena, string_list *removed, struct error *err);
