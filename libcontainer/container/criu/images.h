/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files in the images directory: hull's record beside CRIU's images, and hull's changes to the
 * images.
 */
#pragma once
#include "container/criu/criu_job.h"

/*
 * Writes hull's record beside the images, and the names of the standard streams in runc's format
 * (descriptors.json). Returns 0 or -1.
 */
int criu_job_write_record(struct criu_job *job, pid_t init, struct error *err);
int criu_job_read_record(struct criu_job *job, struct error *err);

/*
 * After CRIU has written all images: makes streams that are host files replaceable by any
 * descriptor, and detaches mounts from their peers on the host; externals_share() connects them
 * again. Returns 0 or -1.
 */
int criu_job_edit_images(struct criu_job *job, struct error *err);

/*
 * After the dump of a container with a user namespace, whose processes read the images at restore:
 * makes the images readable for everybody. The directory belongs to hull's caller alone, so others
 * can't exchange its files. Returns 0, or -1 with err set.
 */
int criu_job_share_images(struct criu_job *job, struct error *err);

/*
 * After a failed dump: removes hull's own files, so that the images can't be mistaken for a
 * checkpoint, and the directories made by criu_job_open(), if empty.
 */
void criu_job_discard(struct criu_job *job);
