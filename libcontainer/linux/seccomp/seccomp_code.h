/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A classic BPF program for seccomp(2), written from its end to its beginning: a test is added when
 * both of its outcomes are there already, so every jump is a forward one whose distance is known at
 * once, and what is equal is written only once. Knows nothing of system calls.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>

struct buf;

/* Where a test may lead: to an action, or to an instruction, which may want a word of seccomp_data
 * in the accumulator.
 */
struct target {
	bool acts;
	uint8_t word;   /* its offset in seccomp_data; WORD_NONE: none */
	uint32_t value; /* the action that the filter returns, or the instruction, counted from the
			   program's end */
};
enum { WORD_NONE = 0xff, CODE_BUCKETS = 256 };

struct code_insn {
	uint16_t code;
	uint8_t word;     /* of a test: what must be in the accumulator */
	uint16_t yes, no; /* of a test: where it jumps, counted from the program's end */
	uint16_t next;    /* in its bucket, one more than the number */
	uint16_t entry;   /* the instruction that loads its word first, one more than the number */
	uint16_t place;   /* in the finished program, from its end, counted from 1 */
	uint32_t k;       /* of BPF_JA: where it jumps, counted from the program's end */
};

struct code {
	struct code_insn insns[BPF_MAXINSNS];
	size_t n;
	bool full; /* a program that is longer than the kernel takes: what is added has no effect */
	uint16_t buckets[CODE_BUCKETS];
};

/* Starts an empty program. (Half of a struct code need never be touched: it isn't zeroed as a
 * whole.) */
void code_begin(struct code *code);

/* The action (SECCOMP_RET_...) as a target. */
static inline struct target code_action(uint32_t action)
{
	return (struct target){ .acts = true, .word = WORD_NONE, .value = action };
}

static inline bool code_same(struct target a, struct target b)
{
	return a.value == b.value && a.acts == b.acts && a.word == b.word;
}

/* The target for a place where the word at offset `held` is in the accumulator (WORD_NONE: nothing
 * that is known). Costs least immediately after the target was made. */
struct target code_enter(struct code *code, struct target target, uint8_t held);

/* Adds: when (the word at offset `word` & mask) `op` k then yes, else no; op is BPF_JEQ, BPF_JGT or
 * BPF_JGE. */
struct target code_test(struct code *code, uint8_t word, uint32_t mask, uint16_t op, uint32_t k,
	struct target yes, struct target no);

/* Appends the program that begins at `start` to out, as an array of struct sock_filter; its length
 * in instructions is returned, 0 when it is longer than BPF_MAXINSNS. */
size_t code_finish(struct code *code, struct target start, struct buf *out);
