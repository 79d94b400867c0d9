/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.intelRdt: the container's class of service and monitoring group in resctrl (the kernel's
 * Documentation/filesystems/resctrl.rst). Runs on the host side.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;
struct json_writer;

/*
 * Names what intel_rdt_create() is going to make, and intel_rdt_remove() must remove after the
 * container: *remove, in arena; NULL: nothing. The state records it first: a hull that is killed
 * leaves nothing that `delete` doesn't find. Returns 0 or -1.
 */
int intel_rdt_plan(const struct oci_intel_rdt *config, const char *id, struct arena *arena,
	const char **remove, struct error *err);

/*
 * Puts pid into the directory named by /linux/intelRdt/closID (default: id, created), and, with
 * enableMonitoring, into a monitoring group of its own. Undoes everything after an error. Returns 0
 * or -1.
 */
int intel_rdt_create(
	const struct oci_intel_rdt *config, const char *id, pid_t pid, struct error *err);

/* The same in a resctrl filesystem that is mounted elsewhere (tests). */
struct intel_rdt_place {
	const char *resctrl; /* where it is mounted */
	const struct oci_intel_rdt *config;
	const char *id;
};
int intel_rdt_plan_in(const struct intel_rdt_place *place, struct arena *arena, const char **remove,
	struct error *err);
int intel_rdt_create_in(const struct intel_rdt_place *place, pid_t pid, struct error *err);

/* Puts another process of the container where intel_rdt_create() put the first. Returns 0 or -1. */
int intel_rdt_enter(
	const struct oci_intel_rdt *config, const char *id, pid_t pid, struct error *err);
int intel_rdt_enter_in(const struct intel_rdt_place *place, pid_t pid, struct error *err);

/* Removes the group that intel_rdt_plan() named. A missing one is no error. Returns 0 or -1. */
int intel_rdt_remove(const char *remove, struct error *err);

/*
 * Writes the members of `intel_rdt` in `events --stats`, with runc's names, into the open object:
 * hardware properties, the root's and the container's schemata, and, with enableMonitoring, usage
 * of its group. Returns 0 or -1.
 */
int intel_rdt_stats(const struct oci_intel_rdt *config, const char *id, struct json_writer *w,
	struct error *err);
int intel_rdt_stats_in(
	const struct intel_rdt_place *place, struct json_writer *w, struct error *err);

/*
 * Writes the schemata of `change` (`update --l3-cache-schema --mem-bw-schema`) for the container
 * with `config`. Returns 0 or -1.
 */
int intel_rdt_update(const struct oci_intel_rdt *config, const char *id,
	const struct oci_intel_rdt *change, struct error *err);
