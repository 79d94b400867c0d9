/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <seccomp.h>
#include <string.h>
#include <linux/seccomp.h>

#include "base/error.h"
#include "linux/seccomp/seccomp_compiler.h"

enum {
	ARGS = 6,
	/* for the args of one system call; no program of 4096 instructions has more */
	NODES_MAX = 16384,
};

/*
 * The args of the rules for a system call become a tree of comparisons of 32-bit words. A level of
 * the tree is a list, tried in order until something acts: a comparison leads, whether it holds or
 * not, to an action, to another level, or to the next element. The order in a level, and what is
 * merged, follow libseccomp, because they decide how overlapping rules are resolved.
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
static struct node *level_node(struct seccomp_compiler *c, struct outcome *level,
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
 * Ends a rule at `at`. whole: all words were compared. Otherwise overlapping rules may meet here
 * without being equal, and the first one counts. If all were compared, a different action is a
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

/* Adds the clause at `at`, starting with argument `arg`. Returns -1 for a contradiction. */
static int outcome_add(struct seccomp_compiler *c, struct outcome *at, const struct clause *clause,
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

/* Generates code for an outcome. `rest`: the target for what it leaves undecided. */
static struct target outcome_code(
	struct seccomp_compiler *c, const struct outcome *outcome, struct target rest)
{
	struct target target = outcome->acts ? seccomp_code_action(outcome->action) : rest;

	for (const struct node *node = outcome->last; node != NULL; node = node->before) {
		uint8_t word = (uint8_t)(offsetof(struct seccomp_data, args) + 8u * node->arg +
			(node->high != c->big_endian ? 4 : 0));
		struct target yes, no = target;

		if (node->mask != 0)
			no = seccomp_code_enter(c->code, outcome_code(c, &node->no, target), word);
		yes = outcome_code(c, &node->yes, target);
		target = node->mask == 0 ? yes
					 : seccomp_code_test(c->code,
						   (struct code_condition){ word, node->op,
							   node->mask, node->value },
						   yes, no);
	}
	return target;
}

/*
 * Fills in the clause from the rule's args, starting at *next: all of them, or only one if an index
 * repeats.
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
static int add_call(struct seccomp_compiler *c, const struct seccomp_abi *abi,
	const struct seccomp_call *call, struct outcome *root)
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
				clause.args[i].op = 0; /* the condition holds for every value */
		}
		if (next_arg(&clause, 0) == ARGS && !root->acts)
			*root = (struct outcome){ .acts = true, .action = clause.action };
		else if (next_arg(&clause, 0) < ARGS && outcome_add(c, root, &clause, 0, true) < 0)
			return -1;
	} while (next < rule->args.n);
	return 0;
}

int seccomp_call_target(struct seccomp_compiler *c, const struct seccomp_abi *abi,
	const struct seccomp_call *calls, size_t n, struct target *target, struct error *err)
{
	struct outcome root = { 0 };
	char *name;

	/* Fast path for the usual case. */
	if (!calls[0].multiplexed && c->seccomp->syscalls.v[calls[0].rule].args.n == 0) {
		*target = seccomp_code_action(c->actions[calls[0].rule]);
		return 0;
	}
	c->nodes = 0;
	for (size_t i = 0; i < n; i++) {
		if (add_call(c, abi, &calls[i], &root) == 0)
			continue;
		name = seccomp_syscall_resolve_num_arch(abi->token, (int)calls[i].number);
		error_set(err, 0,
			"/linux/seccomp/syscalls/%u: an earlier rule for %s has the same args and "
			"another action",
			calls[i].rule, name ? name : "the same system call");
		mem_free(name);
		return -1;
	}
	*target = outcome_code(c, &root, seccomp_code_action(c->default_action));
	return 0;
}
