/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The filter compiler before its two judges. One is libseccomp: it compiles the same profile, and
 * both programs are run for every architecture and number, with arguments on both sides of every
 * border; the answers must be the same. The other is the wording of the specification: the answer
 * must be that of a rule that applies, and the default action where none does.
 *
 * Both judge the profiles that engines hand to a runtime (tests/data/engine-configs) and random
 * ones, HULL_SECCOMP_PROFILES (200) of them with the seeds from HULL_SECCOMP_SEED (1) on.
 * libseccomp (2.5.4 and 2.6.0) isn't fit to judge all that can be written: where several rules for
 * one system call have several conditions each, some get lost, some match more than they say, and
 * the library may not end at all. So the random profiles that it sees have one of four shapes in
 * which it makes no mistake; those of the fifth, with everything, are for the second judge alone.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/audit.h>

#include "../lib/seccomp_run.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json/json.h"
#include "base/list.h"
#include "emulated.h"
#include "linux/seccomp/seccomp.h"
#include "linux/seccomp/seccomp_code.h"
#include "linux/seccomp/seccomp_compile.h"
#include "linux/seccomp/seccomp_names.h"

#define X32_BIT 0x40000000u
enum { ARGS = 6, ABIS = 24, WINDOW = 560, CANDIDATES = 160, VECTORS = 250, LONG_JUMP = 250 };

/* ---- the profile as the judges see it ---- */

struct abi {
	uint32_t token, audit;
	bool wide;
	int64_t newest;
};

/* One rule for one number of one architecture. */
struct said {
	const struct abi *abi;
	uint32_t number, multiplexed;
	const struct oci_seccomp_rule *rule;
	uint32_t action;
};

struct judged {
	const struct oci_seccomp *profile;
	bool by_libseccomp; /* and not by the words alone */
	uint32_t default_action;
	struct abi abis[ABIS];
	size_t nabis;
	bool big_endian;
	struct said *said;
	size_t nsaid;
	struct buf ours, theirs;
};

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_number(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t random_below(size_t n)
{
	return random_number() % n;
}

static uint32_t action_value(int action, struct opt_uint32 data)
{
	uint32_t errnum = data.set ? data.value : EPERM;

	switch (action) {
	case SECCOMP_ACTION_KILL:
	case SECCOMP_ACTION_KILL_THREAD: return SCMP_ACT_KILL_THREAD;
	case SECCOMP_ACTION_KILL_PROCESS: return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_ACTION_TRAP: return SCMP_ACT_TRAP;
	case SECCOMP_ACTION_ERRNO: return SCMP_ACT_ERRNO(errnum);
	case SECCOMP_ACTION_TRACE: return SCMP_ACT_TRACE(errnum);
	case SECCOMP_ACTION_ALLOW: return SCMP_ACT_ALLOW;
	case SECCOMP_ACTION_LOG: return SCMP_ACT_LOG;
	case SECCOMP_ACTION_NOTIFY: return SCMP_ACT_NOTIFY;
	}
	fail_msg("no action: %d", action);
	return 0;
}

/* Translates libseccomp's answer about a name. For multiplexed calls that also have numbers of
 * their own, libseccomp knows only the way from the number to the name. */
static struct syscall_number libseccomp_number(uint32_t token, const char *name)
{
	static struct {
		uint32_t token;
		char *names[1024];
	} known[ABIS];
	int number = seccomp_syscall_resolve_name_arch(token, name);
	const char *multiplexer = number <= -101 && number >= -120 ? "socketcall"
		: number <= -201 && number >= -224                 ? "ipc"
								   : NULL;
	struct syscall_number result = { .number = number < 0 ? -1 : number };
	size_t i = 0;

	if (multiplexer == NULL || seccomp_syscall_resolve_name_arch(token, multiplexer) < 0)
		return result;
	while (known[i].token != token && known[i].token != 0)
		i++;
	for (int n = 0; known[i].token == 0 && n < 1024; n++)
		known[i].names[n] = seccomp_syscall_resolve_num_arch(token, n);
	known[i].token = token;
	result.multiplexed = (uint8_t)-number;
	for (int n = 0; n < 1024; n++) {
		if (known[i].names[n] && strcmp(known[i].names[n], name) == 0)
			result.number = n;
	}
	return result;
}

static void say(struct judged *j, const struct abi *abi, int32_t number, uint32_t multiplexed,
	const struct oci_seccomp_rule *rule)
{
	j->said = mem_realloc(j->said, (j->nsaid + 1) * sizeof *j->said);
	j->said[j->nsaid++] = (struct said){ abi, (uint32_t)number, multiplexed, rule,
		action_value(rule->action, rule->errno_ret) };
}

static void read_name(
	struct judged *j, struct abi *abi, const struct oci_seccomp_rule *rule, const char *name)
{
	struct syscall_number call = libseccomp_number(abi->token, name);
	int32_t multiplexing = -1;

	if (call.multiplexed)
		multiplexing = seccomp_syscall_resolve_name_arch(
			abi->token, call.multiplexed > 200 ? "ipc" : "socketcall");
	if (call.number > abi->newest)
		abi->newest = call.number;
	if (multiplexing > abi->newest)
		abi->newest = multiplexing;
	if (action_value(rule->action, rule->errno_ret) == j->default_action)
		return;
	if (multiplexing >= 0)
		say(j, abi, multiplexing, call.multiplexed % 100, rule);
	if (call.number >= 0)
		say(j, abi, call.number, 0, rule);
}

static void read_profile(struct judged *j, uint32_t native, const struct oci_seccomp *profile)
{
	j->profile = profile;
	j->default_action = action_value(profile->default_action, profile->default_errno_ret);
	j->big_endian = !(native & __AUDIT_ARCH_LE);
	for (size_t i = 0; i <= profile->architectures.n; i++) {
		uint32_t token =
			i == 0 ? native : seccomp_arch_token(profile->architectures.v[i - 1]);
		bool listed = false;

		for (size_t k = 0; k < j->nabis; k++)
			listed |= j->abis[k].token == token;
		if (!listed)
			j->abis[j->nabis++] = (struct abi){ token,
				token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token,
				token != SCMP_ARCH_MIPS64N32 && token != SCMP_ARCH_MIPSEL64N32 &&
					(token & __AUDIT_ARCH_64BIT),
				-1 };
	}
	for (size_t a = 0; a < j->nabis; a++) {
		for (size_t i = 0; i < profile->syscalls.n; i++) {
			for (size_t k = 0; k < profile->syscalls.v[i].names.n; k++)
				read_name(j, &j->abis[a], &profile->syscalls.v[i],
					profile->syscalls.v[i].names.v[k]);
		}
	}
}

/* ---- libseccomp's program ---- */

static struct scmp_arg_cmp condition_of(const struct oci_seccomp_arg *arg)
{
	static const enum scmp_compare ops[] = { [SECCOMP_OP_NE] = SCMP_CMP_NE,
		[SECCOMP_OP_LT] = SCMP_CMP_LT,
		[SECCOMP_OP_LE] = SCMP_CMP_LE,
		[SECCOMP_OP_EQ] = SCMP_CMP_EQ,
		[SECCOMP_OP_GE] = SCMP_CMP_GE,
		[SECCOMP_OP_GT] = SCMP_CMP_GT,
		[SECCOMP_OP_MASKED_EQ] = SCMP_CMP_MASKED_EQ };

	return (struct scmp_arg_cmp){ arg->index, ops[arg->op], arg->value, arg->value_two };
}

static bool index_twice(const struct oci_seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->args.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (rule->args.v[i].index == rule->args.v[k].index)
				return true;
		}
	}
	return false;
}

