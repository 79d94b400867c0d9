/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp/seccomp_code.h"

#include <string.h>

#include "base/mem.h"

/*
 * The furthest target of a test: a conditional jump skips at most 255 instructions, and the other
 * target may add one in between.
 */
enum { REACH = 255 };

void seccomp_code_begin(struct code *code)
{
	code->n = 0;
	code->full = false;
	memset(code->buckets, 0, sizeof code->buckets);
}

static bool same_insn(const struct code_insn *a, const struct code_insn *b)
{
	return a->code == b->code && a->k == b->k && a->word == b->word && a->yes == b->yes &&
		a->no == b->no;
}

/* Returns an equal instruction among the last `reach` ones, or adds insn. */
static uint16_t add(struct code *code, struct code_insn insn, size_t reach)
{
	uint32_t hash =
		(insn.code + insn.k * 5u + insn.word * 7u + insn.yes * 3u + insn.no) * 2654435761u;
	uint16_t *bucket = &code->buckets[hash / (UINT32_MAX / CODE_BUCKETS + 1)];

	for (size_t i = *bucket; i != 0 && code->n - (i - 1) <= reach;
		i = code->insns[i - 1].next) {
		if (same_insn(&code->insns[i - 1], &insn))
			return (uint16_t)(i - 1);
	}
	if (code->n == BPF_MAXINSNS) {
		code->full = true;
		return 0;
	}
	insn.next = *bucket;
	code->insns[code->n] = insn;
	*bucket = (uint16_t)(code->n + 1);
	return (uint16_t)code->n++;
}

static uint16_t add_return(struct code *code, uint32_t action, size_t reach)
{
	return add(code, (struct code_insn){ .code = BPF_RET | BPF_K, .k = action }, reach);
}

static uint16_t add_jump(struct code *code, uint32_t target, size_t reach)
{
	return add(code, (struct code_insn){ .code = BPF_JMP | BPF_JA, .k = target }, reach);
}

/*
 * Returns an instruction close enough for a test that leads to target: itself, a copy of the
 * return, or a long jump.
 */
static uint16_t reach(struct code *code, struct target target)
{
	if (target.acts)
		return add_return(code, target.value, REACH);
	if (code->n - target.value <= REACH)
		return (uint16_t)target.value;
	return add_jump(code, target.value, REACH);
}

struct target seccomp_code_enter(struct code *code, struct target target, uint8_t held)
{
	struct code_insn *insn;

	if (target.acts || target.word == WORD_NONE || target.word == held || code->full)
		return target;
	insn = &code->insns[target.value];
	if (insn->entry == 0) {
		/*
		 * A load continues with the next instruction: so that must be the target or a jump
		 * to it.
		 */
		if (target.value + 1 != code->n)
			add_jump(code, target.value, 0);
		insn->entry = (uint16_t)(1 +
			add(code,
				(struct code_insn){
					.code = BPF_LD | BPF_W | BPF_ABS, .k = target.word },
				0));
	}
	return (struct target){ .word = WORD_NONE, .value = insn->entry - 1u };
}

struct target seccomp_code_test(
	struct code *code, struct code_condition condition, struct target yes, struct target no)
{
	uint32_t mask = condition.mask, k = condition.k;
	uint8_t word = condition.word;
	struct code_insn insn = { .code = BPF_JMP | condition.op | BPF_K, .k = k, .word = word };
	bool masked = mask != UINT32_MAX;
	uint16_t test;

	if (code_same(yes, no))
		return yes;
	if (masked && condition.op == BPF_JEQ &&
		(k == 0 || (k == mask && (mask & (mask - 1)) == 0))) {
		/* Testing bits needs no masked copy. */
		struct target set = k == 0 ? no : yes;

		no = k == 0 ? yes : no;
		yes = set;
		insn.code = BPF_JMP | BPF_JSET | BPF_K;
		insn.k = mask;
		masked = false;
	}
	yes = seccomp_code_enter(code, yes, masked ? WORD_NONE : word);
	no = seccomp_code_enter(code, no, masked ? WORD_NONE : word);
	insn.yes = reach(code, yes);
	insn.no = reach(code, no);
	test = add(code, insn, masked ? 0 : SIZE_MAX);
	if (masked)
		test = add(code,
			(struct code_insn){
				.code = BPF_ALU | BPF_AND | BPF_K, .k = mask, .word = word },
			0);
	return (struct target){ .word = word, .value = test };
}

/*
 * Numbers the instructions reachable from `first`, in `place` and from 1. Unreachable ones, which
 * exist because equal outcomes were merged, get 0. Returns the number of reachable ones.
 */
static size_t number_reached(struct code *code, size_t first)
{
	size_t n = 0;

	for (size_t i = 0; i < first; i++)
		code->insns[i].place = 0;
	code->insns[first].place = 1;
	for (size_t i = first; i > 0; i--) {
		struct code_insn *insn = &code->insns[i];

		if (insn->place == 0 || BPF_CLASS(insn->code) == BPF_RET)
			continue;
		if (insn->code == (BPF_JMP | BPF_JA))
			code->insns[insn->k].place = 1;
		else if (BPF_CLASS(insn->code) == BPF_JMP)
			code->insns[insn->yes].place = code->insns[insn->no].place = 1;
		else
			code->insns[i - 1].place = 1;
	}
	for (size_t i = 0; i <= first; i++) {
		if (code->insns[i].place != 0)
			code->insns[i].place = (uint16_t)++n;
	}
	return n;
}

size_t seccomp_code_finish(struct code *code, struct target start, struct buf *out)
{
	size_t first, n;

	start = seccomp_code_enter(code, start, WORD_NONE);
	first = start.acts ? add_return(code, start.value, 0) : start.value;
	if (code->full)
		return 0;
	n = number_reached(code, first);
	for (size_t i = first + 1; i-- > 0;) {
		const struct code_insn *insn = &code->insns[i];
		struct sock_filter filter = { .code = insn->code, .k = insn->k };

		if (insn->place == 0)
			continue;
		if (insn->code == (BPF_JMP | BPF_JA)) {
			filter.k = insn->place - code->insns[insn->k].place - 1u;
		} else if (BPF_CLASS(insn->code) == BPF_JMP) {
			filter.jt = (uint8_t)(insn->place - code->insns[insn->yes].place - 1);
			filter.jf = (uint8_t)(insn->place - code->insns[insn->no].place - 1);
		}
		buf_append(out, &filter, sizeof filter);
	}
	return n;
}
