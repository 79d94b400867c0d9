/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.intelRdt: the container's class of service and monitoring group in resctrl (the kernel's
 * filesystems/resctrl). On the host's side.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct arena;
struct error;
struct json_writer;

/* Puts pid into the directory /linux/intelRdt/closID names (without one: id, which is made), and
 * into a monitoring group of its own where enableMonitoring is set. *remove gets what
 * intel_rdt_remove() has to remove after the container, NULL if nothing, from arena. After an error
 * nothing is left. */
int intel_rdt_create(const struct oci_intel_rdt *config, const char *id, pid_t pid,
	struct arena *arena, const char **remove, struct error *err);

/* The same in the resctrl filesystem that is mounted on `resctrl`. */
int intel_rdt_create_in(const char *resctrl, const struct oci_intel_rdt *config, const char *id,
	pid_t pid, struct arena *arena, const char **remove, struct error *err);

/* Puts one more process of the container with `config` where intel_rdt_create() has put its first.
 */
int intel_rdt_enter(
	const struct oci_intel_rdt *config, const char *id, pid_t pid, struct error *err);
int intel_rdt_enter_in(const char *resctrl, const struct oci_intel_rdt *config, const char *id,
	pid_t pid, struct error *err);

int intel_rdt_remove(const char *remove, struct error *err);

/* Writes the members of `intel_rdt` of `events --stats`, with runc's names, into the object that is
 * open: what the hardware has, the schemata of all and of the container, and with enableMonitoring
 * what its group has used. */
int intel_rdt_stats(const struct oci_intel_rdt *config, const char *id, struct json_writer *w,
	struct error *err);
int intel_rdt_stats_in(const char *resctrl, const struct oci_intel_rdt *config, const char *id,
	struct json_writer *w, struct error *err);

/* Writes the schemata of `change` (`update --l3-cache-schema --mem-bw-schema`) for the container
 * with `config`. */
int intel_rdt_update(const struct oci_intel_rdt *config, const char *id,
	const struct oci_intel_rdt *change, struct error *err);