/* Whether libseccomp knows the name, and that name's number as its: for foreign architectures it
 * goes by way of this one's numbers. */
static bool known_to_libseccomp(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);
	cleanup_free char *again = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number);

	return number != __NR_SCMP_ERROR && again && strcmp(again, name) == 0;
}

/* As runc adds a rule. Returns 0 or what libseccomp returned. */
static int add_to_libseccomp(
	scmp_filter_ctx ctx, const struct oci_seccomp_rule *rule, const char *name)
{
	uint32_t action = action_value(rule->action, rule->errno_ret);
	int number = seccomp_syscall_resolve_name(name), result = 0;
	struct scmp_arg_cmp conditions[ARGS];

	if (!index_twice(rule)) {
		for (size_t i = 0; i < rule->args.n; i++)
			conditions[i] = condition_of(&rule->args.v[i]);
		return seccomp_rule_add_array(
			ctx, action, number, (unsigned)rule->args.n, conditions);
	}
	for (size_t i = 0; i < rule->args.n && result == 0; i++) {
		conditions[0] = condition_of(&rule->args.v[i]);
		result = seccomp_rule_add_array(ctx, action, number, 1, conditions);
	}
	return result;
}

/* Whether libseccomp writes the instructions in another byte order than this machine's. */
static bool foreign_order(uint32_t native)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return (native & __AUDIT_ARCH_LE ? true : false) != little;
}

static void export(scmp_filter_ctx ctx, bool swap, struct buf *program)
{
	cleanup_fd int fd = memfd_create("bpf", MFD_CLOEXEC);
	struct error err;

	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(fd, program, &err), 0);
	for (size_t i = 0; swap && i < program->len / sizeof(struct sock_filter); i++) {
		struct sock_filter *insn = (struct sock_filter *)(void *)program->data + i;

		insn->code = __builtin_bswap16(insn->code);
		insn->k = __builtin_bswap32(insn->k);
	}
}

/* Takes the names that libseccomp doesn't know out of the profile. */
static void remove_unknown(struct oci_seccomp *profile)
{
	for (size_t i = 0; i < profile->syscalls.n; i++) {
		string_list *names = &profile->syscalls.v[i].names;

		for (size_t k = 0; k < names->n;) {
			if (known_to_libseccomp(names->v[k]))
				k++;
			else
				names->v[k] = names->v[--names->n];
		}
	}
}

static scmp_filter_ctx libseccomp_begin(uint32_t native, const struct oci_seccomp *profile)
{
	scmp_filter_ctx ctx =
		seccomp_init(action_value(profile->default_action, profile->default_errno_ret));

	assert_non_null(ctx);
	if (native != seccomp_arch_native()) {
		assert_int_equal(seccomp_arch_remove(ctx, seccomp_arch_native()), 0);
		assert_int_equal(seccomp_arch_add(ctx, native), 0);
	}
	for (size_t i = 0; i < profile->architectures.n; i++) {
		int result = seccomp_arch_add(ctx, seccomp_arch_token(profile->architectures.v[i]));

		assert_true(result == 0 || result == -EEXIST);
	}
	return ctx;
}

/* Lets libseccomp compile the profile. Returns false when it refused a rule, because it contradicts
 * an earlier one: then that has been taken out of the profile. */
static bool libseccomp_compile(uint32_t native, struct oci_seccomp *profile, struct buf *program)
{
	scmp_filter_ctx ctx = libseccomp_begin(native, profile);
	uint32_t default_action = action_value(profile->default_action, profile->default_errno_ret);
	bool whole = true;

	for (size_t i = 0; i < profile->syscalls.n && whole; i++) {
		struct oci_seccomp_rule *rule = &profile->syscalls.v[i];

		if (action_value(rule->action, rule->errno_ret) == default_action)
			continue;
		for (size_t k = 0; k < rule->names.n && whole; k++) {
			int result = add_to_libseccomp(ctx, rule, rule->names.v[k]);

			assert_true(result == 0 || result == -EEXIST);
			whole = result == 0;
			if (!whole)
				rule->names.v[k] = rule->names.v[--rule->names.n];
		}
	}
	if (whole)
		export(ctx, foreign_order(native), program);
	seccomp_release(ctx);
	return whole;
}

/* ---- the judgement ---- */

static size_t points; /* that were judged */

static bool holds(const struct oci_seccomp_arg *arg, bool wide, uint64_t value)
{
	uint64_t mask = wide ? UINT64_MAX : UINT32_MAX, a = value & mask, v = arg->value & mask;

	switch (arg->op) {
	case SECCOMP_OP_NE: return a != v;
	case SECCOMP_OP_LT: return a < v;
	case SECCOMP_OP_LE: return a <= v;
	case SECCOMP_OP_EQ: return a == v;
	case SECCOMP_OP_GE: return a >= v;
	case SECCOMP_OP_GT: return a > v;
	case SECCOMP_OP_MASKED_EQ: return (a & v) == (arg->value_two & v);
	}
	fail_msg("no operator: %d", arg->op);
	return false;
}

/* Whether all args of a rule hold (or one, where an index comes twice); *always: whatever they are.
 */
static bool applies(const struct said *said, const uint64_t args[ARGS], bool *always)
{
	const struct oci_seccomp_rule *rule = said->rule;
	bool twice = index_twice(rule), wide = said->abi->wide;
	size_t good = 0, free = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		const struct oci_seccomp_arg *arg = &rule->args.v[i];

		free += arg->op == SECCOMP_OP_MASKED_EQ &&
			(wide ? arg->value : (uint32_t)arg->value) == 0;
		/* the first argument of a multiplexer says which call is meant */
		good += (said->multiplexed && arg->index == 0) ||
			holds(arg, wide, args[arg->index]);
	}
	*always = !said->multiplexed && (twice ? free > 0 : free == rule->args.n);
	if (said->multiplexed && (wide ? args[0] : (uint32_t)args[0]) != said->multiplexed)
		return false;
	return twice ? good > 0 : good == rule->args.n;
}

static const struct abi *abi_of(const struct judged *j, uint32_t audit, uint32_t number)
{
	uint32_t token = audit == SCMP_ARCH_X86_64 && number >= X32_BIT ? SCMP_ARCH_X32 : audit;

	for (size_t i = 0; i < j->nabis; i++) {
		if (j->abis[i].token == token)
			return &j->abis[i];
	}
	return NULL;
}

/* Whether the verdict is that of a rule that applies. */
static bool explained(const struct judged *j, const struct abi *abi, uint32_t number,
	const uint64_t args[ARGS], uint32_t verdict)
{
	bool any = false, good = false, always;

	for (size_t i = 0; i < j->nsaid; i++) {
		if (j->said[i].abi != abi || j->said[i].number != number ||
			!applies(&j->said[i], args, &always))
			continue;
		if (always)
			return verdict == j->said[i].action;
		any = true;
		good |= j->said[i].action == verdict;
	}
	return any ? good : verdict == j->default_action;
}

static void wrong(const struct judged *j, const uint32_t words[WORDS], uint32_t ours,
	const char *why, uint32_t value)
{
	cleanup_buf struct buf text = { 0 }, args = { 0 };

	json_encode(&text, &seccomp_table, j->profile, 0);
	fprintf(stderr, "%s\n", text.data); /* cmocka would cut it */
	for (size_t i = WORD_ARGS; i < WORDS; i++)
		buf_printf(&args, " %x", words[i]);
	fail_msg("%x:%x, args%s: is %x, %s %x", words[WORD_ARCH], words[WORD_NR], args.data, ours,
		why, value);
}

