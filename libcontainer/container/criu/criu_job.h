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
	const char *images_path, *work_path; /* for words */
	int images_fd, work_fd;
	bool dump;
	bool made_directories; /* by criu_job_open() */
	struct record record;
	external_list externals;
	struct criu_options options;
	struct oci_resources early; /* limits of the cgroup that CRIU makes the processes in */
	int kept[16];               /* descriptors that CRIU gets */
	size_t nkept;
	struct criu_session session;
};

/* Opens the directories; dump: makes those that are missing. Close with criu_job_close() also after
 * an error. */
int criu_job_open(
	struct criu_job *job, const struct criu_settings *settings, bool dump, struct error *err);

/* The record beside the images, and the names of the standard streams as runc writes them
 * (descriptors.json). */
int criu_job_write_record(struct criu_job *job, pid_t init, struct error *err);
int criu_job_read_record(struct criu_job *job, struct error *err);

/* After the dump: lets any descriptor take the place of a stream that was a file of the host, and
 * cuts the mounts off from the host's, which externals_share() connects again. */
int criu_job_edit_images(struct criu_job *job, struct error *err);

/* Limits of memory and tasks come when CRIU is done: it is in the cgroup, and needs some itself.
 * resources may be NULL. */
const struct oci_resources *criu_job_early_limits(
	struct criu_job *job, const struct oci_resources *resources);

/* Tells CRIU of something that isn't the container's own. */
void criu_job_external(struct criu_job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Options of both directions, from the settings and the configuration. */
int criu_job_prepare(struct criu_job *job, const struct creation *c, struct error *err);

/* Starts CRIU, with prepare(c) done in it first, when it is in the container's cgroup: in_cgroup.
 */
int criu_job_start(struct criu_job *job, struct creation *c, bool in_cgroup,
	int (*prepare)(struct creation *c, struct error *err), struct error *err);

/* The request, after a look at what this CRIU and this kernel can do. An error has the end of
 * CRIU's log. */
int criu_job_run(struct criu_job *job, criu_notify *notify, struct creation *c,
	struct criu_answer *answer, struct error *err);

/* After a failed dump: removes hull's own files, so that nothing takes the images for a checkpoint,
 * and the directories that criu_job_open() made, if they are empty. */
void criu_job_discard(struct criu_job *job);

/* Waits until CRIU is gone, and closes everything. */
void criu_job_close(struct criu_job *job);
