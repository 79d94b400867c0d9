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

/* Through procfd, the root of the host's procfs (linux/procfs.h): the LSM labels for the next
 * execve(2), and with `keyring` the label of the keyring that is joined next. What is forked
 * afterwards executes with these labels as well. Where payload_has_labels() is false, nothing is
 * written. */
bool payload_has_labels(const struct oci_process *process);
int payload_set_labels(
	int procfd, const struct oci_process *process, bool keyring, struct error *err);

/* In the container's root, when nothing is open any more that leads to the host: from here on paths
 * are looked up that the container has made. linux is for personality and memory policy. */
int payload_prepare(struct payload *payload, const struct oci_process *process,
	const struct oci_linux *linux, struct arena *arena, mode_t caller_umask, struct error *err);

/* Gives the calling process all that the container's process has: signals, user, groups,
 * capabilities, working directory, umask, no_new_privs; and, by the second, seccomp, after which
 * execve(2) has to follow. A listener of the filter is sent over `sock`. What is forked by the one
 * that waits for start becomes the same, and can be a startContainer hook. */
int payload_become(
	struct payload *payload, const struct payload_seccomp *seccomp, struct error *err);
int payload_confine(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	struct error *err);

/* Becomes the process and executes it. Tells sock SYNC_EXEC just before. Descriptors from 3 +
 * preserved on don't get into it. Returns only on error. */
int payload_exec(struct payload *payload, const struct payload_seccomp *seccomp, int sock,
	unsigned preserved, struct error *err);
