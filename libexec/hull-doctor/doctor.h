/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull-doctor: can this host run containers and pods with user namespaces? Each check looks at or
 * tries one thing that Kubernetes, containerd, CRI-O or hull need. It changes nothing on the host.
 */
#pragma once
#include <libmount.h>

#include "base/json/json.h"
#include "container/container.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_BAD };

struct finding {
	const char *check; /* what was checked */
	enum verdict verdict;
	const char *found;
	const char *advice; /* what to do, if possible a command; NULL: nothing */
};

struct findings {
	struct finding *v;
	size_t n, room;
	struct arena arena;
};

struct doctor {
	struct runtime rt;
	string_list paths;  /* where to try ID-mapped mounts; empty: the data directories of this
			       host's engines */
	const char *bundle; /* NULL: none is checked */
	struct findings findings;
	int userns;                  /* a user namespace with a mapping, for tests; -1: none */
	struct libmnt_table *mounts; /* of this mount namespace; NULL: unreadable */
};

/* Adds a finding. found and advice are copied; advice may be NULL. */
void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
	const char *found, ...) __attribute__((format(printf, 5, 6)));

/* Adds an error as a finding. The error's hint becomes the advice. */
void doctor_report_error(
	struct doctor *d, enum verdict verdict, const char *check, const struct error *err);

/* Returns the worst verdict of all findings. */
enum verdict findings_verdict(const struct findings *findings);

/* Appends the findings: one line each, or as JSON. */
void findings_text(struct buf *out, const struct findings *findings);
void findings_json(struct buf *out, const struct findings *findings);

/* The checks, in the order in which they run. */
void doctor_check_kernel(struct doctor *d);
void doctor_check_paths(struct doctor *d);
void doctor_check_subids(struct doctor *d);
void doctor_check_helpers(struct doctor *d);
void doctor_check_cgroups(struct doctor *d);
void doctor_check_engines(struct doctor *d);
void doctor_check_bundle(struct doctor *d);

/* Returns the path of a program in the usual directories, or NULL. */
const char *doctor_find_program(struct doctor *d, const char *name);

/* Returns the first line of a file, or NULL if it can't be read. */
const char *doctor_line_of(struct doctor *d, const char *path);

/* Tries to ID-map the mount at fd with the mapping of a user namespace. path is for the error. */
int doctor_try(int userns, int fd, const char *path, struct error *err);

/* ---- mounts.c: what libmount knows ---- */

/* Returns the mount that path is on, or NULL. Follows symbolic links. */
struct libmnt_fs *doctor_mount_of(struct doctor *d, const char *path);

/* Describes a mount: "ext4 /dev/sda1 at /, rw,relatime, shared". */
const char *doctor_mount_text(struct doctor *d, struct libmnt_fs *fs);

/* Returns true if the option is one of the comma-separated per-mount options. */
bool doctor_mount_has(struct libmnt_fs *fs, const char *option);

/* Returns true if mounts made below it propagate to its peers. */
bool doctor_mount_is_shared(struct libmnt_fs *fs);

/* Reports how path is mounted: what covers it, and options that hinder a container. */
void doctor_check_mount(struct doctor *d, const char *path);

/*
 * Calls each() for every mount below path, in the table's order, but not for the one at path
 * itself.
 */
void doctor_each_below(struct doctor *d, const char *path,
	void (*each)(struct doctor *d, struct libmnt_fs *fs, void *context), void *context);
