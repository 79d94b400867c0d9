/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does with a seccomp program what the kernel does, for tests: checks it as the kernel would before
 * loading it, and runs it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

enum { WORDS = sizeof(struct seccomp_data) / 4, WORD_NR = 0, WORD_ARCH = 1, WORD_ARGS = 4 };

/*
 * Returns why the kernel would refuse the program; NULL if it wouldn't. Refuses unreachable
 * instructions, too.
 */
static inline const char *seccomp_refused(const struct sock_filter *program, size_t n)
{
	bool reached[BPF_MAXINSNS] = { true };

	if (n == 0 || n > BPF_MAXINSNS)
		return "its length";
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *insn = &program[i];
		size_t yes = i + 1 + insn->jt, no = i + 1 + insn->jf;

		if (!reached[i])
			return "an instruction that is never reached";
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (insn->k % 4 != 0 || insn->k >= sizeof(struct seccomp_data))
				return "a load from elsewhere";
			yes = no = i + 1;
			break;
		case BPF_ALU | BPF_AND | BPF_K: yes = no = i + 1; break;
		case BPF_RET | BPF_K: continue;
		case BPF_JMP | BPF_JA:
			if (insn->k >= n)
				return "a jump out of it";
			yes = no = i + 1 + insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K: break;
		default: return "an unknown instruction";
		}
		if (yes >= n || no >= n)
			return "a jump out of it, or no end";
		reached[yes] = reached[no] = true;
	}
	return NULL;
}

/*
 * Returns the program's result for a system call, given as 32-bit words in the machine's byte
 * order. *steps: the number of instructions executed.
 */
static inline uint32_t seccomp_run(
	const struct sock_filter *program, const uint32_t words[WORDS], size_t *steps)
{
	uint32_t a = 0;
	size_t count = 0;

	for (const struct sock_filter *insn = program;; insn++) {
		bool holds = false;

		count++;
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS: a = words[insn->k / 4]; continue;
		case BPF_ALU | BPF_AND | BPF_K: a &= insn->k; continue;
		case BPF_RET | BPF_K:
			if (steps)
				*steps = count;
			return insn->k;
		case BPF_JMP | BPF_JA: insn += insn->k; continue;
		case BPF_JMP | BPF_JEQ | BPF_K: holds = a == insn->k; break;
		case BPF_JMP | BPF_JGT | BPF_K: holds = a > insn->k; break;
		case BPF_JMP | BPF_JGE | BPF_K: holds = a >= insn->k; break;
		case BPF_JMP | BPF_JSET | BPF_K: holds = (a & insn->k) != 0; break;
		default: __builtin_trap();
		}
		insn += holds ? insn->jt : insn->jf;
	}
}
