/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <seccomp.h>
#include <linux/seccomp.h>

#include "linux/seccomp/seccomp_compiler.h"

enum {
	NUMBER = offsetof(struct seccomp_data, nr),
	RUN_MAX = 5, /* ranges: at most two single numbers within one range */
	WIDE = 64,   /* numbers: wider ranges don't get more weight */
};
#define X32_BIT 0x40000000u
#define SKIPPED 0xffffffffu /* the number by which a tracer skips a system call */

static void add_range(struct seccomp_compiler *c, uint32_t from, struct target to)
{
	if (c->nranges > 0 && c->ranges[c->nranges - 1].from == from)
		c->nranges--;
	if (c->nranges == 0 || !code_same(c->ranges[c->nranges - 1].to, to))
		c->ranges[c->nranges++] = (struct seccomp_range){ from, to };
}

/* Adds the numbers of one architecture, from first to last. */
static int add_abi_ranges(struct seccomp_compiler *c, const struct seccomp_abi *abi, uint32_t first,
	uint32_t last, struct error *err)
{
	uint32_t kind = c->default_action & SECCOMP_RET_ACTION_FULL;
	struct target other = seccomp_code_action(c->default_action), target;

	seccomp_resolve_calls(c, abi);
	for (size_t i = 0, n; i < c->ncalls; i += n) {
		uint32_t number = c->calls[i].number;

		for (n = 1; i + n < c->ncalls && c->calls[i + n].number == number;)
			n++;
		if (seccomp_call_target(c, abi, &c->calls[i], n, &target, err) < 0)
			return -1;
		if (number > first)
			add_range(c, first, other);
		add_range(c, number, target);
		first = number + 1;
	}
	add_range(c, first, other);
	if (c->newest >= 0 && c->newest < last && kind != SECCOMP_RET_ALLOW &&
		kind != SECCOMP_RET_LOG && kind != SECCOMP_RET_TRACE &&
		kind != SECCOMP_RET_USER_NOTIF)
		add_range(c, (uint32_t)c->newest + 1,
			seccomp_code_action(SECCOMP_RET_ERRNO | ENOSYS));
	return 0;
}

static struct code_condition number_is(uint16_t op, uint32_t k)
{
	return (struct code_condition){ NUMBER, op, UINT32_MAX, k };
}

/*
 * Generates code for a range that contains single numbers with other targets. Each costs one
 * comparison here, but two in a tree.
 */
static struct target range_code(struct code *code, const struct seccomp_range *ranges, size_t n)
{
	struct target target = ranges[0].to;

	for (size_t i = 1; i < n; i += 2)
		target = seccomp_code_test(code, number_is(BPF_JEQ, ranges[i].from),
			seccomp_code_enter(code, ranges[i].to, NUMBER), target);
	return target;
}

/* Returns how many ranges, up to RUN_MAX, range_code() can handle at once. */
static size_t range_run(const struct seccomp_range *ranges, size_t n)
{
	size_t taken = 1;

	while (taken < RUN_MAX && taken + 1 < n &&
		ranges[taken + 1].from - ranges[taken].from == 1 &&
		code_same(ranges[taken + 1].to, ranges[0].to))
		taken += 2;
	return taken;
}

/* The start of a run of ranges for range_code(), and the total weight of earlier runs. */
struct run {
	uint32_t begin, weight;
};

/*
 * Returns how important it is to find a run quickly. The kernel evaluates every number once, so
 * wide ranges weigh more; x32 is hardly used.
 */
static uint32_t run_weight(const struct seccomp_range *ranges, size_t begin, size_t end, size_t n)
{
	uint32_t from = ranges[begin].from, width = end < n ? ranges[end].from - from : 1;

	if (from >= X32_BIT)
		return 1;
	return 1 + (width < WIDE ? width : WIDE);
}

/* Generates a tree of n runs; runs[n] marks the end. */
static struct target tree_code(
	struct code *code, const struct seccomp_range *ranges, const struct run *runs, size_t n)
{
	uint32_t middle = (runs[n].weight + runs[0].weight) / 2;
	struct target yes, no;
	size_t left = 1;

	if (n == 1)
		return range_code(code, &ranges[runs[0].begin], runs[1].begin - runs[0].begin);
	while (left + 1 < n && runs[left].weight < middle)
		left++;
	if (left > 1 && middle - runs[left - 1].weight < runs[left].weight - middle)
		left--;
	yes = seccomp_code_enter(code, tree_code(code, ranges, runs + left, n - left), NUMBER);
	no = seccomp_code_enter(code, tree_code(code, ranges, runs, left), NUMBER);
	return seccomp_code_test(code, number_is(BPF_JGE, ranges[runs[left].begin].from), yes, no);
}

/* x86_64 and x32 share a seccomp_data.arch. */
int seccomp_arch_target(
	struct seccomp_compiler *c, uint32_t audit, struct target *target, struct error *err)
{
	const struct seccomp_abi *abi = NULL, *x32 = NULL;
	struct run *runs;
	size_t n = 0, end;
	uint32_t weight = 0;

	for (size_t i = 0; i < c->nabis; i++) {
		if (c->abis[i].token == SCMP_ARCH_X32 && audit == SCMP_ARCH_X86_64)
			x32 = &c->abis[i];
		else if (c->abis[i].audit == audit)
			abi = &c->abis[i];
	}
	c->nranges = 0;
	add_range(c, 0, seccomp_code_action(SECCOMP_RET_KILL_THREAD));
	if (abi &&
		add_abi_ranges(
			c, abi, 0, audit == SCMP_ARCH_X86_64 ? X32_BIT - 1 : UINT32_MAX, err) < 0)
		return -1;
	if (x32 && add_abi_ranges(c, x32, X32_BIT, UINT32_MAX, err) < 0)
		return -1;
	if (audit == SCMP_ARCH_X86_64 && !x32) {
		add_range(c, X32_BIT, seccomp_code_action(SECCOMP_RET_KILL_THREAD));
		add_range(c, SKIPPED, seccomp_code_action(c->default_action));
	}
	runs = arena_alloc(&c->arena, (c->nranges + 1) * sizeof *runs);
	for (size_t i = 0; i < c->nranges; i = end) {
		end = i + range_run(&c->ranges[i], c->nranges - i);
		runs[n++] = (struct run){ (uint32_t)i, weight };
		weight += run_weight(c->ranges, i, end, c->nranges);
	}
	runs[n] = (struct run){ (uint32_t)c->nranges, weight };
	*target = tree_code(c->code, c->ranges, runs, n);
	return 0;
}