/* Whether a number is higher than all that the profile names, so that it gets ENOSYS. */
static bool too_new(const struct judged *j, const struct abi *abi, uint32_t number)
{
	switch (j->default_action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF: return false;
	default: return abi && abi->newest >= 0 && number > abi->newest;
	}
}

static void judge(
	const struct judged *j, uint32_t audit, uint32_t number, const uint64_t args[ARGS])
{
	uint32_t words[WORDS] = { [WORD_NR] = number, [WORD_ARCH] = audit }, ours, theirs;
	const struct abi *abi = abi_of(j, audit, number);

	for (unsigned i = 0; i < ARGS; i++) {
		words[WORD_ARGS + 2 * i + !j->big_endian] = (uint32_t)(args[i] >> 32);
		words[WORD_ARGS + 2 * i + j->big_endian] = (uint32_t)args[i];
	}
	/* From 2.6 on libseccomp has map_shadow_stack there, which the kernel doesn't. */
	if (audit == SCMP_ARCH_X86_64 && number == (X32_BIT | 453))
		return;
	points++;
	ours = seccomp_run((void *)j->ours.data, words, NULL);
	if (too_new(j, abi, number)) {
		if (ours != SCMP_ACT_ERRNO(ENOSYS))
			wrong(j, words, ours, "not", SCMP_ACT_ERRNO(ENOSYS));
		return;
	}
	if (abi && !explained(j, abi, number, args, ours))
		wrong(j, words, ours, "and no rule says so; the default action is",
			j->default_action);
	if (!abi &&
		ours !=
			(audit == SCMP_ARCH_X86_64 && number == UINT32_MAX ? j->default_action
									   : SCMP_ACT_KILL_THREAD))
		wrong(j, words, ours, "on an architecture that isn't listed; the default action is",
			j->default_action);
	if (!j->by_libseccomp)
		return;
	theirs = seccomp_run((void *)j->theirs.data, words, NULL);
	if (ours != theirs)
		wrong(j, words, ours, "libseccomp's", theirs);
}

/* Values of an argument on both sides of each border that the rules for the number draw. */
static size_t candidates_of(const struct judged *j, const struct abi *abi, uint32_t number,
	unsigned index, uint64_t values[CANDIDATES])
{
	static const uint64_t always[] = { 0, 1, UINT32_MAX, 1ull << 32, UINT64_MAX, 1ull << 63 };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		values[n++] = always[i];
	for (size_t i = 0; i < j->nsaid; i++) {
		const struct said *said = &j->said[i];

		if (said->abi != abi || said->number != number)
			continue;
		if (said->multiplexed && index == 0 && n + 2 < CANDIDATES) {
			values[n++] = said->multiplexed;
			values[n++] = said->multiplexed | 1ull << 32;
		}
		for (size_t k = 0; k < said->rule->args.n; k++) {
			const struct oci_seccomp_arg *arg = &said->rule->args.v[k];
			uint64_t v = arg->op == SECCOMP_OP_MASKED_EQ ? arg->value_two & arg->value
								     : arg->value;
			const uint64_t near[] = { v, v + 1, v - 1, v + (1ull << 32),
				v - (1ull << 32), v ^ 1ull << random_below(64), (uint32_t)v,
				v | ~arg->value, v ^ (arg->value & -arg->value),
				v | random_number() };

			for (size_t m = 0;
				arg->index == index && m < ARRAY_SIZE(near) && n < CANDIDATES; m++)
				values[n++] = near[m];
		}
	}
	return n;
}

static void judge_args(const struct judged *j, uint32_t audit, uint32_t number)
{
	const struct abi *abi = abi_of(j, audit, number);
	uint64_t values[ARGS][CANDIDATES], args[ARGS];
	size_t n[ARGS];

	for (unsigned i = 0; i < ARGS; i++)
		n[i] = candidates_of(j, abi, number, i, values[i]);
	for (size_t i = 0; i < VECTORS; i++) {
		for (unsigned k = 0; k < ARGS; k++)
			args[k] = values[k][random_below(n[k])];
		judge(j, audit, number, args);
	}
	/* each value of each argument */
	for (unsigned k = 0; k < ARGS; k++) {
		for (size_t i = 0; i < n[k]; i++) {
			args[k] = values[k][i];
			judge(j, audit, number, args);
		}
		args[k] = values[k][random_below(n[k])];
	}
}

/* Whether the rules for a number look at its arguments. */
static bool has_args(const struct judged *j, uint32_t audit, uint32_t number)
{
	for (size_t i = 0; i < j->nsaid; i++) {
		if (j->said[i].number == number && j->said[i].abi->audit == audit &&
			(j->said[i].multiplexed || j->said[i].rule->args.n > 0))
			return true;
	}
	return false;
}

/* Every number that there is, and those at the edges. */
static void judge_numbers(const struct judged *j, uint32_t audit)
{
	static const uint32_t windows[] = { 0, X32_BIT, 4000, 5000, 6000, 0xf0000 };
	static const uint32_t edges[] = { X32_BIT - 1, 0x7fffffff, 0x80000000, 0xbfffffff,
		0xc0000000, 0xfffffffe, 0xffffffff };
	static const uint64_t zeros[ARGS];

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		judge(j, audit, edges[i], zeros);
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		for (uint32_t number = windows[i]; number < windows[i] + WINDOW; number++) {
			uint64_t args[ARGS];

			for (unsigned k = 0; k < ARGS; k++)
				args[k] = random_number();
			judge(j, audit, number, zeros);
			judge(j, audit, number, args);
			if (has_args(j, audit, number))
				judge_args(j, audit, number);
		}
	}
}

/* Our program. A rule that is refused because it contradicts an earlier one is taken out, and false
 * is returned. */
static bool our_compile(uint32_t native, struct oci_seccomp *profile, struct buf *program)
{
	struct error err;
	unsigned rule;

	if (seccomp_compile_for(native, profile, false, program, &err) == 0)
		return true;
	if (sscanf(err.text, "/linux/seccomp/syscalls/%u: an earlier rule", &rule) != 1)
		fail_msg("%s", err.text);
	profile->syscalls.v[rule].names.n = 0;
	return false;
}

static void judge_profile(uint32_t native, struct oci_seccomp *profile, bool by_libseccomp)
{
	struct judged j = { .by_libseccomp = by_libseccomp };
	const char *refused;
	size_t theirs;

	remove_unknown(profile);
	while ((by_libseccomp && !libseccomp_compile(native, profile, &j.theirs)) ||
		!our_compile(native, profile, &j.ours))
		buf_clear(&j.theirs);
	read_profile(&j, native, profile);
	refused = seccomp_refused((void *)j.ours.data, j.ours.len / sizeof(struct sock_filter));
	if (refused != NULL)
		fail_msg("the kernel would refuse the program: %s", refused);
	/* for the other byte order libseccomp swaps the copies of actions twice that it makes for
	 * long jumps */
	theirs = j.theirs.len / sizeof(struct sock_filter);
	j.by_libseccomp &= !foreign_order(native) || theirs < LONG_JUMP;
	for (size_t i = 0; i < j.nabis; i++)
		judge_numbers(&j, j.abis[i].audit);
	judge_numbers(&j, native == SCMP_ARCH_RISCV64 ? SCMP_ARCH_AARCH64 : SCMP_ARCH_RISCV64);
	mem_free(j.said);
	buf_free(&j.ours);
	buf_free(&j.theirs);
}

