/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdint.h>

struct cgroup;
struct error;

/* Appends to err, whose code clone3(2) gave, why the process wasn't made (base/explain.h): limits
 * of processes, the cgroup that it was to be born in (NULL: none), the namespaces of flags. Returns
 * -1.
 */
int clone_explain(struct cgroup *cgroup, uint64_t flags, struct error *err) __attribute__((cold));
