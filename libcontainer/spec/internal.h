/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declarations shared by the files of spec/ only.
 */
#pragma once
#include "base/json/json.h"
#include "spec/config.h"

extern const struct json_table mounts_table; /* for `mounts` alone */

/* Converts annotations that only set a property to that property (annotations.c). */
void config_apply_annotations(struct oci_config *config);

/*
 * rules/validate.c: checks a process that was decoded alone. The error has all violations, one per
 * line. Returns 0 or -1.
 */
int config_validate_process(
	const struct oci_process *process, const char *label, struct error *err);
