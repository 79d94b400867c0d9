/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/memory_policy.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mempolicy.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/text/bitlist.h"

/* The index is the kernel's number. MPOL_WEIGHTED_INTERLEAVE needs Linux 6.9. */
const char *const memory_policy_modes[] = {
	"MPOL_DEFAULT",
	"MPOL_PREFERRED",
	"MPOL_BIND",
	"MPOL_INTERLEAVE",
	"MPOL_LOCAL",
	"MPOL_PREFERRED_MANY",
	"MPOL_WEIGHTED_INTERLEAVE",
	NULL,
};

const char *const memory_policy_flags[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES", NULL };
static const unsigned flag_values[] = { MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES,
	MPOL_F_STATIC_NODES };

static int find(const char *const *names, const char *name)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static const struct explanation rows[] = {
	{ EINVAL, NULL, NULL, "see set_mempolicy(2) for what goes together; do the nodes exist?" },
	EXPLANATIONS_END,
};

int memory_policy_set(const struct oci_memory_policy *policy, struct error *err)
{
	cleanup_bitlist struct bitlist nodes = { 0 };
	const char *list = policy->nodes != NULL ? policy->nodes : "";
	int mode = find(memory_policy_modes, policy->mode);
	unsigned flags = 0;

	if (mode < 0)
		return error_set(
			err, 0, "/linux/memoryPolicy/mode: \"%s\" is not a mode", policy->mode);
	for (size_t i = 0; i < policy->flags.n; i++) {
		int flag = find(memory_policy_flags, policy->flags.v[i]);

		if (flag < 0)
			return error_set(err, 0,
				"/linux/memoryPolicy/flags/%zu: \"%s\" is not a flag", i,
				policy->flags.v[i]);
		flags |= flag_values[flag];
	}
	if (bitlist_parse(list, &nodes, err) < 0)
		return error_prefix(err, "/linux/memoryPolicy/nodes");
	/* The kernel uses one bit less than this count. */
	if (syscall(SYS_set_mempolicy, (unsigned)mode | flags, nodes.words,
		    nodes.n > 0 ? nodes.n * 8 * sizeof *nodes.words + 1 : 0) < 0) {
		error_errno(err, "/linux/memoryPolicy: set %s for the nodes \"%s\"", policy->mode,
			list);
		return explain(rows, NULL, NULL, err);
	}
	return 0;
}
