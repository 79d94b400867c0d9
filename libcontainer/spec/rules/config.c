/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for properties outside of `process` and `linux`.
 */
#include <string.h>

#include "base/list.h"
#include "spec/rules/rules.h"

enum { HOSTNAME_MAX = 64 }; /* bytes; sethostname(2), setdomainname(2) */

/* Skips a number without leading zeros. */
static const char *version_number(const char *p)
{
	size_t n = p != NULL ? strspn(p, "0123456789") : 0;

	return n == 0 || (n > 1 && *p == '0') ? NULL : p + n;
}

/*
 * Skips dot-separated identifiers after '-' or '+'. strict: for a pre-release, whose numbers must
 * not begin with 0.
 */
static const char *version_identifiers(const char *p, bool strict)
{
	for (;;) {
		size_t n = strspn(
			p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

		if (n == 0 || (strict && n > 1 && *p == '0' && strspn(p, "0123456789") == n))
			return NULL;
		p += n;
		if (*p != '.')
			return p;
		p++;
	}
}

static bool is_semantic_version(const char *text)
{
	const char *p = version_number(text);

	for (int i = 0; i < 2; i++)
		p = p != NULL && *p == '.' ? version_number(p + 1) : NULL;
	if (p != NULL && *p == '-')
		p = version_identifiers(p + 1, true);
	if (p != NULL && *p == '+')
		p = version_identifiers(p + 1, false);
	return p != NULL && *p == '\0';
}

static void version_syntax(struct validation *v)
{
	char cited[QUOTE_CITED];

	if (!is_semantic_version(v->config->oci_version))
		rule_report(v, "", "found %s", rule_cite(cited, v->config->oci_version));
}

static void version_known(struct validation *v)
{
	const char *version = v->config->oci_version;

	if (is_semantic_version(version) && strncmp(version, "1.", 2) != 0)
		rule_report(v, "", "%.40s is another major version", version);
}

static void root_present(struct validation *v)
{
	if (v->config->root == NULL)
		rule_report(v, "", NO_DETAIL);
}

static void hostname_length(struct validation *v)
{
	if (v->config->hostname != NULL && strlen(v->config->hostname) > HOSTNAME_MAX)
		rule_report(v, "", "it has %zu", strlen(v->config->hostname));
}

static void domainname_length(struct validation *v)
{
	if (v->config->domainname != NULL && strlen(v->config->domainname) > HOSTNAME_MAX)
		rule_report(v, "", "it has %zu", strlen(v->config->domainname));
}

static void hostname_namespace(struct validation *v)
{
	if (v->config->hostname != NULL && config_namespace(v->config, NAMESPACE_UTS) == NULL)
		rule_report(v, "", NO_DETAIL);
}

static void domainname_namespace(struct validation *v)
{
	if (v->config->domainname != NULL && config_namespace(v->config, NAMESPACE_UTS) == NULL)
		rule_report(v, "", NO_DETAIL);
}

static void mount_mappings_paired(struct validation *v)
{
	for (size_t i = 0; i < v->config->mounts.n; i++) {
		const struct oci_mount *mount = &v->config->mounts.v[i];

		if ((mount->uid_mappings.n > 0) != (mount->gid_mappings.n > 0))
			rule_report(v,
				rule_at(v, "/%zu/%s", i,
					mount->uid_mappings.n > 0 ? "gidMappings" : "uidMappings"),
				"these are missing");
	}
}

static void mount_idmap_source(struct validation *v)
{
	static const char *const names[] = { "idmap", "ridmap", NULL };

	if (config_namespace(v->config, NAMESPACE_USER) != NULL)
		return;
	for (size_t i = 0; i < v->config->mounts.n; i++) {
		const struct oci_mount *mount = &v->config->mounts.v[i];

		for (size_t k = 0; k < mount->options.n && mount->uid_mappings.n == 0; k++)
			if (rule_is_one_of(mount->options.v[k], names))
				rule_report(v, rule_at(v, "/%zu/options/%zu", i, k),
					"neither is there");
	}
}

static const struct {
	const char *name;
	size_t offset;
} hook_lists[] = {
	{ "prestart", offsetof(struct oci_hooks, prestart) },
	{ "createRuntime", offsetof(struct oci_hooks, create_runtime) },
	{ "createContainer", offsetof(struct oci_hooks, create_container) },
	{ "startContainer", offsetof(struct oci_hooks, start_container) },
	{ "poststart", offsetof(struct oci_hooks, poststart) },
	{ "poststop", offsetof(struct oci_hooks, poststop) },
};

static void hooks_each(struct validation *v,
	void (*check)(
		struct validation *v, const char *list, size_t i, const struct oci_hook *hook))
{
	for (size_t k = 0; v->config->hooks != NULL && k < ARRAY_SIZE(hook_lists); k++) {
		const oci_hook_list *list = (const oci_hook_list *)((const char *)v->config->hooks +
			hook_lists[k].offset);

		for (size_t i = 0; i < list->n; i++)
			check(v, hook_lists[k].name, i, &list->v[i]);
	}
}

static void hook_path(struct validation *v, const char *list, size_t i, const struct oci_hook *hook)
{
	char cited[QUOTE_CITED];

	if (hook->path[0] != '/')
		rule_report(v, rule_at(v, "/%s/%zu/path", list, i), "found %s",
			rule_cite(cited, hook->path));
}

static void hooks_paths(struct validation *v)
{
	hooks_each(v, hook_path);
}

static void hook_timeout(
	struct validation *v, const char *list, size_t i, const struct oci_hook *hook)
{
	if (hook->timeout.set && hook->timeout.value <= 0)
		rule_report(v, rule_at(v, "/%s/%zu/timeout", list, i), "found %lld",
			(long long)hook->timeout.value);
}

static void hooks_timeouts(struct validation *v)
{
	hooks_each(v, hook_timeout);
}

static void annotation_keys(struct validation *v)
{
	for (size_t i = 0; i < v->config->annotations.n; i++)
		if (v->config->annotations.v[i].key[0] == '\0')
			rule_report(v, "/", NO_DETAIL);
}

const struct rule config_rules[] = {
	{ "/ociVersion", version_syntax, "must be MAJOR.MINOR.PATCH (Semantic Versioning 2.0)" },
	{ "/ociVersion", version_known, "only version 1 of the OCI runtime-spec is known" },
	{ "/root", root_present, "required, but missing" },
	{ "/hostname", hostname_length, "can have 64 bytes (sethostname(2))" },
	{ "/hostname", hostname_namespace,
		"needs a uts namespace in /linux/namespaces: it would rename the host" },
	{ "/domainname", domainname_length, "can have 64 bytes (setdomainname(2))" },
	{ "/domainname", domainname_namespace,
		"needs a uts namespace in /linux/namespaces: it would rename the host's domain" },
	{ "/mounts", mount_mappings_paired, "uidMappings and gidMappings must be given together" },
	{ "/mounts", mount_idmap_source,
		"needs the mount's uidMappings and gidMappings, or a user namespace of the "
		"container" },
	{ "/hooks", hooks_paths, "must be an absolute path" },
	{ "/hooks", hooks_timeouts, "must be greater than 0 seconds" },
	{ "/annotations", annotation_keys, "a key must not be empty" },
	{ 0 },
};
