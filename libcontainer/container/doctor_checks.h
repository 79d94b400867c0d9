/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of doctor.c that stand in files of their own.
 */
#pragma once
#include "container/doctor.h"

struct doctor {
	const struct runtime *rt;
	const struct doctor_options *options;
	struct findings *findings;
	int userns; /* a user namespace with a mapping, to try with; -1: none could be made */
};

/* found and advice are copied; advice may be NULL. */
void doctor_report(struct doctor *d, enum verdict verdict, const char *check, const char *advice, const char *found, ...)
	__attribute__((format(printf, 5, 6)));

void doctor_check_subids(struct doctor *d);
void doctor_check_bundle(struct doctor *d);

/* Tries to ID-map what lies at path. */
int doctor_try(const struct doctor *d, const char *path, struct error *err);
