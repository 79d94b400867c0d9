/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp/seccomp_compile.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "linux/seccomp/seccomp_code.h"
#include "linux/seccomp/seccomp_names.h"

enum {
	ARGS = 6,
	ABIS = 24,         /* upper bound */
	NODES_MAX = 16384, /* nodes for the args of one system call; any program of 4096
			      instructions has fewer */
	RUN_MAX = 5,       /* ranges: two single numbers within one range */
	WIDE = 64,         /* numbers: wider ranges don't get more weight */
	DIGIT_BITS = 9, /* radix sort of the numbers: one digit suffices for most architectures */
	DIGITS = 1 << DIGIT_BITS,
};
#define X32_BIT 0x40000000u
#define SKIPPED 0xffffffffu /* the number that a tracer sets to skip a system call */
#define AUDIT_CONVENTION_N32                                               \
	0x20000000u /* MIPS n32: 32-bit in spite of its __AUDIT_ARCH_64BIT \
		       \ */

/* ---- the profile, resolved ---- */

/* One architecture of the profile. */
struct abi {
	uint32_t token; /* SCMP_ARCH_... */
	uint32_t audit; /* seccomp_data.arch */
	bool wide;      /* 64-bit arguments */
};

/* What a rule says about one number. */
struct call {
	uint32_t number;
	uint32_t rule;
	uint32_t multiplexed; /* the subcall of socketcall(2) or ipc(2); 0: none */
};

/* From this number up to the next range. */
struct range {
	uint32_t from;
	struct target to;
};

struct compiler {
	const struct oci_seccomp *seccomp;
	uint32_t default_action; /* SECCOMP_RET_... with its data */
	uint32_t *actions;       /* per rule */
	struct abi abis[ABIS];
	size_t nabis;
	bool big_endian;
	const struct syscall_name **rows; /* per name of each rule */
	/* for the current architecture */
	struct call *calls, *other_calls; /* the second is for sorting */
	size_t ncalls;
	int64_t newest; /* highest number that the profile names, -1: none */
	struct range *ranges;
	size_t nranges;
	size_t nodes; /* for the args of the current system call */
	struct arena arena;
	struct code *code;
};

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
	/* Unknown to libseccomp 2.5. Its tokens are the kernel's AUDIT_ARCH_*. */
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

static void resolve_actions(struct compiler *c)
{
	const struct oci_seccomp *seccomp = c->seccomp;

	c->default_action = action_value(seccomp->default_action, seccomp->default_errno_ret);
	c->actions = arena_alloc(&c->arena, seccomp->syscalls.n * sizeof *c->actions + 1);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		c->actions[i] = action_value(
			seccomp->syscalls.v[i].action, seccomp->syscalls.v[i].errno_ret);
}

static int add_abi(struct compiler *c, uint32_t token)
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
	c->abis[c->nabis++] = (struct abi){
		.token = token,
		.audit = token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token,
		.wide = (token & __AUDIT_ARCH_64BIT) && !(token & AUDIT_CONVENTION_N32),
	};
	return 0;
}

static int resolve_architectures(struct compiler *c, uint32_t native, struct error *err)
{
	add_abi(c, native);
	for (size_t i = 0; i < c->seccomp->architectures.n; i++) {
		int arch = c->seccomp->architectures.v[i];

		if (add_abi(c, seccomp_arch_token(arch)) < 0)
			return error_set(err, 0,
				"/linux/seccomp/architectures/%zu: %s has another byte order than this machine",
				i, seccomp_arch_names[arch - 1]);
	}
	return 0;
}

