/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of doctor.c that stand in files of their own.
 */
#pragma once
#include "container/doctor/doctor.h"

struct doctor {
	const struct runtime *rt;
	const struct doctor_options *options;
	struct findings *findings;
	int userns; /* a user namespace with a mapping, to try with; -1: none could be made */
};

/* found and advice are copied; advice may be NULL. */
void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice,
	const char *found, ...) __attribute__((format(printf, 5, 6)));

/* The same of an error: its hint is the advice. */
void doctor_report_error(
	struct doctor *d, enum verdict verdict, const char *check, const struct error *err);

/* Where a program is, or NULL. */
const char *doctor_find_program(struct doctor *d, const char *name);

void doctor_check_paths(struct doctor *d);
void doctor_check_subids(struct doctor *d);
void doctor_check_helpers(struct doctor *d);
void doctor_check_engines(struct doctor *d);
void doctor_check_bundle(struct doctor *d);

/* Tries to ID-map what lies at fd, with the mapping of a user namespace; path is for the error. */
int doctor_try(int userns, int fd, const char *path, struct error *err);