/* ---- the engines' profiles ---- */

struct document_linux {
	struct oci_seccomp *seccomp;
};
struct document {
	struct document_linux linux_;
};

static const struct json_field document_linux_fields[] = {
	FIELD(struct document_linux, seccomp, "seccomp", JSON_POINTER, .table = &seccomp_table),
	FIELD_END,
};
static const struct json_table document_linux_table = { "Linux", sizeof(struct document_linux),
	document_linux_fields };
static const struct json_field document_fields[] = {
	FIELD(struct document, linux_, "linux", JSON_OBJECT, .table = &document_linux_table),
	FIELD_END,
};
static const struct json_table document_table = { "Spec", sizeof(struct document),
	document_fields };

/* linux.seccomp of a config.json, NULL: there is none. */
static struct oci_seccomp *config_seccomp(struct arena *arena, const char *path)
{
	cleanup_buf struct buf text = { 0 };
	struct document document = { 0 };
	struct error err;

	if (file_read(AT_FDCWD, path, &text, &err) < 0 ||
		json_decode(arena, &(struct json_source){ path, text.data, text.len },
			&document_table, &document, &err) < 0)
		fail_msg("%s", err.text);
	return document.linux_.seccomp;
}

static struct oci_seccomp *seccomp_of(struct arena *arena, const char *text)
{
	struct oci_seccomp *seccomp = arena_alloc(arena, sizeof *seccomp);
	struct error err;

	if (json_decode(arena, &(struct json_source){ "profile", text, strlen(text) },
		    &seccomp_table, seccomp, &err) < 0)
		fail_msg("%s", err.text);
	return seccomp;
}

/* A system call that isn't in the kernel's cache takes few instructions; libseccomp's filters take
 * hundreds. */
static void is_quick(const struct buf *program)
{
	size_t n = program->len / sizeof(struct sock_filter), sum = 0, steps;

	for (uint32_t number = 0; number < 450; number++) {
		uint32_t words[WORDS] = { [WORD_NR] = number, [WORD_ARCH] = SCMP_ARCH_X86_64 };

		seccomp_run((void *)program->data, words, &steps);
		assert_true(steps >= 1 && steps <= 25);
		sum += steps;
	}
	assert_true(n >= 100 && n <= 350);
	assert_true(sum / 450 >= 1 && sum / 450 <= 11);
}

static void engines_profiles_say_what_libseccomp_says(void **state)
{
	struct buf seen[8] = { 0 };
	size_t different = 0;
	glob_t files;

	(void)state;
	random_state = 1;
	assert_int_equal(glob("tests/data/engine-configs/*/*.json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		cleanup_arena struct arena arena = { 0 };
		struct oci_seccomp *profile = config_seccomp(&arena, files.gl_pathv[i]);
		cleanup_buf struct buf program = { 0 };
		struct error err;
		bool known = false;

		if (profile == NULL)
			continue;
		assert_int_equal(
			seccomp_compile_for(SCMP_ARCH_X86_64, profile, false, &program, &err), 0);
		for (size_t k = 0; k < different; k++)
			known |= seen[k].len == program.len &&
				memcmp(seen[k].data, program.data, program.len) == 0;
		if (known)
			continue;
		is_quick(&program);
		judge_profile(SCMP_ARCH_X86_64, profile, true);
		assert_true(different <= 7);
		buf_append(&seen[different++], program.data, program.len);
	}
	globfree(&files);
	for (size_t i = 0; i < 8; i++)
		buf_free(&seen[i]);
	assert_true(different >= 4 && different <= 8);
}

/* ---- random profiles ---- */

enum shape {
	ONE_CONDITION, /* in each rule at most, and not LT or LE */
	UPPER_BOUNDS,  /* LT or LE, one in each rule at most, with values of 32 bits */
	EQUALITIES,    /* 3 conditions, EQ, on the first 3 arguments */
	ONE_RULE,      /* for each system call that has args, with up to 4 conditions */
	EVERYTHING,
	SHAPES
};

/* Of these the first are never multiplexed; the next two are, but not by the same. */
static const char *const names_with_args[] = { "clone", "personality", "ioctl", "prctl", "fcntl",
	"socket", "msgget", "socketcall", "semop", "ipc", "recv", "sendto", "send" };
static const size_t names_of_shape[] = {
	[ONE_CONDITION] = 3, [UPPER_BOUNDS] = 3, [EQUALITIES] = 3, [ONE_RULE] = 7, [EVERYTHING] = 13
};

static struct opt_uint32 random_errno(int action)
{
	bool takes = action == SECCOMP_ACTION_ERRNO || action == SECCOMP_ACTION_TRACE;

	return (struct opt_uint32){ takes && random_below(2), ENOSYS };
}

static struct oci_seccomp_arg random_arg(enum shape shape)
{
	static const uint64_t values[] = { 0, 1, 2, 5, 16, 40, UINT32_MAX, 1ull << 32,
		(1ull << 32) + 5, 1ull << 63, UINT64_MAX };
	static const char *const ops[] = { [ONE_CONDITION] = "14567",
		[UPPER_BOUNDS] = "23",
		[EQUALITIES] = "4",
		[ONE_RULE] = "1234567",
		[EVERYTHING] = "1234567" }; /* of enum oci_seccomp_operator */
	static const uint64_t masks[] = { 0xff, 0xff00, 5, 16, 1ull << 40, 0xffull << 28,
		UINT64_MAX, UINT64_MAX << 32 };
	size_t n = ARRAY_SIZE(values);
	struct oci_seccomp_arg arg = { .index = (uint32_t)random_below(
					       random_below(4) == 0 ? ARGS : 2),
		.op = ops[shape][random_below(strlen(ops[shape]))] - '0',
		.value = random_below(8) == 0 ? random_number() : values[random_below(n)] };

	if (arg.op == SECCOMP_OP_MASKED_EQ) {
		arg.value = masks[random_below(ARRAY_SIZE(masks))];
		arg.value_two = values[random_below(n)];
	}
	if (shape == UPPER_BOUNDS)
		arg.value = (uint32_t)arg.value;
	return arg;
}

static void random_args(struct arena *arena, enum shape shape, struct oci_seccomp_rule *rule)
{
	size_t n = shape == EQUALITIES
		? 3
		: random_below(shape == ONE_CONDITION || shape == UPPER_BOUNDS ? 2 : 5);
	unsigned seen = 0;

	rule->args.v = arena_alloc(arena, (n + 1) * sizeof *rule->args.v);
	while (n-- > 0) {
		struct oci_seccomp_arg arg = random_arg(shape);

		if (shape == EQUALITIES)
			arg.index = (uint32_t)n;
		if (shape == EVERYTHING || !(seen & 1u << arg.index))
			rule->args.v[rule->args.n++] = arg;
		seen |= 1u << arg.index;
	}
}

/* used: which of names_with_args have a rule already. like: another rule, whose action it often
 * has. */
static void random_rule(struct arena *arena, enum shape shape, unsigned *used,
	const struct oci_seccomp_rule *like, struct oci_seccomp_rule *rule)
{
	size_t name = random_below(names_of_shape[shape]);
	bool looks = random_below(4) != 0 && !(shape == ONE_RULE && (*used & 1u << name));

	rule->action =
		random_below(2) ? like->action : 1 + (int)random_below(SECCOMP_ACTION_NOTIFY);
	rule->errno_ret = random_errno(rule->action);
	rule->names.n = looks ? 1 : 1 + random_below(12);
	rule->names.v = arena_alloc(arena, rule->names.n * sizeof *rule->names.v);
	if (looks) {
		*used |= 1u << name;
		rule->names.v[0] = names_with_args[name];
		random_args(arena, shape, rule);
		return;
	}
	for (size_t i = 0; i < rule->names.n; i++)
		rule->names.v[i] = syscall_names[random_below(syscall_names_count)].name;
}

static struct oci_seccomp *random_profile(
	struct arena *arena, enum shape shape, const char *const architectures[3])
{
	/* libseccomp loses the number where the first thing it looks for has none on x86 ("accept")
	 */
	static const char *first[] = { "restart_syscall", "exit", "read", "write" };
	struct oci_seccomp *profile = arena_alloc(arena, sizeof *profile);
	unsigned used = 0;

	profile->default_action = 1 + (int)random_below(SECCOMP_ACTION_NOTIFY);
	profile->default_errno_ret = random_errno(profile->default_action);
	profile->architectures.v = arena_alloc(arena, 3 * sizeof *profile->architectures.v);
	for (size_t i = 0; i < 3; i++) {
		for (int arch = 1; seccomp_arch_names[arch - 1]; arch++) {
			if (strcmp(seccomp_arch_names[arch - 1] + strlen("SCMP_ARCH_"),
				    architectures[i]) == 0 &&
				random_below(4))
				profile->architectures.v[profile->architectures.n++] = arch;
		}
	}
	profile->syscalls.n = 2 + random_below(20);
	profile->syscalls.v = arena_alloc(arena, profile->syscalls.n * sizeof *profile->syscalls.v);
	profile->syscalls.v[0].names.v = first;
	profile->syscalls.v[0].names.n = 4;
	profile->syscalls.v[0].action = profile->default_action == SECCOMP_ACTION_ALLOW
		? SECCOMP_ACTION_LOG
		: SECCOMP_ACTION_ALLOW;
	for (size_t i = 1; i < profile->syscalls.n; i++)
		random_rule(arena, shape, &used, &profile->syscalls.v[random_below(i)],
			&profile->syscalls.v[i]);
	return profile;
}

static void random_profiles_say_what_the_judges_say(void **state)
{
	static const struct {
		uint32_t native;
		const char *architectures[3];
	} machines[] = {
		{ SCMP_ARCH_X86_64, { "X86_64", "X86", "X32" } },
		{ SCMP_ARCH_X86_64, { "X32", "X86_64", "X86" } },
		{ SCMP_ARCH_AARCH64, { "AARCH64", "ARM", "X86_64" } },
		{ SCMP_ARCH_X86, { "X86", "X32", "ARM" } },
		{ SCMP_ARCH_S390X, { "S390X", "S390", "PPC" } },
		{ SCMP_ARCH_PPC64LE, { "PPC64LE", "MIPSEL64", "MIPSEL64N32" } },
		{ SCMP_ARCH_RISCV64, { "RISCV64", "MIPSEL64", "X32" } },
	};
	const char *wish = getenv("HULL_SECCOMP_PROFILES"), *first = getenv("HULL_SECCOMP_SEED");
	uint64_t seed = first ? strtoull(first, NULL, 0) : 1;
	unsigned n = wish ? (unsigned)atoi(wish) : 200;

	(void)state;
	points = 0;
	for (uint64_t end = seed + n; seed < end; seed++) {
		cleanup_arena struct arena arena = { 0 };
		size_t machine, shape;

		random_state = seed;
		machine = random_below(2) ? 0 : random_below(ARRAY_SIZE(machines));
		shape = random_below(SHAPES);
		if (getenv("HULL_SECCOMP_VERBOSE"))
			fprintf(stderr, "seed %llu, shape %zu\n", (unsigned long long)seed, shape);
		judge_profile(machines[machine].native,
			random_profile(&arena, (enum shape)shape, machines[machine].architectures),
			shape != EVERYTHING);
	}
	print_message("# %u profiles with the seeds up to %llu: %zu verdicts\n", n,
		(unsigned long long)seed - 1, points);
}

/* ---- what the judges don't look at ---- */

static uint32_t verdict(const struct buf *program, uint32_t audit, uint32_t number, uint64_t arg)
{
	uint32_t words[WORDS] = { [WORD_NR] = number,
		[WORD_ARCH] = audit,
		[WORD_ARGS] = (uint32_t)arg,
		[WORD_ARGS + 1] = arg >> 32 };

	return seccomp_run((void *)program->data, words, NULL);
}

/* The verdict of a profile for x86_64's personality(arg), number 135. */
static uint32_t personality(const char *text, uint64_t arg)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 };
	struct error err;

	if (seccomp_compile_for(SCMP_ARCH_X86_64, seccomp_of(&arena, text), false, &program, &err) <
		0)
		fail_msg("%s", err.text);
	return verdict(&program, SCMP_ARCH_X86_64, 135, arg);
}

