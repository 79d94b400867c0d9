/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers of system calls. libseccomp knows them all, but to ask it for the 370 names of an
 * engine's default profile on three architectures takes 0.16 ms in a process that has just begun, a
 * tenth of the whole `create`. So the numbers of the two families of machines that nearly all
 * containers run on stand in a table here: numbers of the kernel's ABI never change. What the table
 * doesn't have, a newer name or another architecture, libseccomp is asked for.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The architectures that have a column in the table. */
enum { COLUMN_X86_64, COLUMN_X32, COLUMN_X86, COLUMN_AARCH64, COLUMN_ARM, COLUMNS };

struct syscall_name {
	char name[29];
	uint8_t multiplexed; /* 100 + its number inside socketcall(2), 200 + that inside ipc(2); 0:
				neither */
	int16_t numbers[COLUMNS]; /* -1: none; -2: ask libseccomp. x32's without its bit */
};

extern const struct syscall_name syscall_names[]; /* in the order of their names */
extern const size_t syscall_names_count;

/* Where a system call is on an architecture. */
struct syscall_number {
	int32_t number;      /* of its own; -1: none */
	uint8_t multiplexed; /* as above, where the architecture has socketcall(2) or ipc(2) */
};

/* The row of the table or NULL. Quickest when `near`, the row that was found last (or NULL), stands
 * not far before it: lists of names are mostly sorted. */
const struct syscall_name *syscall_find(const char *name, const struct syscall_name *near);

/* name on the architecture (SCMP_ARCH_...); row is what syscall_find() said. */
struct syscall_number syscall_number(
	uint32_t arch, const char *name, const struct syscall_name *row);