/* Looks up all names. */
static int resolve_names(struct compiler *c, bool fail_unknown, struct error *err)
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
			const struct syscall_name *row = syscall_find(name, near);

			c->rows[n] = row;
			most += row && !row->multiplexed ? 1 : 2;
			if (row)
				near = row;
			else if (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
				continue;
			else if (fail_unknown)
				return error_set(err, 0,
					"/linux/seccomp/syscalls/%zu/names/%zu: the system call \"%s\" is unknown",
					i, j, name);
			else
				log_debug(
					"/linux/seccomp/syscalls/%zu/names/%zu: the system call \"%s\" is unknown, ignored",
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
static void resolve_call(struct compiler *c, const struct abi *abi, const char *name,
	const struct syscall_name *row, uint32_t rule)
{
	struct syscall_number call = syscall_number(abi->token, name, row);
	const char *multiplexer = call.multiplexed > 200 ? "ipc" : "socketcall";
	int32_t multiplexing = -1;

	if (call.multiplexed)
		multiplexing =
			syscall_number(abi->token, multiplexer, syscall_find(multiplexer, NULL))
				.number;
	if (call.number > c->newest)
		c->newest = call.number;
	if (multiplexing > c->newest)
		c->newest = multiplexing;
	/* A rule equal to the default action counts only as a mention. */
	if (c->actions[rule] == c->default_action)
		return;
	if (multiplexing >= 0)
		c->calls[c->ncalls++] =
			(struct call){ (uint32_t)multiplexing, rule, call.multiplexed % 100 };
	if (call.number >= 0)
		c->calls[c->ncalls++] = (struct call){ (uint32_t)call.number, rule, 0 };
}

/* Sorts calls by number, stably: earlier rules stay first. */
static void sort_calls(struct compiler *c)
{
	uint32_t differing = 0;

	for (size_t i = 1; i < c->ncalls; i++)
		differing |= c->calls[i].number ^ c->calls[0].number;
	for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
		uint32_t place[DIGITS + 1] = { 0 };
		struct call *from = c->calls, *to = c->other_calls;

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

/* Resolves the calls for one architecture. */
static void resolve_calls(struct compiler *c, const struct abi *abi)
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

/* ---- args ---- */

/*
 * The args of the rules for a system call become a tree of comparisons of 32-bit words. A level is
 * a list, tried in order until something acts: a comparison that holds (or not) leads to an action,
 * to another level, or to the next element. The order in a level, and what is merged, follow
 * libseccomp, because they decide how overlapping rules are resolved.
 */
struct outcome {
	bool acts;
	uint32_t action;
	struct node *last; /* last node of the level; an action applies to whatever the level leaves
			      undecided */
};

struct node {
	uint8_t arg;
	bool high;    /* high or low word */
	uint8_t rank; /* of the operator: higher first */
	bool masked;
	uint16_t op; /* BPF_JEQ, BPF_JGT or BPF_JGE */
	uint32_t mask, value;
	uint64_t bound; /* the whole value */
	struct outcome yes, no;
	struct node *before; /* previous in the level */
};

/* The conditions on each argument for an action; op 0: none. */
struct clause {
	struct {
		int op;
		uint64_t mask, value;
	} args[ARGS];
	uint32_t action;
	bool wide; /* 64-bit arguments */
};

/* True if a precedes b in a level. */
static bool node_precedes(const struct node *a, const struct node *b)
{
	if (a->arg != b->arg)
		return a->arg > b->arg;
	if (a->high != b->high)
		return a->high;
	if (a->rank != b->rank)
		return a->rank > b->rank;
	return a->rank == 2 ? a->value < b->value : a->value > b->value;
}

/* Returns the comparison of one word of the clause's argument in the level, adding it if needed. */
static struct node *level_node(struct compiler *c, struct outcome *level,
	const struct clause *clause, unsigned arg, bool high, uint16_t op)
{
	int given = clause->args[arg].op;
	uint64_t value = clause->args[arg].value;
	uint32_t mask = (uint32_t)(clause->args[arg].mask >> (high ? 32 : 0));
	struct node node = {
		.arg = (uint8_t)arg,
		.high = high,
		.rank = given == SECCOMP_OP_GE || given == SECCOMP_OP_GT   ? 1
			: given == SECCOMP_OP_LT || given == SECCOMP_OP_LE ? 2
									   : 3,
		.masked = given == SECCOMP_OP_MASKED_EQ,
		.op = op,
		.mask = mask,
		.value = (uint32_t)(value >> (high ? 32 : 0)) & mask,
		.bound = value,
	};
	struct node **place = &level->last, *same;

	while (*place != NULL && node_precedes(&node, *place))
		place = &(*place)->before;
	for (same = *place; same != NULL; same = same->before) {
		if (same->arg == node.arg && same->high == node.high && same->op == node.op &&
			same->masked == node.masked && same->mask == node.mask &&
			same->value == node.value)
			return same;
	}
	if (++c->nodes > NODES_MAX)
		c->code->full = true;
	node.before = *place;
	*place = arena_alloc(&c->arena, sizeof node);
	**place = node;
	return *place;
}

static bool acts_alone(const struct outcome *outcome, uint32_t action)
{
	for (const struct node *node = outcome->last; node != NULL; node = node->before) {
		if (!acts_alone(&node->yes, action) || !acts_alone(&node->no, action))
			return false;
	}
	return !outcome->acts || outcome->action == action;
}

/*
 * Ends a rule at `at`. If other words remain to be compared (`whole` is false), overlapping rules
 * meet without being equal, and the first one counts; otherwise a different action is a
 * contradiction: returns -1.
 */
static int outcome_act(struct outcome *at, uint32_t action, bool whole)
{
	if (at->acts)
		return whole && at->action != action ? -1 : 0;
	if (acts_alone(at, action))
		at->last = NULL;
	at->acts = true;
	at->action = action;
	return 0;
}

/* Returns the clause's first argument from `arg` with a condition; ARGS: none. */
static unsigned next_arg(const struct clause *clause, unsigned arg)
{
	while (arg < ARGS && clause->args[arg].op == 0)
		arg++;
	return arg;
}

/* Adds the clause from argument `arg` at `at`. Returns -1 for a contradiction. */
static int outcome_add(struct compiler *c, struct outcome *at, const struct clause *clause,
	unsigned arg, bool whole)
{
	struct node *greater, *high, *low;
	struct outcome *equal = at;
	bool negated;
	uint16_t op;
	int given;

	arg = next_arg(clause, arg);
	if (arg == ARGS)
		return outcome_act(at, clause->action, whole);
	if (at->acts || c->code->full)
		return 0; /* an earlier rule with fewer args already decides */
	given = clause->args[arg].op;
	negated = given == SECCOMP_OP_NE || given == SECCOMP_OP_LT || given == SECCOMP_OP_LE;
	op = given == SECCOMP_OP_GT || given == SECCOMP_OP_LE      ? BPF_JGT
		: given == SECCOMP_OP_GE || given == SECCOMP_OP_LT ? BPF_JGE
								   : BPF_JEQ;
	/* The high words decide unless they are equal. */
	if (clause->wide && op == BPF_JEQ) {
		high = level_node(c, at, clause, arg, true, BPF_JEQ);
		equal = &high->yes;
		if (negated && outcome_add(c, &high->no, clause, arg + 1, false) < 0)
			return -1;
	} else if (clause->wide) {
		greater = level_node(c, at, clause, arg, true, BPF_JGT);
		high = level_node(c, &greater->no, clause, arg, true, BPF_JEQ);
		equal = &high->yes;
		/* of two lower bounds the higher one comes first */
		if (!negated && greater->yes.acts && clause->args[arg].value > greater->bound &&
			next_arg(clause, arg + 1) == ARGS)
			greater->yes.action = clause->action;
		if (outcome_add(c, negated ? &high->no : &greater->yes, clause, arg + 1, false) < 0)
			return -1;
	}
	low = level_node(c, equal, clause, arg, false, op);
	return outcome_add(c, negated ? &low->no : &low->yes, clause, arg + 1, whole);
}

/* Generates code for an outcome; what it leaves undecided goes to `rest`. */
static struct target outcome_code(
	struct compiler *c, const struct outcome *outcome, struct target rest)
{
	struct target target = outcome->acts ? code_action(outcome->action) : rest;

	for (const struct node *node = outcome->last; node != NULL; node = node->before) {
		uint8_t word = (uint8_t)(offsetof(struct seccomp_data, args) + 8u * node->arg +
			(node->high != c->big_endian ? 4 : 0));
		struct target yes, no = target;

		if (node->mask != 0)
			no = code_enter(c->code, outcome_code(c, &node->no, target), word);
		yes = outcome_code(c, &node->yes, target);
		target = node->mask == 0
			? yes
			: code_test(c->code, word, node->mask, node->op, node->value, yes, no);
	}
	return target;
}

/* ---- numbers ---- */

static void add_range(struct compiler *c, uint32_t from, struct target to)
{
	if (c->nranges > 0 && c->ranges[c->nranges - 1].from == from)
		c->nranges--;
	if (c->nranges == 0 || !code_same(c->ranges[c->nranges - 1].to, to))
		c->ranges[c->nranges++] = (struct range){ from, to };
}

/*
 * Fills in the clause from a rule's args from *next: all of them, or only one if an index repeats.
 */
static void take_args(
	const struct oci_seccomp_rule *rule, bool single, size_t *next, struct clause *clause)
{
	memset(clause->args, 0, sizeof clause->args);
	while (*next < rule->args.n) {
		const struct oci_seccomp_arg *arg = &rule->args.v[(*next)++];
		bool masked = arg->op == SECCOMP_OP_MASKED_EQ;

		clause->args[arg->index].op = arg->op;
		clause->args[arg->index].mask = masked ? arg->value : UINT64_MAX;
		clause->args[arg->index].value = masked ? arg->value_two : arg->value;
		if (single)
			return;
	}
}

static bool index_twice(const struct oci_seccomp_rule *rule)
{
	unsigned seen = 0, twice = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		twice |= seen & 1u << rule->args.v[i].index;
		seen |= 1u << rule->args.v[i].index;
	}
	return twice != 0;
}

/* Adds what `call` says to *root, which acts if no args decide. Returns -1 for a contradiction. */
static int add_call(
	struct compiler *c, const struct abi *abi, const struct call *call, struct outcome *root)
{
	const struct oci_seccomp_rule *rule = &c->seccomp->syscalls.v[call->rule];
	struct clause clause = { .action = c->actions[call->rule], .wide = abi->wide };
	bool single = index_twice(rule);
	size_t next = 0;

	do {
		take_args(rule, single, &next, &clause);
		if (call->multiplexed) {
			clause.args[0].op = SECCOMP_OP_EQ;
			clause.args[0].mask = UINT64_MAX;
			clause.args[0].value = call->multiplexed;
		}
		for (unsigned i = 0; i < ARGS; i++) {
			if ((abi->wide ? clause.args[i].mask : (uint32_t)clause.args[i].mask) == 0)
				clause.args[i].op = 0; /* true for any value */
		}
		if (next_arg(&clause, 0) == ARGS && !root->acts)
			*root = (struct outcome){ .acts = true, .action = clause.action };
		else if (next_arg(&clause, 0) < ARGS && outcome_add(c, root, &clause, 0, true) < 0)
			return -1;
	} while (next < rule->args.n);
	return 0;
}

/* Returns the target for the system call of calls[0 ... n - 1]. */
static int number_target(struct compiler *c, const struct abi *abi, const struct call *calls,
	size_t n, struct target *target, struct error *err)
{
	struct outcome root = { 0 };
	char *name;

	/* Fast path for the usual case. */
	if (!calls[0].multiplexed && c->seccomp->syscalls.v[calls[0].rule].args.n == 0) {
		*target = code_action(c->actions[calls[0].rule]);
		return 0;
	}
	c->nodes = 0;
	for (size_t i = 0; i < n; i++) {
		if (add_call(c, abi, &calls[i], &root) == 0)
			continue;
		name = seccomp_syscall_resolve_num_arch(abi->token, (int)calls[i].number);
		error_set(err, 0,
			"/linux/seccomp/syscalls/%u: an earlier rule for %s has the same args and another action",
			calls[i].rule, name ? name : "the same system call");
		mem_free(name);
		return -1;
	}
	*target = outcome_code(c, &root, code_action(c->default_action));
	return 0;
}

/* Adds the numbers of one architecture, from first to last. */
static int add_abi_ranges(
	struct compiler *c, const struct abi *abi, uint32_t first, uint32_t last, struct error *err)
{
	uint32_t kind = c->default_action & SECCOMP_RET_ACTION_FULL;
	struct target other = code_action(c->default_action), target;

	resolve_calls(c, abi);
	for (size_t i = 0, n; i < c->ncalls; i += n) {
		uint32_t number = c->calls[i].number;

		for (n = 1; i + n < c->ncalls && c->calls[i + n].number == number;)
			n++;
		if (number_target(c, abi, &c->calls[i], n, &target, err) < 0)
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
		add_range(c, (uint32_t)c->newest + 1, code_action(SECCOMP_RET_ERRNO | ENOSYS));
	return 0;
}

/*
 * A range with single numbers in it that have other targets: each costs one comparison here, two in
 * a tree.
 */
static struct target range_code(struct code *code, const struct range *ranges, size_t n)
{
	struct target target = ranges[0].to;

	for (size_t i = 1; i < n; i += 2)
		target = code_test(code, offsetof(struct seccomp_data, nr), UINT32_MAX, BPF_JEQ,
			ranges[i].from,
			code_enter(code, ranges[i].to, offsetof(struct seccomp_data, nr)), target);
	return target;
}

/* How many ranges range_code() handles at once, up to RUN_MAX. */
static size_t range_run(const struct range *ranges, size_t n)
{
	size_t taken = 1;

	while (taken < RUN_MAX && taken + 1 < n &&
		ranges[taken + 1].from - ranges[taken].from == 1 &&
		code_same(ranges[taken + 1].to, ranges[0].to))
		taken += 2;
	return taken;
}

/* Where a run of ranges for range_code() starts, and the total weight of the earlier ones. */
struct run {
	uint32_t begin, weight;
};

/*
 * Weight of finding a run quickly: the kernel evaluates every number once, so wide ranges weigh
 * more; x32 is hardly used.
 */
static uint32_t run_weight(const struct range *ranges, size_t begin, size_t end, size_t n)
{
	uint32_t from = ranges[begin].from, width = end < n ? ranges[end].from - from : 1;

	if (from >= X32_BIT)
		return 1;
	return 1 + (width < WIDE ? width : WIDE);
}

/* A tree of n runs; runs[n] marks the end. */
static struct target tree_code(
	struct code *code, const struct range *ranges, const struct run *runs, size_t n)
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
	yes = code_enter(code, tree_code(code, ranges, runs + left, n - left),
		offsetof(struct seccomp_data, nr));
	no = code_enter(
		code, tree_code(code, ranges, runs, left), offsetof(struct seccomp_data, nr));
	return code_test(code, offsetof(struct seccomp_data, nr), UINT32_MAX, BPF_JGE,
		ranges[runs[left].begin].from, yes, no);
}

/* All numbers of one seccomp_data.arch, which x86_64 and x32 share. */
static int audit_code(struct compiler *c, uint32_t audit, struct target *target, struct error *err)
{
	const struct abi *abi = NULL, *x32 = NULL;
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
	add_range(c, 0, code_action(SECCOMP_RET_KILL_THREAD));
	if (abi &&
		add_abi_ranges(
			c, abi, 0, audit == SCMP_ARCH_X86_64 ? X32_BIT - 1 : UINT32_MAX, err) < 0)
		return -1;
	if (x32 && add_abi_ranges(c, x32, X32_BIT, UINT32_MAX, err) < 0)
		return -1;
	if (audit == SCMP_ARCH_X86_64 && !x32) {
		add_range(c, X32_BIT, code_action(SECCOMP_RET_KILL_THREAD));
		add_range(c, SKIPPED, code_action(c->default_action));
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

/* ---- the whole ---- */

static int compile(struct compiler *c, uint32_t native, bool fail_unknown, struct buf *program,
	struct error *err)
{
	struct target target = code_action(SECCOMP_RET_KILL_THREAD), numbers;

	resolve_actions(c);
	if (resolve_architectures(c, native, err) < 0 || resolve_names(c, fail_unknown, err) < 0)
		return -1;
	/* Last to first, so that the machine's own architecture is tested first. */
	for (size_t i = c->nabis; i-- > 0;) {
		uint32_t audit = c->abis[i].audit;
		bool later = false;

		for (size_t j = 0; j < i; j++)
			later |= c->abis[j].audit == audit;
		if (later)
			continue;
		if (audit_code(c, audit, &numbers, err) < 0)
			return -1;
		numbers = code_enter(c->code, numbers, offsetof(struct seccomp_data, arch));
		target = code_test(c->code, offsetof(struct seccomp_data, arch), UINT32_MAX,
			BPF_JEQ, audit, numbers, target);
	}
	if (code_finish(c->code, target, program) == 0)
		return error_set(err, E2BIG,
			"/linux/seccomp/syscalls: the filter would have more than %d instructions, the most that the kernel takes",
			BPF_MAXINSNS);
	return 0;
}

int seccomp_compile_for(uint32_t native, const struct oci_seccomp *seccomp, bool fail_unknown,
	struct buf *program, struct error *err)
{
	/* Not zeroed: most of it is never touched, and a page costs as much as 50 names. */
	cleanup_free struct code *code = mem_realloc(NULL, sizeof *code);
	struct compiler compiler = { .seccomp = seccomp, .code = code };
	int result;

	code_begin(code);
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
	/* The kernel rejects waiting for a listener that doesn't exist. */
	if (!notify)
		return flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/*
	 * The loading process has a second thread, which passes the listener on and must stay
	 * unfiltered.
	 */
	return (flags & ~SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

/* libseccomp knows it too, but asking touches another page of code. */
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