/* The error for a profile. */
static const char *refusal(const char *text, bool fail_unknown)
{
	static struct error err;
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 };

	assert_int_equal(seccomp_compile_for(SCMP_ARCH_X86_64, seccomp_of(&arena, text),
				 fail_unknown, &program, &err),
		-1);
	return err.text;
}

#define RULES(...) "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" __VA_ARGS__ "]}"
#define RULE(action, ...)                                               \
	"{\"names\": [\"personality\"], \"action\": \"SCMP_ACT_" action \
	"\", \"args\": [" __VA_ARGS__ "]}"
#define ARG(index, op, value) \
	"{\"index\": " #index ", \"op\": \"SCMP_CMP_" op "\", \"value\": " #value "}"

#define OR(first, second) RULES(first "," second)

static void of_rules_that_overlap_the_order_decides(void **state)
{
	static const struct {
		const char *profile;
		uint64_t argument;
		uint32_t verdict;
	} cases[] = {
		/* without args: the first, whatever else there is */
		{ OR(RULE("LOG", ARG(0, "EQ", 1)), RULE("ALLOW") "," RULE("TRAP")), 1,
			SCMP_ACT_ALLOW },
		/* EQ before a bound, the narrower bound before the wider */
		{ OR(RULE("LOG", ARG(0, "GE", 1)), RULE("ALLOW", ARG(0, "EQ", 2))), 2,
			SCMP_ACT_ALLOW },
		{ OR(RULE("LOG", ARG(0, "GE", 1)), RULE("ALLOW", ARG(0, "GE", 9))), 9,
			SCMP_ACT_ALLOW },
		{ OR(RULE("LOG", ARG(0, "LE", 9)), RULE("ALLOW", ARG(0, "LE", 1))), 1,
			SCMP_ACT_ALLOW },
		/* also where only the high words are looked at */
		{ OR(RULE("LOG", ARG(0, "GE", 1)), RULE("ALLOW", ARG(0, "GE", 9))), 1ull << 32,
			SCMP_ACT_ALLOW },
		/* NE is EQ's other side; of two, that with the greater value first */
		{ OR(RULE("LOG", ARG(0, "EQ", 40)), RULE("ALLOW", ARG(0, "NE", 16))), 40,
			SCMP_ACT_LOG },
		{ OR(RULE("LOG", ARG(0, "NE", 3)), RULE("ALLOW", ARG(0, "NE", 4))), 9,
			SCMP_ACT_ALLOW },
		/* EQ, and MASKED_EQ with all bits: not the same args, so the first */
		{ OR(RULE("LOG", ARG(0, "EQ", 5)),
			  RULE("ALLOW",
				  "{\"index\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\", \"value\": "
				  "18446744073709551615, \"valueTwo\": 5}")),
			5, SCMP_ACT_LOG },
		/* a rule that comes too late; one that comes before */
		{ OR(RULE("LOG", ARG(0, "EQ", 1)),
			  RULE("ALLOW", ARG(0, "EQ", 1) "," ARG(1, "EQ", 0))),
			1, SCMP_ACT_LOG },
		{ OR(RULE("ALLOW", ARG(0, "EQ", 1) "," ARG(1, "EQ", 0)),
			  RULE("LOG", ARG(0, "EQ", 1))),
			1, SCMP_ACT_ALLOW },
		/* an index twice: each condition for itself */
		{ RULES(RULE("ALLOW", ARG(0, "EQ", 1) "," ARG(0, "EQ", 2) "," ARG(1, "EQ", 7))), 2,
			SCMP_ACT_ALLOW },
		{ RULES(RULE("ALLOW", ARG(0, "EQ", 1) "," ARG(0, "EQ", 2) "," ARG(1, "EQ", 0))), 9,
			SCMP_ACT_ALLOW },
		/* libseccomp loses the second of these, and lets (17, 7) pass in the other */
		{ OR(RULE("ALLOW", ARG(0, "GT", 5)),
			  RULE("LOG", ARG(0, "GT", 3) "," ARG(1, "EQ", 0))),
			4, SCMP_ACT_LOG },
		{ OR(RULE("LOG", ARG(0, "NE", 16) "," ARG(1, "EQ", 9)),
			  RULE("ALLOW", ARG(0, "NE", 17) "," ARG(1, "EQ", 0))),
			17, SCMP_ACT_ERRNO(EPERM) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
			personality(cases[i].profile, cases[i].argument), cases[i].verdict);
}

static void words_of_different_arguments_stay_apart(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(
		seccomp_compile_for(SCMP_ARCH_X86_64,
			seccomp_of(&arena,
				RULES(RULE("ALLOW",
					ARG(0, "EQ", 5)) ","
							 "{\"names\": [\"prctl\"], \"action\": "
							 "\"SCMP_ACT_ALLOW\", \"args\": [" ARG(
								 1, "EQ", 5) "]}")),
			false, &program, &err),
		0);
	assert_int_equal(verdict(&program, SCMP_ARCH_X86_64, 135, 5), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(&program, SCMP_ARCH_X86_64, 157, 5), SCMP_ACT_ERRNO(EPERM));
}

static void what_contradicts_is_refused(void **state)
{
	(void)state;
	assert_string_equal(
		refusal(RULES(RULE("LOG", ARG(0, "EQ", 1)) "," RULE("ALLOW", ARG(0, "EQ", 1))),
			false),
		"/linux/seccomp/syscalls/1: an earlier rule for personality has the same args "
		"and another action");
	assert_int_equal(
		personality(
			RULES(RULE("LOG", ARG(0, "EQ", 1)) "," RULE("LOG", ARG(0, "EQ", 1))), 1),
		SCMP_ACT_LOG);
}

static void unknown_names_are_skipped_unless_they_must_not_be(void **state)
{
	static const char text[] = RULES(
		"{\"names\": [\"no_such_call\", \"personality\"], \"action\": \"SCMP_ACT_ALLOW\"}");

	(void)state;
	assert_int_equal(personality(text, 0), SCMP_ACT_ALLOW);
	assert_string_equal(refusal(text, true),
		"/linux/seccomp/syscalls/0/names/0: the system call \"no_such_call\" is unknown");
}

/* Without libseccomp as the judge: which system calls a profile knows if it names only a call of
 * socketcall(2). */
static void a_multiplexed_call_makes_its_multiplexer_known(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(
		seccomp_compile_for(SCMP_ARCH_X86,
			seccomp_of(&arena,
				RULES("{\"names\": [\"send\"], \"action\": \"SCMP_ACT_ALLOW\"}")),
			false, &program, &err),
		0);
	assert_int_equal(verdict(&program, SCMP_ARCH_X86, 102, 9), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(&program, SCMP_ARCH_X86, 102, 1), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(verdict(&program, SCMP_ARCH_X86, 103, 9), SCMP_ACT_ERRNO(ENOSYS));
}

static void errno_of_default_and_rule(void **state)
{
	static const char profile[] =
		"{\"defaultAction\": \"SCMP_ACT_%s\"%s, \"syscalls\": [{\"names\": [\"%s\", "
		"\"getpid\"], \"action\": \"SCMP_ACT_%s\"%s}]}";
	static const struct {
		const char *action, *errno_ret;
		uint32_t verdict, of_new; /* for a system call that is newer than the profile */
	} defaults[] = {
		{ "ERRNO", "", SCMP_ACT_ERRNO(EPERM), SCMP_ACT_ERRNO(ENOSYS) },
		{ "ERRNO", ", \"defaultErrnoRet\": 22", SCMP_ACT_ERRNO(22),
			SCMP_ACT_ERRNO(ENOSYS) },
		{ "TRACE", ", \"defaultErrnoRet\": 7", SCMP_ACT_TRACE(7), SCMP_ACT_TRACE(7) },
		{ "KILL", "", SCMP_ACT_KILL_THREAD, SCMP_ACT_ERRNO(ENOSYS) },
		{ "KILL_THREAD", "", SCMP_ACT_KILL_THREAD, SCMP_ACT_ERRNO(ENOSYS) },
		{ "KILL_PROCESS", "", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ERRNO(ENOSYS) },
		{ "TRAP", "", SCMP_ACT_TRAP, SCMP_ACT_ERRNO(ENOSYS) },
		{ "LOG", "", SCMP_ACT_LOG, SCMP_ACT_LOG },
		{ "ALLOW", "", SCMP_ACT_ALLOW, SCMP_ACT_ALLOW },
		{ "NOTIFY", "", SCMP_ACT_NOTIFY, SCMP_ACT_NOTIFY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		cleanup_free char *none = mem_printf(
			profile, defaults[i].action, defaults[i].errno_ret, "openat2", "TRAP", "");
		cleanup_free char *one = mem_printf(profile, defaults[i].action,
			defaults[i].errno_ret, "personality", "ERRNO", ", \"errnoRet\": 13");
		cleanup_arena struct arena arena = { 0 };
		cleanup_buf struct buf program = { 0 };
		struct error err;

		assert_int_equal(personality(none, 0), defaults[i].verdict);
		assert_int_equal(personality(one, 0), SCMP_ACT_ERRNO(13));
		assert_int_equal(seccomp_compile_for(SCMP_ARCH_X86_64, seccomp_of(&arena, none),
					 false, &program, &err),
			0);
		assert_int_equal(
			verdict(&program, SCMP_ARCH_X86_64, 437, 0), SCMP_ACT_TRAP); /* openat2 */
		assert_int_equal(verdict(&program, SCMP_ARCH_X86_64, 438, 0), defaults[i].of_new);
	}
}

static void architectures_that_cannot_be(void **state)
{
	(void)state;
	assert_string_equal(refusal("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
				    "[\"SCMP_ARCH_X86\", \"SCMP_ARCH_S390X\"]}",
				    false),
		"/linux/seccomp/architectures/1: SCMP_ARCH_S390X has another byte order than "
		"this machine");
	for (int arch = 1; seccomp_arch_names[arch - 1]; arch++) {
		char name[32] = "";

		for (size_t i = 0; seccomp_arch_names[arch - 1][i + strlen("SCMP_ARCH_")] &&
			i < sizeof name - 1;
			i++)
			name[i] = (char)tolower(
				seccomp_arch_names[arch - 1][i + strlen("SCMP_ARCH_")]);
		assert_int_not_equal(seccomp_arch_token(arch), 0);
		/* an older libseccomp may know fewer */
		if (seccomp_arch_resolve_name(name) != 0)
			assert_int_equal(seccomp_arch_token(arch), seccomp_arch_resolve_name(name));
	}
}

static void flags_are_those_of_the_profile(void **state)
{
	static const struct {
		const char *rest;
		unsigned flags;
	} cases[] = {
		{ "", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ ", \"flags\": []", 0 },
		{ ", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_TSYNC\"]",
			SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC },
		{ ", \"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\", "
		  "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]",
			SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ ", \"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\", "
		  "\"SECCOMP_FILTER_FLAG_TSYNC\"], \"listenerPath\": \"/x\", \"syscalls\": "
		  "[{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_NOTIFY\"}]",
			SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text =
			mem_printf("{\"defaultAction\": \"SCMP_ACT_ALLOW\"%s}", cases[i].rest);
		cleanup_arena struct arena arena = { 0 };
		cleanup_buf struct buf program = { 0 }, again = { 0 };
		struct error err;
		unsigned flags = ~0u;

		assert_int_equal(
			seccomp_compile(seccomp_of(&arena, text), false, &program, &flags, &err),
			0);
		assert_int_equal(flags, cases[i].flags);
		assert_int_equal(
			seccomp_compile(seccomp_of(&arena, text), false, &again, &flags, &err), 0);
		assert_int_equal(program.len, again.len);
		assert_memory_equal(program.data, again.data, again.len);
	}
}

static struct target test_of(
	struct code *code, uint16_t op, uint32_t k, struct target yes, struct target no)
{
	enum { FIRST_ARG = 16 };

	return seccomp_code_test(
		code, (struct code_condition){ FIRST_ARG, op, UINT32_MAX, k }, yes, no);
}

/* Jumps over `distance` instructions, and over one more: an outcome that is out of reach gets a
 * copy that is nearer. */
static void a_jump_reaches_as_far_as_it_can(void **state)
{
	(void)state;
	for (uint32_t distance = 240; distance < 270; distance++) {
		struct code *code = mem_alloc(sizeof *code);
		struct target target;
		cleanup_buf struct buf program = { 0 };

		seccomp_code_begin(code);
		target = test_of(code, BPF_JEQ, 0, seccomp_code_action(1), seccomp_code_action(2));
		for (uint32_t i = 0; i < distance; i++)
			target = test_of(code, BPF_JEQ, 1000 + i, seccomp_code_action(3), target);
		target = test_of(code, BPF_JEQ, 999, seccomp_code_action(2),
			test_of(code, BPF_JEQ, 998, seccomp_code_action(1), target));
		target = test_of(code, BPF_JSET, 1,
			test_of(code, BPF_JGT, 500, seccomp_code_action(2), seccomp_code_action(1)),
			target);
		assert_int_not_equal(seccomp_code_finish(code, target, &program), 0);
		assert_null(seccomp_refused(
			(void *)program.data, program.len / sizeof(struct sock_filter)));
		assert_int_equal(verdict(&program, 0, 0, 999), 2);
		assert_int_equal(verdict(&program, 0, 0, 997), 2);
		assert_int_equal(verdict(&program, 0, 0, 499), 1);
		assert_int_equal(verdict(&program, 0, 0, 998), 1);
		assert_int_equal(verdict(&program, 0, 0, 0), 1);
		assert_int_equal(verdict(&program, 0, 0, 2), 2);
		for (uint32_t i = 0; i < distance; i += 2)
			assert_int_equal(verdict(&program, 0, 0, 1000 + i), 3);
		mem_free(code);
	}
}

/* A profile with n values for one argument of one system call, each with an errno of its own. */
static struct oci_seccomp *long_profile(struct arena *arena, size_t n)
{
	static const char *name[] = { "personality" };
	struct oci_seccomp *profile = seccomp_of(arena,
		"{\"defaultAction\": \"SCMP_ACT_KILL\", \"architectures\": [\"SCMP_ARCH_X86\"]}");
	struct oci_seccomp_arg *args = arena_alloc(arena, n * sizeof *args);

	profile->syscalls.v = arena_alloc(arena, n * sizeof *profile->syscalls.v);
	profile->syscalls.n = n;
	for (size_t i = 0; i < n; i++) {
		args[i] =
			(struct oci_seccomp_arg){ .index = i % 3, .op = SECCOMP_OP_EQ, .value = i };
		profile->syscalls.v[i] = (struct oci_seccomp_rule){ .names = { name, 1 },
			.action = SECCOMP_ACTION_ERRNO,
			.errno_ret = { true, (uint32_t)i },
			.args = { &args[i], 1 } };
	}
	return profile;
}

static void long_programs_jump_far(void **state)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf program = { 0 };
	struct error err;

	(void)state;
	judge_profile(SCMP_ARCH_X86_64, long_profile(&arena, 600), false);
	assert_int_equal(seccomp_compile_for(SCMP_ARCH_X86_64, long_profile(&arena, 5000), false,
				 &program, &err),
		-1);
	assert_string_equal(err.text,
		"/linux/seccomp/syscalls: the filter would have more than 4096 instructions, the "
		"kernel's maximum: argument list too long");
}

static const uint32_t columns[COLUMNS] = {
	[COLUMN_X86_64] = SCMP_ARCH_X86_64,
	[COLUMN_X32] = SCMP_ARCH_X32,
	[COLUMN_X86] = SCMP_ARCH_X86,
	[COLUMN_AARCH64] = SCMP_ARCH_AARCH64,
	[COLUMN_ARM] = SCMP_ARCH_ARM,
};

static void the_table_of_names_is_libseccomps(void **state)
{
	const char *before = "";

	(void)state;
	for (size_t i = 0; i < syscall_names_count; i++) {
		const struct syscall_name *row = &syscall_names[i];

		assert_true(strcmp(before, row->name) < 0);
		before = row->name;
		assert_ptr_equal(seccomp_names_find(row->name, NULL), row);
		assert_ptr_equal(seccomp_names_find(row->name, i > 0 ? row - 1 : row), row);
		assert_ptr_equal(seccomp_names_find(row->name, row), row);
		for (unsigned k = 0; known_to_libseccomp(row->name) && k < COLUMNS; k++) {
			struct syscall_number theirs = libseccomp_number(columns[k], row->name),
					      ours = seccomp_names_number(
						      columns[k], row->name, row);
			struct syscall_number asked =
				seccomp_names_number(columns[k], row->name, NULL);

			if (k == COLUMN_X32 && strcmp(row->name, "map_shadow_stack") == 0)
				continue; /* the kernel's table hasn't got it there */
			if (theirs.number != ours.number || theirs.multiplexed != ours.multiplexed)
				fail_msg("%s: %d, %u in column %u; libseccomp has %d, %u",
					row->name, ours.number, ours.multiplexed, k, theirs.number,
					theirs.multiplexed);
			assert_int_equal(asked.number, ours.number);
			assert_int_equal(asked.multiplexed, ours.multiplexed);
		}
	}
	/* libseccomp itself takes 175 */
	assert_int_equal(
		seccomp_names_number(SCMP_ARCH_MIPSEL, "recv", seccomp_names_find("recv", NULL))
			.number,
		4175);
	assert_int_equal(
		seccomp_names_number(SCMP_ARCH_MIPSEL, "recv", seccomp_names_find("recv", NULL))
			.multiplexed,
		110);
	assert_null(seccomp_names_find("", NULL));
	assert_null(seccomp_names_find("no_such_call", &syscall_names[syscall_names_count - 1]));
	assert_null(seccomp_names_find("zzz", &syscall_names[0]));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Writes the rows of libcontainer/linux/seccomp/seccomp_names.c as this libseccomp would have them:
 * all names of all numbers.
 */
static void write_table(void)
{
	enum { FROM = -11000, TO = 7000, ODD = 0xf0000, MOST = 2048 };
	static char *names[MOST];
	size_t n = 0;

	for (unsigned k = 0; k < COLUMNS; k++) {
		for (int number = FROM; number < TO + 16; number++) {
			char *name = seccomp_syscall_resolve_num_arch(
				columns[k], number < TO ? number : ODD + number - TO);

			if (name && n < MOST)
				names[n++] = name;
		}
	}
	qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		printf("\t{ \"%s\", %u, {", names[i],
			libseccomp_number(SCMP_ARCH_X86, names[i]).multiplexed);
		for (unsigned k = 0; k < COLUMNS; k++) {
			int32_t number = libseccomp_number(columns[k], names[i]).number;

			number =
				number > 0 && k == COLUMN_X32 ? number & (int32_t)~X32_BIT : number;
			printf(" %d%s", number > INT16_MAX ? -2 : number,
				k + 1 < COLUMNS ? "," : " } },\n");
		}
	}
}

/* ---- the kernel ---- */

/* Runs body in a child that ends with what it returns; returns the child's wait status. */
static int in_child(int (*body)(int sock), int sock)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(sock));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static size_t compile_text(const char *text, struct buf *program, unsigned *flags)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err;

	if (seccomp_compile(seccomp_of(&arena, text), false, program, flags, &err) < 0)
		fail_msg("%s", err.text);
	return program->len / sizeof(struct sock_filter);
}

static int load_and_look(int sock)
{
	cleanup_buf struct buf program = { 0 };
	struct error err;
	unsigned flags;
	size_t n = compile_text(
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"getppid\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 77}, {\"names\": [\"getpgid\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 0, \"op\": "
		"\"SCMP_CMP_GT\", \"value\": 4294967295}]}]}",
		&program, &flags);

	(void)sock;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		seccomp_filter_load((void *)program.data, n, flags, &err) != 0)
		return 1;
	if (syscall(SYS_getppid) != -1 || errno != 77)
		return 2;
	/* on other machines an argument has 32 bits */
	if (sizeof(long) == 8 && (syscall(SYS_getpgid, 1ULL << 32) != -1 || errno != EPERM))
		return 3;
	return syscall(SYS_getpgid, 0) > 0 ? 0 : 4;
}

