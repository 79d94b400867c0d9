/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hull stores about a container: the directory ROOT/ID (0700) with
 *	state.json	what start, state, kill and delete need, then what exec needs of the
 *			configuration
 *	config.json	the configuration at the time of create: later edits in the bundle have
 *			no effect
 *	seccomp.bpf	the compiled filter, for exec
 *	start.sock	between create and start: the socket at which the init waits
 *	notify/		the directory of the container's notify socket (wire/notify.h)
 * state.json names the cgroup before it is created, so that `delete --force` finds what a killed
 * `create` leaves. Only two things are created earlier: the copy of config.json, and the claim of
 * IDs (ranges.h), which is void after this directory is gone and no process has the IDs. state.json
 * is replaced as a whole by rename(2), so a reader sees one state or the next, never a mixture.
 */
#pragma once
#include "container/container.h"

struct error;

struct state {
	uint32_t version; /* of the file that was read; writing always uses the current version */
	const char *oci_version, *id, *bundle, *rootfs;
	uint64_t rootfs_mount; /* ID of the mount on the host's rootfs; 0: none */
	int phase;   /* CONTAINER_CREATING, or CONTAINER_CREATED once create has finished */
	int32_t pid; /* the init; 0 while there is none */
	uint64_t pid_start_time; /* of the init, in clock ticks since boot: PIDs are reused */
	int32_t creator;         /* the hull that is creating the container, else 0 */
	uint64_t creator_start_time;
	const char *created; /* RFC 3339 */
	string_map annotations;
	struct cgroup cgroup;
	bool own_pid_namespace;   /* killing the init kills all processes */
	bool poststart, poststop; /* config.json has such hooks */
	bool process;             /* there is a process to start */
	bool rootless;
	bool terminal;
	bool no_new_keyring;      /* the container shares the session keyring of create's caller */
	bool notify;              /* the container has a notify socket (sd_notify) */
	uint64_t user_namespace;  /* its inode, if IDs are claimed; else 0 */
	const char *userns_claim; /* the claimed block of IDs, see id_block_text(); NULL: none
				     (without --userns=auto) */
	const char *intel_rdt;    /* the CLOS directory or MON group to remove */
	oci_device_rule_list devices; /* set by update; empty: the configuration's rules hold */
	uint32_t seccomp_flags;
	/*
	 * Owner of hull's binary, if no namespace that sees the container's processes maps that
	 * user: then exec needn't protect the binary.
	 */
	struct opt_uint32 kept_out;
	struct oci_config *exec; /* what exec needs of the configuration; NULL: not read, or
				    written by hull 0.1 */
	uid_t owner;             /* of the directory; not in the file */
	struct arena arena;      /* of strings and lists that were read */
};

/* A state that holds nothing; state_free() does nothing with it. */
#define STATE_NONE ((struct state){ .cgroup = { .fd = -1 } })

/*
 * Returns 0 if id is made of letters, digits and "_+.-", is up to 255 bytes long and not "." or
 * "..".
 */
int state_check_id(const char *id, struct error *err);

/*
 * Opens the state root. make: creates it if it is missing. Returns a descriptor; or -1 with errno
 * and err, ENOENT if the root is missing.
 */
int state_root_open(const struct runtime *rt, bool make, struct error *err);

/*
 * Opens a container's directory, if it is ours. Returns a descriptor; or -1 with "container does
 * not exist" (ENOENT) or another error.
 */
int state_open(const struct runtime *rt, const char *id, struct error *err);

/*
 * Reads state.json, except for `exec`. A missing or empty file is "container does not exist"
 * (ENOENT). Free with state_free(), after an error too.
 */
int state_read(int dirfd, struct state *state, struct error *err);

/*
 * Opens the directory and reads the state, except for `exec`. Returns the directory's descriptor,
 * or -1. state_load_whole() reads `exec` too, for a state that is to be written again.
 */
int state_load(const struct runtime *rt, const char *id, struct state *state, struct error *err);
int state_load_whole(
	const struct runtime *rt, const char *id, struct state *state, struct error *err);

/* Replaces state.json. */
int state_write(int dirfd, const struct state *state, struct error *err);

/*
 * Writes state.json into a directory that has none. As long as the file is empty, the container
 * doesn't exist for other commands.
 */
int state_write_first(int dirfd, const struct state *state, struct error *err);
void state_free(struct state *state);
#define cleanup_state_file __attribute__((cleanup(state_free)))

/* Returns the container's status, derived from the state, the process and the cgroup. */
enum container_status state_status(struct state *state, int dirfd);

/* Reads the configuration as it was at create. Free with config_free(), after an error too. */
int state_config(int dirfd, struct oci_config *config, struct error *err);

/* config_memory_hint() of that configuration. Returns -1. */
int state_memory_hint(int dirfd, struct error *err) __attribute__((cold, noinline));

/*
 * Sets config to the part of the configuration that exec needs, from a state that was loaded whole;
 * it lives as long as the state. For a state of hull 0.1, reads config.json. Free with
 * config_free().
 */
int state_config_for_exec(
	int dirfd, const struct state *state, struct oci_config *config, struct error *err);

/*
 * Appends the state as the specification defines it (state-schema.json), for hooks and the seccomp
 * agent. pid 0: without one.
 */
void state_spec_json(
	struct buf *out, const struct state *state, enum container_status status, pid_t pid);

/*
 * Removes a container's directory and everything in it. A missing one is no error. dirfd: it, if it
 * is open, so that the files of another container that has got the ID stay; else -1.
 */
int state_remove(int rootfd, const char *id, int dirfd, struct error *err);

/* The same for one in the state root, which needn't be open. */
int state_remove_open(const struct runtime *rt, const char *id, int dirfd, struct error *err);

/* Returns the time now as RFC 3339 with nanoseconds, in UTC. */
const char *state_timestamp(struct arena *arena);
