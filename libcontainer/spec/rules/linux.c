/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux` except those with a file of their own (namespaces.c, devices.c, sysctl.c,
 * seccomp.c, resources.c).
 */
#include <string.h>

#include "base/text/bitlist.h"
#include "spec/rules/rules.h"

/* ---- paths in the container, cgroup, propagation ---- */

static void paths_absolute(struct validation *v, const string_list *paths)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < paths->n; i++)
		if (paths->v[i][0] != '/')
			rule_report(v, rule_at(v, "/%zu", i), "found %s",
				rule_cite(cited, paths->v[i]));
}

static void masked_paths(struct validation *v)
{
	paths_absolute(v, &v->config->linux->masked_paths);
}

static void readonly_paths(struct validation *v)
{
	paths_absolute(v, &v->config->linux->readonly_paths);
}

static void cgroups_path(struct validation *v)
{
	const char *path = v->config->linux->cgroups_path;
	char cited[QUOTE_CITED];

	for (const char *p = path; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0')) {
			rule_report(v, "", "found %s", rule_cite(cited, path));
			return;
		}
	}
}

static void rootfs_propagation(struct validation *v)
{
	static const char *const names[] = { "shared", "slave", "private", "unbindable", "rshared",
		"rslave", "rprivate", "runbindable", NULL };
	const char *propagation = v->config->linux->rootfs_propagation;
	char cited[QUOTE_CITED];

	if (propagation != NULL && !rule_is_one_of(propagation, names))
		rule_report(v, "", "found %s", rule_cite(cited, propagation));
}

/* ---- personality, memory policy, Intel RDT ---- */

static void personality_domain(struct validation *v)
{
	static const char *const domains[] = { "LINUX", "LINUX32", NULL };
	const struct oci_personality *personality = v->config->linux->personality;
	char cited[QUOTE_CITED];

	if (personality != NULL && !rule_is_one_of(personality->domain, domains))
		rule_report(v, "", "found %s", rule_cite(cited, personality->domain));
}

static void personality_flags(struct validation *v)
{
	const struct oci_personality *personality = v->config->linux->personality;
	char cited[QUOTE_CITED];

	for (size_t i = 0; personality != NULL && i < personality->flags.n; i++)
		rule_report(v, rule_at(v, "/%zu", i), "found %s",
			rule_cite(cited, personality->flags.v[i]));
}

static const char *const memory_modes[] = {
	"MPOL_DEFAULT",
	"MPOL_BIND",
	"MPOL_INTERLEAVE",
	"MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED",
	"MPOL_PREFERRED_MANY",
	"MPOL_LOCAL",
	NULL,
};

static bool memory_mode_is(
	const struct oci_memory_policy *policy, const char *first, const char *second)
{
	return strcmp(policy->mode, first) == 0 || strcmp(policy->mode, second) == 0;
}

static void memory_mode(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	char cited[QUOTE_CITED];

	if (policy != NULL && !rule_is_one_of(policy->mode, memory_modes))
		rule_report(v, "", "found %s", rule_cite(cited, policy->mode));
}

static void memory_nodes(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	char cited[QUOTE_CITED];

	if (policy != NULL && policy->nodes != NULL && !bitlist_is_valid(policy->nodes))
		rule_report(v, "", "found %s", rule_cite(cited, policy->nodes));
}

static void memory_nodes_mode(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;

	if (policy == NULL || !rule_is_one_of(policy->mode, memory_modes) ||
		strcmp(policy->mode, "MPOL_PREFERRED") == 0)
		return; /* MPOL_PREFERRED accepts both */
	if (memory_mode_is(policy, "MPOL_DEFAULT", "MPOL_LOCAL") && policy->nodes != NULL)
		rule_report(v, "", "%s has none", policy->mode);
	else if (!memory_mode_is(policy, "MPOL_DEFAULT", "MPOL_LOCAL") && policy->nodes == NULL)
		rule_report(v, "", "%s needs some", policy->mode);
}

static void memory_flags(struct validation *v)
{
	static const char *const flags[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
		"MPOL_F_STATIC_NODES", NULL };
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	char cited[QUOTE_CITED];

	for (size_t i = 0; policy != NULL && i < policy->flags.n; i++)
		if (!rule_is_one_of(policy->flags.v[i], flags))
			rule_report(v, rule_at(v, "/%zu", i), "found %s",
				rule_cite(cited, policy->flags.v[i]));
}

static void memory_flags_mode(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	bool is_relative = false, is_static = false;

	for (size_t i = 0; policy != NULL && i < policy->flags.n; i++) {
		const char *flag = policy->flags.v[i];

		is_relative |= strcmp(flag, "MPOL_F_RELATIVE_NODES") == 0;
		is_static |= strcmp(flag, "MPOL_F_STATIC_NODES") == 0;
		if (strcmp(flag, "MPOL_F_NUMA_BALANCING") == 0 &&
			!memory_mode_is(policy, "MPOL_BIND", "MPOL_PREFERRED_MANY"))
			rule_report(
				v, rule_at(v, "/%zu", i), "MPOL_F_NUMA_BALANCING is for MPOL_BIND");
	}
	if (is_relative && is_static)
		rule_report(
			v, "", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other");
	if ((is_relative || is_static) && policy->nodes == NULL)
		rule_report(v, "", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES need nodes");
}

static void rdt_clos(struct validation *v)
{
	static const char *const taken[] = { ".", "..", "info", "mon_data", "mon_groups",
		NULL }; /* files of resctrl itself */
	const struct oci_intel_rdt *rdt = v->config->linux->intel_rdt;
	char cited[QUOTE_CITED];

	if (rdt == NULL || rdt->clos_id == NULL || strcmp(rdt->clos_id, "/") == 0)
		return;
	if (strpbrk(rdt->clos_id, "/\n") != NULL || rule_is_one_of(rdt->clos_id, taken))
		rule_report(v, "", "found %s", rule_cite(cited, rdt->clos_id));
}

static void rdt_bandwidth(struct validation *v)
{
	const struct oci_intel_rdt *rdt = v->config->linux->intel_rdt;
	char cited[QUOTE_CITED];

	if (rdt == NULL || rdt->mem_bw_schema == NULL)
		return;
	if (strncmp(rdt->mem_bw_schema, "MB:", 3) != 0 || strchr(rdt->mem_bw_schema, '\n') != NULL)
		rule_report(v, "", "found %s", rule_cite(cited, rdt->mem_bw_schema));
}

const struct rule linux_rules[] = {
	{ "/linux/maskedPaths", masked_paths, "must be an absolute path" },
	{ "/linux/readonlyPaths", readonly_paths, "must be an absolute path" },
	{ "/linux/cgroupsPath", cgroups_path, "must not have .. as a component" },
	{ "/linux/rootfsPropagation", rootfs_propagation,
		"must be shared, slave, private or unbindable (with or without an r in front)" },
	{ "/linux/personality/domain", personality_domain, "must be LINUX or LINUX32" },
	{ "/linux/personality/flags", personality_flags, "no flags are defined" },
	{ "/linux/memoryPolicy/mode", memory_mode, "unknown mode (set_mempolicy(2) has them)" },
	{ "/linux/memoryPolicy/nodes", memory_nodes, "must be a list of memory nodes like 0-3,7" },
	{ "/linux/memoryPolicy/nodes", memory_nodes_mode, "must suit the mode (set_mempolicy(2))" },
	{ "/linux/memoryPolicy/flags", memory_flags, "unknown flag (set_mempolicy(2) has them)" },
	{ "/linux/memoryPolicy/flags", memory_flags_mode, "must suit the mode (set_mempolicy(2))" },
	{ "/linux/intelRdt/closID", rdt_clos, "must be the name of a directory in resctrl, or /" },
	{ "/linux/intelRdt/memBwSchema", rdt_bandwidth,
		"must be one line that begins with \"MB:\"" },
	{ 0 },
};