static void the_kernel_takes_it(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	assert_int_equal(in_child(load_and_look, -1), 0);
}

static int load_without_privileges(int sock)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct error err;

	(void)sock;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (seccomp_filter_load(&allow, 1, 0, &err) != -1 || err.code != EACCES ||
		!strstr(err.text, "noNewPrivileges"))
		return 2;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (seccomp_filter_load(&allow, 1, 1u << 31, &err) != -1 || err.code != EINVAL)
		return 3;
	allow.code = BPF_LD | BPF_W | BPF_ABS;
	return seccomp_filter_load(&allow, 1, 0, &err) == -1 && err.code == EINVAL ? 0 : 4;
}

static void errors_say_why(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	assert_int_equal(in_child(load_without_privileges, -1), 0);
}

static int pass_over_socket(void *context, int listener)
{
	int sock = *(int *)context;
	char answer;

	return fd_send(sock, "fd", 2, &listener, 1) == 0 && recv(sock, &answer, 1, 0) == 1 ? 0 : -1;
}

/* Every system call is for the listener to decide, even that with which the process ends. */
static int load_with_listener(int sock)
{
	cleanup_buf struct buf program = { 0 };
	struct error err;
	unsigned flags;
	size_t n =
		compile_text("{\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"listenerPath\": \"/x\"}",
			&program, &flags);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		seccomp_filter_load_notify(
			(void *)program.data, n, flags, pass_over_socket, &sock, &err) != 0)
		return 1;
	return (int)syscall(SYS_getppid);
}

