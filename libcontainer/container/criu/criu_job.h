/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call of CRIU: the directories of its files, and the options that checkpoint and restore
 * share. images.h handles the files in the directories, request.h the process.
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
 * Returns the limits to set before CRIU runs. Memory and task limits follow afterwards, because
 * CRIU runs in the cgroup and needs some of both. resources may be NULL.
 */
const struct oci_resources *criu_job_early_limits(
	struct criu_job *job, const struct oci_resources *resources);

/* Declares an external resource to CRIU. */
void criu_job_external(struct criu_job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the options for dump and restore, from settings and configuration. Returns 0 or -1. */
int criu_job_prepare(struct criu_job *job, const struct setup *c, struct error *err);

/* Preserves a descriptor across CRIU's exec. It stays the caller's. */
static inline void criu_job_keep(struct criu_job *job, int fd)
{
	job->kept[job->nkept++] = fd;
}

/* Waits until CRIU has exited, and closes everything. */
void criu_job_close(struct criu_job *job);
