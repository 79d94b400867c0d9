/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux.seccomp`.
 */
#include <inttypes.h>

#include "spec/rules/rules.h"

enum { ERRNO_MAX = 4095 };

static bool has_errno(int action)
{
	return action == SECCOMP_ACTION_ERRNO || action == SECCOMP_ACTION_TRACE;
}

static void seccomp_names(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	for (size_t i = 0; seccomp != NULL && i < seccomp->syscalls.n; i++)
		for (size_t k = 0; k < seccomp->syscalls.v[i].names.n; k++)
			if (seccomp->syscalls.v[i].names.v[k][0] == '\0')
				rule_report(
					v, rule_at(v, "/syscalls/%zu/names/%zu", i, k), NO_DETAIL);
}

static void seccomp_errno_action(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp == NULL)
		return;
	if (seccomp->default_errno_ret.set && !has_errno(seccomp->default_action))
		rule_report(v, "/defaultErrnoRet", "defaultAction is %s",
			seccomp_action_names[seccomp->default_action - 1]);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (seccomp->syscalls.v[i].errno_ret.set &&
			!has_errno(seccomp->syscalls.v[i].action))
			rule_report(v, rule_at(v, "/syscalls/%zu/errnoRet", i), "action is %s",
				seccomp_action_names[seccomp->syscalls.v[i].action - 1]);
}

static bool errno_fits(const struct opt_uint32 *number, int action)
{
	return !number->set ||
		number->value <= (action == SECCOMP_ACTION_TRACE ? UINT16_MAX : ERRNO_MAX);
}

static void seccomp_errno_range(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp == NULL)
		return;
	if (!errno_fits(&seccomp->default_errno_ret, seccomp->default_action))
		rule_report(
			v, "/defaultErrnoRet", "found %" PRIu32, seccomp->default_errno_ret.value);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (!errno_fits(&seccomp->syscalls.v[i].errno_ret, seccomp->syscalls.v[i].action))
			rule_report(v, rule_at(v, "/syscalls/%zu/errnoRet", i), "found %" PRIu32,
				seccomp->syscalls.v[i].errno_ret.value);
}

static void seccomp_arguments(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	for (size_t i = 0; seccomp != NULL && i < seccomp->syscalls.n; i++)
		for (size_t k = 0; k < seccomp->syscalls.v[i].args.n; k++)
			if (seccomp->syscalls.v[i].args.v[k].index > 5)
				rule_report(v, rule_at(v, "/syscalls/%zu/args/%zu/index", i, k),
					"found %" PRIu32, seccomp->syscalls.v[i].args.v[k].index);
}

static void seccomp_notify_default(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp != NULL && seccomp->default_action == SECCOMP_ACTION_NOTIFY)
		rule_report(v, "", NO_DETAIL);
}

static void seccomp_listener(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	for (size_t i = 0;
		seccomp != NULL && seccomp->listener_path == NULL && i < seccomp->syscalls.n; i++)
		if (seccomp->syscalls.v[i].action == SECCOMP_ACTION_NOTIFY)
			rule_report(v, rule_at(v, "/syscalls/%zu/action", i), NO_DETAIL);
}

static void seccomp_listener_path(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;
	char cited[QUOTE_CITED];

	if (seccomp != NULL && seccomp->listener_path != NULL && seccomp->listener_path[0] != '/')
		rule_report(v, "", "found %s", rule_cite(cited, seccomp->listener_path));
}

static void seccomp_metadata(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp != NULL && seccomp->listener_metadata != NULL && seccomp->listener_path == NULL)
		rule_report(v, "", NO_DETAIL);
}

const struct rule seccomp_rules[] = {
	{ "/linux/seccomp", seccomp_names, "must not be empty" },
	{ "/linux/seccomp", seccomp_errno_action,
		"only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a number" },
	{ "/linux/seccomp", seccomp_errno_range,
		"the highest number is 4095 (65535 with SCMP_ACT_TRACE)" },
	{ "/linux/seccomp", seccomp_arguments, "a system call has the arguments 0 to 5" },
	{ "/linux/seccomp/defaultAction", seccomp_notify_default,
		"SCMP_ACT_NOTIFY can't be the default: handing over the listener would wait for "
		"the listener" },
	{ "/linux/seccomp", seccomp_listener, "SCMP_ACT_NOTIFY needs /linux/seccomp/listenerPath" },
	{ "/linux/seccomp/listenerPath", seccomp_listener_path, "must be an absolute path" },
	{ "/linux/seccomp/listenerMetadata", seccomp_metadata,
		"needs /linux/seccomp/listenerPath" },
	{ 0 },
};
