/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hull remembers of a container: the directory ROOT/ID (0711) with
 *	state.json	what start, state, kill and delete need, so that they don't parse a
 *configuration config.json	the configuration as it was at create: later edits in the bundle
 *have no effect seccomp.bpf	the compiled filter, for exec
 *	start.sock	between create and start: where the init waits to be told to go
 * state.json is first written before anything else is made, so that whatever a killed `create`
 *leaves can be found.
 */
#pragma once
#include "container/container.h"

struct error;

struct state {
	const char *oci_version, *id, *bundle, *rootfs;
	uint64_t rootfs_mount; /* the id of the mount that stands on the host's rootfs, 0: none */
	int phase;   /* CONTAINER_CREATING until create is done, CONTAINER_CREATED from then on */
	int32_t pid; /* the init; 0 while there is none */
	uint64_t pid_start_time; /* with the pid, who is meant: pids are used again */
	int32_t creator;         /* while creating: the hull that is at it */
	uint64_t creator_start_time;
	const char *created;
	string_map annotations;
	struct cgroup cgroup;
	bool own_pid_namespace;   /* killing the init kills all */
	bool poststart, poststop; /* there are such hooks: config.json must be read for them */
	bool process;             /* there is a process to start */
	bool rootless;
	bool terminal;
	bool no_new_keyring;      /* it shares the session keyring of create's caller */
	bool notify;              /* it has a notify socket */
	const char *userns_claim; /* file below the state root that holds the container's range of
				     ids (--userns=auto) */
	const char *intel_rdt;    /* the CLOS directory or MON group to remove */
	oci_device_rule_list
		devices; /* that update has set; none: those of the configuration hold */
	uint32_t seccomp_flags;
	struct opt_uint32 kept_out; /* the owner of hull's binary, who has no ID among all that see
				       the container's processes */
	uid_t owner;                /* of the directory; not in the file */
	struct arena arena;
};

/* Letters, digits, "_+.-", not "." or ".."; up to 255. */
int container_id_check(const char *id, struct error *err);

/* Opens the state root; make: where it is missing (and only the default one may be missing
 * otherwise: -1 with ENOENT). */
int state_root_open(const struct runtime *rt, bool make, struct error *err);

/* The directory of a container: "container does not exist" (ENOENT) when it's missing. */
int state_open(const struct runtime *rt, const char *id, struct error *err);

int state_read(int dirfd, struct state *state, struct error *err);
int state_write(int dirfd, const struct state *state, struct error *err);

/* Into a directory that has none yet. As long as the file is empty there is no such container. */
int state_write_first(int dirfd, const struct state *state, struct error *err);
void state_free(struct state *state);
#define cleanup_state_file __attribute__((cleanup(state_free)))

/* Opens and reads in one. Returns the directory's fd. */
int state_load(const struct runtime *rt, const char *id, struct state *state, struct error *err);

/* What the container is now, from the state, the process and the cgroup. */
enum container_status state_status(struct state *state, int dirfd);

/* Reads the configuration as it was at create. Free with config_free(), after an error too. */
int state_config(int dirfd, struct oci_config *config, struct error *err);

/* The state of the spec (state-schema.json), as hooks and the seccomp listener get it. */
void state_spec_json(
	struct buf *out, const struct state *state, enum container_status status, pid_t pid);

/* Removes the directory and all that is in it. */
int state_remove(int rootfd, const char *id, struct error *err);

/* RFC 3339 with nanoseconds, UTC, of now. */
const char *state_timestamp(struct arena *arena);
