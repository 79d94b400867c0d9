/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "linux/seccomp/seccomp_compile.h"
#include "linux/seccomp/seccomp_compiler.h"

enum {
	DIGIT_BITS = 9, /* radix sort: one digit suffices for most architectures */
	DIGITS = 1 << DIGIT_BITS,
};
/* MIPS n32: 32-bit in spite of its __AUDIT_ARCH_64BIT */
#define AUDIT_CONVENTION_N32 0x20000000u

static const struct {
	const char *name;
	uint32_t token;
} architectures[] = {
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC },
	{ "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
	{ "SCMP_ARCH_S390", SCMP_ARCH_S390 },
	{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC },
	{ "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64 },
	{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
	/* Unknown to libseccomp 2.5; the tokens are the kernel's AUDIT_ARCH_*. */
	{ "SCMP_ARCH_LOONGARCH64", 0xc0000102 },
	{ "SCMP_ARCH_M68K", 0x00000004 },
	{ "SCMP_ARCH_SH", 0x4000002a },
	{ "SCMP_ARCH_SHEB", 0x0000002a },
};

uint32_t seccomp_arch_token(int arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		if (strcmp(architectures[i].name, seccomp_arch_names[arch - 1]) == 0)
			return architectures[i].token;
	}
	return 0;
}

/* Returns the filter's return value for an action. */
static uint32_t action_value(int action, struct opt_uint32 errno_ret)
{
	static const uint32_t values[] = {
		[SECCOMP_ACTION_KILL] = SECCOMP_RET_KILL_THREAD,
		[SECCOMP_ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SECCOMP_ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SECCOMP_ACTION_TRAP] = SECCOMP_RET_TRAP,
		[SECCOMP_ACTION_ERRNO] = SECCOMP_RET_ERRNO,
		[SECCOMP_ACTION_TRACE] = SECCOMP_RET_TRACE,
		[SECCOMP_ACTION_ALLOW] = SECCOMP_RET_ALLOW,
		[SECCOMP_ACTION_LOG] = SECCOMP_RET_LOG,
		[SECCOMP_ACTION_NOTIFY] = SECCOMP_RET_USER_NOTIF,
	};

	if (action != SECCOMP_ACTION_ERRNO && action != SECCOMP_ACTION_TRACE)
		return values[action];
	return values[action] | ((errno_ret.set ? errno_ret.value : EPERM) & SECCOMP_RET_DATA);
}

static void resolve_actions(struct seccomp_compiler *c)
{
	const struct oci_seccomp *seccomp = c->seccomp;

	c->default_action = action_value(seccomp->default_action, seccomp->default_errno_ret);
	c->actions = arena_alloc(&c->arena, seccomp->syscalls.n * sizeof *c->actions + 1);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		c->actions[i] = action_value(
			seccomp->syscalls.v[i].action, seccomp->syscalls.v[i].errno_ret);
}

static int add_abi(struct seccomp_compiler *c, uint32_t token)
{
	bool big_endian = !(token & __AUDIT_ARCH_LE);

	if (c->nabis == 0)
		c->big_endian = big_endian;
	for (size_t i = 0; i < c->nabis; i++) {
		if (c->abis[i].token == token)
			return 0;
	}
	if (big_endian != c->big_endian)
		return -1;
	c->abis[c->nabis++] = (struct seccomp_abi){
		.token = token,
		.audit = token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token,
		.wide = (token & __AUDIT_ARCH_64BIT) && !(token & AUDIT_CONVENTION_N32),
	};
	return 0;
}

static int resolve_architectures(struct seccomp_compiler *c, uint32_t native, struct error *err)
{
	add_abi(c, native);
	for (size_t i = 0; i < c->seccomp->architectures.n; i++) {
		int arch = c->seccomp->architectures.v[i];

		if (add_abi(c, seccomp_arch_token(arch)) < 0)
			return error_set(err, 0,
				"/linux/seccomp/architectures/%zu: %s has another byte order than "
				"this machine",
				i, seccomp_arch_names[arch - 1]);
	}
	return 0;
}

/* Looks up all names of the profile. */
static int resolve_names(struct seccomp_compiler *c, bool fail_unknown, struct error *err)
{
	const struct syscall_name *near = NULL;
	size_t names = 0, most = 0, n = 0;

	for (size_t i = 0; i < c->seccomp->syscalls.n; i++)
		names += c->seccomp->syscalls.v[i].names.n;
	c->rows = arena_alloc(&c->arena, names * sizeof *c->rows + 1);
	for (size_t i = 0; i < c->seccomp->syscalls.n; i++) {
		const struct oci_seccomp_rule *rule = &c->seccomp->syscalls.v[i];

		for (size_t j = 0; j < rule->names.n; j++, n++) {
			const char *name = rule->names.v[j];
			const struct syscall_name *row = seccomp_names_find(name, near);

			c->rows[n] = row;
			most += row && !row->multiplexed ? 1 : 2;
			if (row)
				near = row;
			else if (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
				continue;
			else if (fail_unknown)
				return error_set(err, 0,
					"/linux/seccomp/syscalls/%zu/names/%zu: the system call "
					"\"%s\" is unknown",
					i, j, name);
			else
				log_debug("/linux/seccomp/syscalls/%zu/names/%zu: the system call "
					  "\"%s\" is unknown, ignored",
					i, j, name);
		}
	}
	c->calls = arena_alloc(&c->arena, most * sizeof *c->calls + 1);
	c->other_calls = arena_alloc(&c->arena, most * sizeof *c->calls + 1);
	c->ranges = mem_realloc(
		NULL, (4 * most + 8) * sizeof *c->ranges); /* two for each call, x86_64 and x32 */
	return 0;
}

/* Adds what `rule` says about the system call `name`. */
static void resolve_call(struct seccomp_compiler *c, const struct seccomp_abi *abi,
	const char *name, const struct syscall_name *row, uint32_t rule)
{
	struct syscall_number call = seccomp_names_number(abi->token, name, row);
	const char *multiplexer = call.multiplexed > 200 ? "ipc" : "socketcall";
	int32_t multiplexing = -1;

	if (call.multiplexed)
		multiplexing = seccomp_names_number(
			abi->token, multiplexer, seccomp_names_find(multiplexer, NULL))
				       .number;
	if (call.number > c->newest)
		c->newest = call.number;
	if (multiplexing > c->newest)
		c->newest = multiplexing;
	/* A rule with the default action only matters because it mentions the name. */
	if (c->actions[rule] == c->default_action)
		return;
	if (multiplexing >= 0)
		c->calls[c->ncalls++] = (struct seccomp_call){ (uint32_t)multiplexing, rule,
			call.multiplexed % 100 };
	if (call.number >= 0)
		c->calls[c->ncalls++] = (struct seccomp_call){ (uint32_t)call.number, rule, 0 };
}

/* Sorts calls by number, stably: earlier rules stay first. */
static void sort_calls(struct seccomp_compiler *c)
{
	uint32_t differing = 0;

	for (size_t i = 1; i < c->ncalls; i++)
		differing |= c->calls[i].number ^ c->calls[0].number;
	for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
		uint32_t place[DIGITS + 1] = { 0 };
		struct seccomp_call *from = c->calls, *to = c->other_calls;

		if ((differing >> shift & (DIGITS - 1)) == 0)
			continue;
		for (size_t i = 0; i < c->ncalls; i++)
			place[(from[i].number >> shift & (DIGITS - 1)) + 1]++;
		for (size_t i = 1; i <= DIGITS; i++)
			place[i] += place[i - 1];
		for (size_t i = 0; i < c->ncalls; i++)
			to[place[from[i].number >> shift & (DIGITS - 1)]++] = from[i];
		c->calls = to;
		c->other_calls = from;
	}
}

void seccomp_resolve_calls(struct seccomp_compiler *c, const struct seccomp_abi *abi)
{
	const struct syscall_name **row = c->rows;

	c->ncalls = 0;
	c->newest = -1;
	for (size_t i = 0; i < c->seccomp->syscalls.n; i++) {
		const string_list *names = &c->seccomp->syscalls.v[i].names;

		for (size_t j = 0; j < names->n; j++)
			resolve_call(c, abi, names->v[j], *row++, (uint32_t)i);
	}
	sort_calls(c);
}

int seccomp_resolve(
	struct seccomp_compiler *c, uint32_t native, bool fail_unknown, struct error *err)
{
	resolve_actions(c);
	return resolve_architectures(c, native, err) < 0 ? -1 : resolve_names(c, fail_unknown, err);
}
