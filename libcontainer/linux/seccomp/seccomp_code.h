/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A classic BPF program for seccomp(2), generated from its end to its beginning. A test is added
 * after both of its outcomes, so every jump is forward, its distance is known at once, and equal
 * instructions are shared. Knows nothing of system calls.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>

struct buf;

/*
 * Target of a test: an action, or an instruction, which may expect a word of seccomp_data in the
 * accumulator.
 */
struct target {
	bool acts;
	uint8_t word;   /* offset in seccomp_data; WORD_NONE: none */
	uint32_t value; /* action, or instruction counted from the program's end */
};
enum { WORD_NONE = 0xff, CODE_BUCKETS = 256 };

struct code_insn {
	uint16_t code;
	uint8_t word;     /* test: the word that must be in the accumulator */
	uint16_t yes, no; /* test: jump targets, counted from the program's end */
	uint16_t next;    /* next in its bucket, plus one; 0: none */
	uint16_t entry;   /* instruction that loads its word first, plus one */
	uint16_t place;   /* position in the finished program, from its end, from 1 */
	uint32_t k;       /* BPF_JA: target, counted from the program's end */
};

struct code {
	struct code_insn insns[BPF_MAXINSNS];
	size_t n;
	bool full; /* longer than the kernel accepts: additions are ignored */
	uint16_t buckets[CODE_BUCKETS];
};

/*
 * Starts an empty program. Doesn't zero the whole struct, because half of it is often never
 * touched.
 */
void seccomp_code_begin(struct code *code);

/* Returns the action (SECCOMP_RET_...) as a target. */
static inline struct target seccomp_code_action(uint32_t action)
{
	return (struct target){ .acts = true, .word = WORD_NONE, .value = action };
}

static inline bool code_same(struct target a, struct target b)
{
	return a.value == b.value && a.acts == b.acts && a.word == b.word;
}

/*
 * Returns the target for a place where the accumulator holds the word at offset `held` (WORD_NONE:
 * unknown). Cheapest right after the target was created.
 */
struct target seccomp_code_enter(struct code *code, struct target target, uint8_t held);

/* (word at offset `word` & mask) `op` k; op: BPF_JEQ, BPF_JGT or BPF_JGE. */
struct code_condition {
	uint8_t word;
	uint16_t op;
	uint32_t mask, k;
};

/* Adds: if (condition) yes else no. */
struct target seccomp_code_test(
	struct code *code, struct code_condition condition, struct target yes, struct target no);

/*
 * Appends the program starting at `start` to out, as struct sock_filter[]. Returns its length in
 * instructions; 0 if it exceeds BPF_MAXINSNS.
 */
size_t seccomp_code_finish(struct code *code, struct target start, struct buf *out);