/* Answers what the listener asks until the process has ended. */
static void be_the_agent(int listener)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };

	while (poll(&wait, 1, -1) == 1 && !(wait.revents & POLLHUP)) {
		struct seccomp_notif asked = { 0 };
		struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
			continue;
		answer.id = asked.id;
		if (asked.data.nr == SYS_getppid)
			answer = (struct seccomp_notif_resp){ .id = asked.id, .val = 42 };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static void a_listener_comes_out_of_any_filter(void **state)
{
	int socks[2], listener = -1, status = -1;
	size_t nfds = 1;
	char text[8];
	pid_t pid;

	(void)state;
	SKIP_IF_EMULATED();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(load_with_listener(socks[1]));
	close(socks[1]);
	assert_int_equal(fd_recv(socks[0], text, sizeof text, &listener, &nfds), 2);
	assert_int_equal(nfds, 1);
	assert_int_equal(send(socks[0], "", 1, 0), 1);
	be_the_agent(listener);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 42 << 8);
	close(listener);
	close(socks[0]);
}

/* The process must not continue if nobody holds its listener. */
static void without_an_answer_the_process_ends(void **state)
{
	int socks[2], status = -1;
	pid_t pid;

	(void)state;
	SKIP_IF_EMULATED();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(socks[0]);
		_exit(load_with_listener(socks[1]));
	}
	close(socks[1]);
	close(socks[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 1 << 8);
}

