/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the files of spec/.
 */
#pragma once
#include "base/json/json.h"
#include "spec/config.h"

extern const struct json_table mounts_table; /* for `mounts` alone */

/* Converts annotations that only set a property to that property (annotations.c). */
void config_apply_annotations(struct oci_config *config);

/* rules/validate.c: all violations of a part that is decoded alone, one a line. */
int process_validate(const struct oci_process *process, const char *label, struct error *err);
int resources_validate(const struct oci_resources *resources, const char *label, struct error *err);
