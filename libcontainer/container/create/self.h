/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The binary itself, protected from containers (CVE-2019-5736): where the container's root is the
 * owner of the binary, every process of hull that it could reach by /proc/PID/exe must run from a
 * file that can't be written through that link.
 */
#pragma once
#include <stdint.h>

struct error;

/* Returns 0 when this process runs from a read-only mount already (or from a sealed memfd). Else
 * executes itself again with argv from a detached read-only clone of the mount that holds the
 * binary, from a sealed memfd where that is refused; returns only on error. */
int self_protect(char **argv, struct error *err);

/* The owner of the binary, if nobody else may write to it; else -1. */
int64_t self_only_writer(void);
