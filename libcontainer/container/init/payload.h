/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last steps of a process of hull that becomes a process of the container, the same for the
 * init and for exec. payload_prepare() does what can fail because of the configuration; the init
 * calls it at create, before it waits for start. payload_exec() does the rest, immediately before
 * execve(2).
 */
#pragma once
#include <sys/types.h>
#include <linux/filter.h>

#include "linux/process/capabilities.h"
#include "spec/config.h"

struct error;

struct payload {
	const struct oci_process *process;
	char **argv;
	char **env;       /* without duplicates, with HOME */
	char *executable; /* args[0] resolved with PATH */
	struct capability_sets capabilities;
	mode_t umask;
	unsigned listen_fds; /* number of LISTEN_FDS, sd_listen_fds(3) */
	bool keep_groups;    /* keep the caller's groups: annotation run.oci.keep_original_groups */
	bool make_cwd;       /* create a missing cwd */
	bool in_cwd;         /* the working directory is entered; false: enter it as the user */
};

struct payload_seccomp {
	const struct sock_filter *program;
	size_t n; /* 0: no filter */
	unsigned flags;
};

/*
 * Returns true if there is a filter: linux.seccomp, or the annotation run.oci.seccomp_bpf_data with
 * a compiled one.
 */
bool payload_has_seccomp(const struct oci_config *config);

/* Returns false if annotations specify more about the filter than linux.seccomp does. */
bool payload_seccomp_is_profile(const struct oci_config *config);

/*
 * Host side: appends the filter to program as BPF instructions, and sets *flags for seccomp(2).
 * Returns 0 or -1.
 */
int payload_compile_seccomp(
	const struct oci_config *config, struct buf *program, unsigned *flags, struct error *err);

/* Returns true if the process keeps the supplementary groups of hull's caller. */
bool payload_keeps_groups(const struct oci_config *config);

/*
 * Writes the LSM labels for the next execve(2) and, with `keyring`, for the next keyring, through
 * procfd, the root of the host's procfs (linux/namespaces/procfs.h). Children inherit them. Does
 * nothing if payload_has_labels() is false.
 */
bool payload_has_labels(const struct oci_process *process);
int payload_set_labels(
	int procfd, const struct oci_process *process, bool keyring, struct error *err);

/*
 * Prepares the process in the container's root. Resolves paths that the container controls, so
 * nothing open may lead to the host any more. linux: for personality and memory policy.
 */
int payload_prepare(struct payload *payload, const struct oci_process *process,
	const struct oci_linux *linux, struct arena *arena, mode_t caller_umask, struct error *err);

/*
 * Sets everything that the container's process has: signals, user, groups, capabilities, working
 * directory, umask, no_new_privs. Then payload_confine() loads the filter and drops the capability
 * that loading needed; only execve(2) may follow. A listener is sent over `sock`. Children inherit
 * all of this: a child of the waiting init becomes a startContainer hook.
 */
int payload_become(
	struct payload *payload, const struct payload_seccomp *seccomp, struct error *err);
int payload_confine(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	struct error *err);

/*
 * Becomes the process and executes it. Sends SYNC_EXEC over sock just before. Marks descriptors
 * from 3 + preserved on close-on-exec. Returns only on error.
 */
int payload_exec(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	unsigned preserved, struct error *err);
