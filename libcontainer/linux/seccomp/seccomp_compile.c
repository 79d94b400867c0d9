/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp/seccomp_compile.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "linux/seccomp/seccomp_compiler.h"

enum { ARCH = offsetof(struct seccomp_data, arch) };

static int compile(struct seccomp_compiler *c, uint32_t native, bool fail_unknown,
	struct buf *program, struct error *err)
{
	struct target target = seccomp_code_action(SECCOMP_RET_KILL_THREAD), numbers;

	if (seccomp_resolve(c, native, fail_unknown, err) < 0)
		return -1;
	/* Last to first, so that the machine's own architecture is tested first. */
	for (size_t i = c->nabis; i-- > 0;) {
		uint32_t audit = c->abis[i].audit;
		bool later = false;

		for (size_t j = 0; j < i; j++)
			later |= c->abis[j].audit == audit;
		if (later)
			continue;
		if (seccomp_arch_target(c, audit, &numbers, err) < 0)
			return -1;
		numbers = seccomp_code_enter(c->code, numbers, ARCH);
		target = seccomp_code_test(c->code,
			(struct code_condition){ ARCH, BPF_JEQ, UINT32_MAX, audit }, numbers,
			target);
	}
	if (seccomp_code_finish(c->code, target, program) == 0)
		return error_set(err, E2BIG,
			"/linux/seccomp/syscalls: the filter would have more than %d instructions, "
			"the kernel's maximum",
			BPF_MAXINSNS);
	return 0;
}

int seccomp_compile_for(uint32_t native, const struct oci_seccomp *seccomp, bool fail_unknown,
	struct buf *program, struct error *err)
{
	/* Not zeroed: most of it is never touched, and a page fault costs as much as 50 names. */
	cleanup_free struct code *code = mem_realloc(NULL, sizeof *code);
	struct seccomp_compiler compiler = { .seccomp = seccomp, .code = code };
	int result;

	seccomp_code_begin(code);
	result = compile(&compiler, native, fail_unknown, program, err);
	arena_free(&compiler.arena);
	mem_free(compiler.ranges);
	return result;
}

unsigned seccomp_flag_bit(int flag)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
		{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
		{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
			SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].name, seccomp_flag_names[flag - 1]) == 0)
			return known[i].bit;
	}
	return 0;
}

/* The flags for seccomp(2). Without a `flags` property: SPEC_ALLOW, as in runc. */
static unsigned filter_flags(const struct oci_seccomp *seccomp, bool notify)
{
	unsigned flags = seccomp->flags.v == NULL ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0;

	for (size_t i = 0; seccomp->flags.v != NULL && i < seccomp->flags.n; i++)
		flags |= seccomp_flag_bit(seccomp->flags.v[i]);
	/* The kernel rejects this flag without a listener. */
	if (!notify)
		return flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/*
	 * The loading process has a second thread, which passes the listener on and must stay
	 * unfiltered.
	 */
	return (flags & ~SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

/* libseccomp knows it too, but calling it touches another page of code. */
uint32_t seccomp_native_token(void)
{
#if defined(__x86_64__) && defined(__LP64__)
	return SCMP_ARCH_X86_64;
#elif defined(__aarch64__)
	return SCMP_ARCH_AARCH64;
#else
	return seccomp_arch_native();
#endif
}

int seccomp_compile(const struct oci_seccomp *seccomp, bool fail_unknown, struct buf *program,
	unsigned *flags, struct error *err)
{
	size_t begin = program->len;
	bool notify = false;

	if (seccomp_compile_for(seccomp_native_token(), seccomp, fail_unknown, program, err) < 0)
		return -1;
	for (; begin < program->len; begin += sizeof(struct sock_filter)) {
		struct sock_filter insn;

		memcpy(&insn, program->data + begin, sizeof insn);
		notify |= insn.code == (BPF_RET | BPF_K) && insn.k == SECCOMP_RET_USER_NOTIF;
	}
	*flags = filter_flags(seccomp, notify);
	return 0;
}
