/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers of system calls. The two families of machines that nearly all containers run on have
 * a table here, because asking libseccomp is slow (docs/decisions/0027); numbers of the kernel's
 * ABI never change. Newer names and other architectures are looked up in libseccomp.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The architectures with a column in the table. */
enum { COLUMN_X86_64, COLUMN_X32, COLUMN_X86, COLUMN_AARCH64, COLUMN_ARM, COLUMNS };

struct syscall_name {
	char name[29];
	uint8_t multiplexed; /* 100 + subcall of socketcall(2), 200 + that of ipc(2); 0: neither */
	int16_t numbers[COLUMNS]; /* -1: none; -2: ask libseccomp. x32 without its bit */
};

extern const struct syscall_name syscall_names[]; /* sorted by name */
extern const size_t syscall_names_count;

/* A system call on one architecture. */
struct syscall_number {
	int32_t number;      /* its own number; -1: none */
	uint8_t multiplexed; /* as above, if the architecture has socketcall(2) or ipc(2) */
};

/*
 * Returns the row of a name, or NULL. near: the row found last, or NULL. The search is fastest if
 * the name is shortly after it, since lists are mostly sorted.
 */
const struct syscall_name *seccomp_names_find(const char *name, const struct syscall_name *near);

/*
 * Returns the number of `name` on an architecture (SCMP_ARCH_...). row: from seccomp_names_find().
 */
struct syscall_number seccomp_names_number(
	uint32_t arch, const char *name, const struct syscall_name *row);
