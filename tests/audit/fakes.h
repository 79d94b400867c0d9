/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Simulates a security module on a kernel without one: hull finds it, and writes its labels without
 * effect. So the auditor sees these steps; it doesn't test the module itself.
 */
#pragma once
#include "auditor.h"

void fake_entry(struct process *p, const struct call *call);

/* tracer.c: memory and registers of a stopped process. */
unsigned long long scratch_of(struct process *p);
bool set_path_argument(struct process *p, int number, unsigned long long address);