/* In Linux 5.14 there are all flags but the last. */
static void flags_of_this_kernel(void **state)
{
	(void)state;
	SKIP_IF_EMULATED();
	for (int flag = 1; seccomp_flag_names[flag]; flag++)
		assert_true(seccomp_flag_supported(flag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engines_profiles_say_what_libseccomp_says),
		cmocka_unit_test(random_profiles_say_what_the_judges_say),
		cmocka_unit_test(of_rules_that_overlap_the_order_decides),
		cmocka_unit_test(words_of_different_arguments_stay_apart),
		cmocka_unit_test(what_contradicts_is_refused),
		cmocka_unit_test(unknown_names_are_skipped_unless_they_must_not_be),
		cmocka_unit_test(a_multiplexed_call_makes_its_multiplexer_known),
		cmocka_unit_test(errno_of_default_and_rule),
		cmocka_unit_test(a_jump_reaches_as_far_as_it_can),
		cmocka_unit_test(architectures_that_cannot_be),
		cmocka_unit_test(flags_are_those_of_the_profile),
		cmocka_unit_test(long_programs_jump_far),
		cmocka_unit_test(the_table_of_names_is_libseccomps),
		cmocka_unit_test(the_kernel_takes_it),
		cmocka_unit_test(errors_say_why),
		cmocka_unit_test(a_listener_comes_out_of_any_filter),
		cmocka_unit_test(without_an_answer_the_process_ends),
		cmocka_unit_test(flags_of_this_kernel),
	};

	if (getenv("HULL_SECCOMP_NAMES")) {
		write_table();
		return 0;
	}
	/* libseccomp asks the kernel which actions it may use; hull compiles all of them. */
	seccomp_api_set(6);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
