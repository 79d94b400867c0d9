/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last steps of a process of hull that becomes a process of the container: the same for the
 * init and for exec. Two halves: what can fail for a reason in the configuration is looked at first
 * (payload_prepare, at create), what only the last moment may do comes in payload_exec.
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
	char *executable; /* args[0], found in PATH */
	struct capability_sets capabilities;
	mode_t umask;
	unsigned listen_fds; /* LISTEN_FDS, with LISTEN_PID: sd_listen_fds(3) */
	bool keep_groups;    /* the caller's, annotation run.oci.keep_original_groups */
	bool make_cwd;       /* where it is missing */
	bool in_cwd;         /* already there; else it is entered as the user */
	int procfd; /* the host's procfs where a security label has to be written; else -1 */
};

struct payload_seccomp {
	const struct sock_filter *program;
	size_t n; /* 0: no filter */
	unsigned flags;
};

/* Whether there is a filter: by linux.seccomp, or a ready program in the annotation
 * run.oci.seccomp_bpf_data. */
bool payload_has_seccomp(const struct oci_config *config);

/* On the host's side: that filter as the program that runs in the kernel. */
int payload_compile_seccomp(
	const struct oci_config *config, struct buf *program, unsigned *flags, struct error *err);

/* Whether the process keeps its caller's supplementary groups. */
bool payload_keeps_groups(const struct oci_config *config);

/* In the container's root. linux is for personality and memory policy. */
int payload_prepare(struct payload *payload, const struct oci_process *process,
	const struct oci_linux *linux, struct arena *arena, mode_t caller_umask, struct error *err);

/* Becomes the process. Tells sock SYNC_EXEC just before. fds from 3 + preserved on are closed.
 * Returns only on error. */
int payload_exec(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	unsigned preserved, struct error *err);
