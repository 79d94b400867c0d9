/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Protects hull's binary from containers (CVE-2019-5736). If container root owns the binary, every
 * process of hull whose /proc/PID/exe the container can reach must run from a file that can't be
 * written through that link.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct error;

/* Returns true if this process runs from a read-only mount or a sealed memfd. */
bool self_is_protected(void);

/*
 * Executes this program again with argv, from a detached read-only clone of the binary's mount, or
 * from a sealed memfd if that is refused. It begins from the start: what the caller has claimed or
 * read from a pipe would be lost. Returns only on error, with -1.
 */
int self_begin_again(char **argv, struct error *err);

/* Returns 0 if the program is protected; else begins again, which returns only on error. */
int self_protect(char **argv, struct error *err);

/* Returns the owner of the binary if no other user may write to it; else -1. */
int64_t self_only_writer(void);
