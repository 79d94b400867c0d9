/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdint.h>

struct cgroup;
struct error;

/*
 * Explains a failed clone3(2): appends to err, whose code is its errno, which limit of processes,
 * cgroup or namespace refused it (base/explain.h). cgroup: the one that the child was to be born
 * in, or NULL. flags: those of the call. Returns -1.
 */
int clone_explain(struct cgroup *cgroup, uint64_t flags, struct error *err) __attribute__((cold));
