/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks the meaning of a configuration, as far as possible without asking the system, and says
 * which table of rules applies to which object. Rules that name no source come from the OCI
 * runtime-spec (config.md, config-linux.md).
 */
#include "base/list.h"
#include "spec/internal.h"
#include "spec/rules/rules.h"

/* Checks all rules of a table, which ends with a row without a function. */
static void check_rules(struct validation *v, const char *prefix, const struct rule *rules)
{
	v->prefix = prefix;
	for (v->rule = rules; v->rule->check != NULL; v->rule++)
		v->rule->check(v);
}

static int end(struct validation *v)
{
	buf_free(&v->suffix);
	return json_violations_end(&v->violations);
}

static const struct rule *const linux_tables[] = { namespace_rules, device_rules, sysctl_rules,
	seccomp_rules, linux_rules };

int config_validate(const struct oci_config *config, const char *label, struct error *err)
{
	struct validation v = { .violations = { .err = err, .label = label }, .config = config };

	check_rules(&v, "", config_rules);
	annotations_check(&v);
	check_rules(&v, "", annotation_rules);
	if (config->process != NULL) {
		v.process = config->process;
		check_rules(&v, "/process", process_rules);
	}
	for (size_t i = 0; i < ARRAY_SIZE(linux_tables); i++)
		check_rules(&v, "", linux_tables[i]);
	if (config->linux->resources != NULL) {
		v.resources = config->linux->resources;
		check_rules(&v, "/linux/resources", resources_rules);
	}
	return end(&v);
}

int config_validate_process(const struct oci_process *process, const char *label, struct error *err)
{
	struct validation v = { .violations = { .err = err, .label = label }, .process = process };

	check_rules(&v, "", process_rules);
	return end(&v);
}

int config_validate_resources(
	const struct oci_resources *resources, const char *label, struct error *err)
{
	struct validation v = { .violations = { .err = err, .label = label },
		.resources = resources };

	check_rules(&v, "", resources_rules);
	return end(&v);
}
