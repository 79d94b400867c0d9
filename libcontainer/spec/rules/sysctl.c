/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux.sysctl`, and which namespace a kernel parameter belongs to.
 */
#include <string.h>

#include "base/list.h"
#include "spec/rules/rules.h"

bool sysctl_path(const char *key, char path[static SYSCTL_PATH_MAX])
{
	size_t len = strlen(key), separator = strcspn(key, "./");
	char from = key[separator] == '.'
		? '.'
		: '/'; /* the separator is the first one of both, as in sysctl(8) */

	if (len == 0 || len >= SYSCTL_PATH_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		char c = key[i];

		if (c == '.' || c == '/')
			path[i] = c == from ? '/' : '.';
		else if (c == '\0' ||
			strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:@",
				c) != NULL)
			path[i] = c;
		else
			return false;
	}
	for (const char *p = path; p != NULL;
		p = strchr(p, '/')) { /* components must not be empty, "." or ".." */
		p += *p == '/' && p != path;
		if (strspn(p, ".") == strcspn(p, "/"))
			return false;
	}
	return true;
}

static const struct {
	const char *path; /* with a final '/': a prefix */
	enum oci_namespace_type namespace;
} sysctls[] = {
	{ "kernel/domainname", NAMESPACE_UTS },
	{ "kernel/msgmax", NAMESPACE_IPC },
	{ "kernel/msgmnb", NAMESPACE_IPC },
	{ "kernel/msgmni", NAMESPACE_IPC },
	{ "kernel/sem", NAMESPACE_IPC },
	{ "kernel/shmall", NAMESPACE_IPC },
	{ "kernel/shmmax", NAMESPACE_IPC },
	{ "kernel/shmmni", NAMESPACE_IPC },
	{ "kernel/shm_rmid_forced", NAMESPACE_IPC },
	{ "fs/mqueue/", NAMESPACE_IPC },
	{ "net/", NAMESPACE_NETWORK },
	{ "user/", NAMESPACE_USER },
};

enum oci_namespace_type sysctl_namespace(const char *key)
{
	char path[SYSCTL_PATH_MAX];

	if (!sysctl_path(key, path))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		size_t len = strlen(sysctls[i].path);

		if (strncmp(path, sysctls[i].path, len) == 0 &&
			(path[len] == '\0' || sysctls[i].path[len - 1] == '/'))
			return (enum oci_namespace_type)sysctls[i].namespace;
	}
	return 0;
}

static void sysctl_names(struct validation *v)
{
	char path[SYSCTL_PATH_MAX];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++)
		if (!sysctl_path(v->config->linux->sysctl.v[i].key, path))
			rule_report(
				v, rule_at_key(v, v->config->linux->sysctl.v[i].key), NO_DETAIL);
}

static void sysctl_values(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++) {
		const struct string_pair *pair = &v->config->linux->sysctl.v[i];

		if (strpbrk(pair->value, "+\n\r") != NULL)
			rule_report(v, rule_at_key(v, pair->key), "found %s",
				rule_cite(cited, pair->value));
	}
}

static void sysctl_hostname(struct validation *v)
{
	char path[SYSCTL_PATH_MAX];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++)
		if (sysctl_path(v->config->linux->sysctl.v[i].key, path) &&
			strcmp(path, "kernel/hostname") == 0)
			rule_report(
				v, rule_at_key(v, v->config->linux->sysctl.v[i].key), NO_DETAIL);
}

static void sysctl_host(struct validation *v)
{
	char path[SYSCTL_PATH_MAX];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++) {
		const char *key = v->config->linux->sysctl.v[i].key;
		enum oci_namespace_type namespace = sysctl_namespace(key);

		if (!sysctl_path(key, path) || strcmp(path, "kernel/hostname") == 0)
			continue;
		if (namespace == 0)
			rule_report(v, rule_at_key(v, key), "this one belongs to no namespace");
		else if (config_namespace(v->config, namespace) == NULL)
			rule_report(v, rule_at_key(v, key),
				"this one needs a namespace of type %s in /linux/namespaces",
				namespace_type_names[namespace - 1]);
	}
}

const struct rule sysctl_rules[] = {
	{ "/linux/sysctl", sysctl_names, "this is no name of a kernel parameter (sysctl(8))" },
	{ "/linux/sysctl", sysctl_values, "a value must be one line without a +" },
	{ "/linux/sysctl", sysctl_hostname, "the property for it is /hostname" },
	{ "/linux/sysctl", sysctl_host, "would change the host" },
	{ 0 },
};
