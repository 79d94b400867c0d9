/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A security module on a kernel that has none: hull finds it and can write its labels, which go
 * nowhere. So the steps are there to be audited; what the module itself does isn't.
 */
#pragma once
#include "auditor.h"

void fake_entry(struct process *p, const struct call *call);

/* tracer.c: in the memory and the registers of a stopped process. */
unsigned long long scratch_of(struct process *p);
bool set_path_argument(struct process *p, int number, unsigned long long address);
