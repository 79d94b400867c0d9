/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state that the parts of the seccomp compiler share, and these parts in the order of use:
 * seccomp_resolve.c looks up the names in the profile; seccomp_args.c turns the args of the rules
 * for a system call into a tree of comparisons; seccomp_numbers.c turns the numbers of an
 * architecture into a tree of ranges.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "linux/seccomp/seccomp_code.h"
#include "linux/seccomp/seccomp_names.h"
#include "spec/config.h"

struct error;

enum { SECCOMP_ABIS = 24 }; /* upper bound */

/* One architecture of the profile. */
struct seccomp_abi {
	uint32_t token; /* SCMP_ARCH_... */
	uint32_t audit; /* seccomp_data.arch */
	bool wide;      /* 64-bit arguments */
};

/* What a rule says about one number. */
struct seccomp_call {
	uint32_t number;
	uint32_t rule;
	uint32_t multiplexed; /* the subcall of socketcall(2) or ipc(2); 0: none */
};

/* Starts at this number and ends before the next range. */
struct seccomp_range {
	uint32_t from;
	struct target to;
};

struct seccomp_compiler {
	const struct oci_seccomp *seccomp;
	uint32_t default_action; /* SECCOMP_RET_... with its data */
	uint32_t *actions;       /* per rule */
	struct seccomp_abi abis[SECCOMP_ABIS];
	size_t nabis;
	bool big_endian;
	const struct syscall_name **rows; /* one per name of each rule */
	/* for the current architecture */
	struct seccomp_call *calls, *other_calls; /* the second is for sorting */
	size_t ncalls;
	int64_t newest; /* highest number that the profile names, -1: none */
	struct seccomp_range *ranges;
	size_t nranges;
	size_t nodes; /* for the args of the current system call */
	struct arena arena;
	struct code *code;
};

/*
 * Looks up the profile's actions, architectures and names for a machine of architecture `native`
 * (SCMP_ARCH_...), and allocates the rest of c. The caller frees c->ranges. fail_unknown: see
 * seccomp_compile(). Returns 0 or -1.
 */
int seccomp_resolve(
	struct seccomp_compiler *c, uint32_t native, bool fail_unknown, struct error *err);

/*
 * Sets c->calls to what the rules say for one architecture, sorted by number, earlier rules first;
 * and c->newest.
 */
void seccomp_resolve_calls(struct seccomp_compiler *c, const struct seccomp_abi *abi);

/*
 * Generates code for one system call: calls[0 ... n - 1] are all that the rules say about its
 * number. Returns 0, or -1 if two rules contradict each other.
 */
int seccomp_call_target(struct seccomp_compiler *c, const struct seccomp_abi *abi,
	const struct seccomp_call *calls, size_t n, struct target *target, struct error *err);

/* Generates code for all numbers of one seccomp_data.arch. Returns 0 or -1. */
int seccomp_arch_target(
	struct seccomp_compiler *c, uint32_t audit, struct target *target, struct error *err);
