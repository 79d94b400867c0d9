/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of annotations, with their rules. Annotations of crun that mean the same as a property
 * are converted to that property.
 */
#include "spec/annotations.h"

#include <string.h>

#include "base/list.h"
#include "base/path.h"
#include "base/text/quote.h"
#include "spec/internal.h"
#include "spec/rules/rules.h"

#define RECEIVER "run.oci.seccomp.receiver"
#define CONTEXT_TYPE "run.oci.mount_context_type"
#define SUBGROUP "run.oci.systemd.subgroup"
#define FORCE_CGROUP_V1 "run.oci.systemd.force_cgroup_v1"

static bool is_destination(const char *destination, const char *path)
{
	cleanup_free char *absolute = path_absolute("/", destination),
			  *clean = path_clean(absolute);

	return strcmp(clean, path) == 0;
}

static struct oci_mount *mount_at(const struct oci_config *config, const char *path)
{
	cleanup_free char *clean = path_clean(path);

	for (size_t i = config->mounts.n; i-- > 0;)
		if (is_destination(config->mounts.v[i].destination, clean))
			return &config->mounts.v[i];
	return NULL;
}

/* The hierarchy without controllers that old versions of systemd need. */
static void force_cgroup_v1(struct oci_config *config, const char *path)
{
	static const char *const options[] = { "nosuid", "noexec", "nodev", "none", "name=systemd",
		"xattr" };
	struct oci_mount *mount = path[0] == '/' ? mount_at(config, path) : NULL;

	if (mount == NULL)
		return;
	mount->type = mount->source = "cgroup";
	mount->options.v = (const char **)options;
	mount->options.n = ARRAY_SIZE(options);
}

void config_apply_annotations(struct oci_config *config)
{
	const char *receiver = config_annotation(config, RECEIVER),
		   *v1 = config_annotation(config, FORCE_CGROUP_V1);
	struct oci_seccomp *seccomp = config->linux->seccomp;

	if (receiver != NULL && seccomp != NULL && seccomp->listener_path == NULL)
		seccomp->listener_path = receiver;
	if (v1 != NULL)
		force_cgroup_v1(config, v1);
}

const char *config_mount_context_type(const struct oci_config *config)
{
	const char *type = config_annotation(config, CONTEXT_TYPE);

	return type != NULL ? type : "context";
}

void annotations_json(struct json_writer *w, const string_map *annotations)
{
	if (annotations->n == 0)
		return;
	json_key(w, "annotations");
	json_map_open(w);
	for (size_t i = 0; i < annotations->n; i++) {
		json_member_string(w, annotations->v[i].key, annotations->v[i].value);
	}
	json_map_close(w);
}

/* ---- rules ---- */

/* Returns the value of the annotation named by the rule's pointer; NULL if there is none. */
static const char *value(const struct validation *v)
{
	return config_annotation(v->config, strrchr(v->rule->pointer, '/') + 1);
}

static void refused(struct validation *v)
{
	char cited[QUOTE_CITED];

	if (value(v) != NULL && value(v)[0] != '\0')
		rule_report(v, "", "found %s", quote_cite(cited, value(v), strlen(value(v))));
}

static void absolute(struct validation *v)
{
	if (value(v) != NULL && value(v)[0] != '/')
		refused(v);
}

static void context_type(struct validation *v)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext",
		NULL };

	if (value(v) != NULL && !rule_is_one_of(value(v), types))
		rule_report(v, "", "found \"%.64s\"", value(v));
}

static void mounted(struct validation *v)
{
	if (value(v) != NULL && (value(v)[0] != '/' || mount_at(v->config, value(v)) == NULL))
		refused(v);
}

static void cgroup_name(struct validation *v)
{
	static const char *const none[] = { ".", "..", NULL };
	const char *name = value(v);

	if (name != NULL && (strchr(name, '/') != NULL || rule_is_one_of(name, none)))
		refused(v);
}

static void needs_subgroup(struct validation *v)
{
	const char *subgroup = config_annotation(v->config, SUBGROUP);

	if (value(v) != NULL && (subgroup == NULL || subgroup[0] == '\0'))
		rule_report(v, "", NO_DETAIL);
}

/*
 * All annotations. check and sentence are NULL if the code that uses the value checks it. Rows with
 * the same unsafe entry are adjacent.
 */
static const struct annotation {
	struct rule rule;
	const char *unsafe;
} annotations[] = {
	{ { "/annotations/io.hull.devices.default", NULL, NULL }, "io.hull." },
	{ { "/annotations/io.hull.idmap.exposed", NULL, NULL }, "io.hull." },
	{ { "/annotations/io.hull.idmap.fallback", NULL, NULL }, "io.hull." },
	{ { "/annotations/io.hull.rootfs.idmap", NULL, NULL }, "io.hull." },
	{ { "/annotations/io.hull.rootfs.layers", NULL, NULL }, "io.hull." },
	{ { "/annotations/org.criu.config", NULL, NULL }, "org.criu.config" },
	{ { "/annotations/org.systemd.property.", NULL, NULL }, "org.systemd.property." },
	{ { "/annotations/run.oci.handler", refused,
		  "hull runs the container itself and has no other handler" },
		"run.oci." },
	{ { "/annotations/run.oci.seccomp.plugins", refused,
		  "hull loads no plugins; /linux/seccomp/listenerPath names an agent's socket" },
		"run.oci." },
	{ { "/annotations/" RECEIVER, absolute, "must be an absolute path" }, "run.oci." },
	{ { "/annotations/" CONTEXT_TYPE, context_type,
		  "must be context, fscontext, defcontext or rootcontext" },
		"run.oci." },
	{ { "/annotations/" FORCE_CGROUP_V1, mounted, "must be the destination of one of /mounts" },
		"run.oci." },
	{ { "/annotations/" SUBGROUP, cgroup_name, "must be the name of a cgroup, not a path" },
		"run.oci." },
	{ { "/annotations/run.oci.delegate-cgroup", cgroup_name,
		  "must be the name of a cgroup, not a path" },
		"run.oci." },
	{ { "/annotations/run.oci.hooks.stderr", NULL, NULL }, "run.oci." },
	{ { "/annotations/run.oci.hooks.stdout", NULL, NULL }, "run.oci." },
	{ { "/annotations/run.oci.keep_original_groups", NULL, NULL }, "run.oci." },
	{ { "/annotations/run.oci.pidfd_receiver", NULL, NULL }, "run.oci." },
	{ { "/annotations/run.oci.seccomp_bpf_data", NULL, NULL }, "run.oci." },
	{ { "/annotations/run.oci.seccomp_fail_unknown_syscall", NULL, NULL }, "run.oci." },
};

const char *annotation_name(size_t i)
{
	return i < ARRAY_SIZE(annotations) ? strrchr(annotations[i].rule.pointer, '/') + 1 : NULL;
}

const char *annotation_unsafe(size_t i)
{
	return annotations[i].unsafe;
}

void annotations_check(struct validation *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(annotations); i++) {
		v->rule = &annotations[i].rule;
		if (v->rule->check != NULL)
			v->rule->check(v);
	}
}

/* Rules about more than one annotation. */
const struct rule annotation_rules[] = {
	{ "/annotations/run.oci.delegate-cgroup", needs_subgroup,
		"needs the annotation " SUBGROUP },
	{ 0 },
};
