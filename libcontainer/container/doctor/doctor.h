/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Can this host run containers - pods - with user namespaces (`hull doctor`)? What the documents of
 * Kubernetes, containerd and CRI-O ask for, each looked at or tried on this host. Nothing is
 * changed.
 */
#pragma once
#include "container/container.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_BAD };

struct finding {
	const char *check; /* what was looked at */
	enum verdict verdict;
	const char *found;
	const char *advice; /* what to do; NULL: nothing */
};

struct findings {
	struct finding *v;
	size_t n;
	struct arena arena;
};

struct doctor_options {
	string_list paths;  /* where ID-mapped mounts are tried; empty: where the engines that are
			       here keep things */
	const char *bundle; /* NULL: none is checked */
};

/* Fills in findings; free them with findings_free() also after an error. */
int container_doctor(const struct runtime *rt, const struct doctor_options *options,
	struct findings *findings, struct error *err);
void findings_free(struct findings *findings);
#define cleanup_findings __attribute__((cleanup(findings_free)))

/* The worst of them. */
enum verdict findings_verdict(const struct findings *findings);
