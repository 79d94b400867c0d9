/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call of CRIU: the directories of its files, the options that checkpoint and restore have in
 * common, the process, and what to say when it fails.
 */
#pragma once
#include "container/criu/externals.h"
#include "linux/criu/criu.h"

struct criu_job {
	const struct criu_settings *settings;
	struct arena arena;
	const char *images_path, *work_path; /* for messages */
	int images_fd, work_fd;
	bool dump;
	bool made_directories; /* created by criu_job_open() */
	struct record record;
	external_list externals;
	struct criu_options options;
	struct oci_resources early; /* limits of the cgroup while CRIU restores */
	int kept[16];               /* descriptors passed to CRIU */
	size_t nkept;
	struct criu_session session;
};

/*
 * Opens the directories. dump: creates missing ones. Close with criu_job_close(), after an error
 * too. Returns 0 or -1.
 */
int criu_job_open(
	struct criu_job *job, const struct criu_settings *settings, bool dump, struct error *err);

/*
 * Writes hull's record beside the images, and the names of the standard streams in runc's format
 * (descriptors.json). Returns 0 or -1.
 */
int criu_job_write_record(struct criu_job *job, pid_t init, struct error *err);
int criu_job_read_record(struct criu_job *job, struct error *err);

/*
 * After the dump: makes streams that are host files replaceable by any descriptor, and detaches
 * mounts from their host peers; externals_share() connects them again. Returns 0 or -1.
 */
int criu_job_edit_images(struct criu_job *job, struct error *err);

/*
 * After the dump of a container with a user namespace, whose processes read the images at restore:
 * makes the images readable for all. The directory belongs to hull's caller alone, so nobody
 * exchanges its files. Returns 0, or -1 with err set.
 */
int criu_job_share_images(struct criu_job *job, struct error *err);

/*
 * Returns the limits to set before CRIU runs. Memory and task limits follow when it is done,
 * because it runs in the cgroup and needs some itself. resources may be NULL.
 */
const struct oci_resources *criu_job_early_limits(
	struct criu_job *job, const struct oci_resources *resources);

/* Declares an external resource to CRIU. */
void criu_job_external(struct criu_job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the options for dump and restore, from settings and configuration. Returns 0 or -1. */
int criu_job_prepare(struct criu_job *job, const struct creation *c, struct error *err);

/*
 * Starts CRIU. Runs prepare(c) in the child first. in_cgroup: put it in the container's cgroup.
 * Returns 0 or -1.
 */
int criu_job_start(struct criu_job *job, struct creation *c, bool in_cgroup,
	int (*prepare)(struct creation *c, struct error *err), struct error *err);

/*
 * Checks what this CRIU and this kernel support, and sends the request. An error includes the end
 * of CRIU's log. Returns 0 or -1.
 */
int criu_job_run(struct criu_job *job, criu_notify *notify, struct creation *c,
	struct criu_answer *answer, struct error *err);

/*
 * After a failed dump: removes hull's own files, so that the images can't be mistaken for a
 * checkpoint, and the directories made by criu_job_open(), if empty.
 */
void criu_job_discard(struct criu_job *job);

/* Waits until CRIU has exited, and closes everything. */
void criu_job_close(struct criu_job *job);
