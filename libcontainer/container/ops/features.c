/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `features` (the runtime-spec's features.md and features-linux.md): what this hull can do,
 * whatever the host supports. Derived from the tables that the code itself uses; only seccomp's
 * supportedFlags come from the running kernel.
 */
#include <seccomp.h>
#include <string.h>
#include <unistd.h>

#include "container/container.h"
#include "linux/process/capabilities.h"
#include "linux/process/memory_policy.h"
#include "linux/seccomp/seccomp.h"
#include "linux/seccomp/seccomp_compile.h"
#include "spec/annotations.h"
#include "spec/mount_options.h"

/* ---- the document ---- */

#define OBJECT(T, member, name, object_table) \
	FIELD(T, member, name, JSON_OBJECT, .table = &(object_table))
#define STRINGS(T, member, name) FIELD_LIST(T, member, name, JSON_STRING)
#define BOOL(T, member, name) FIELD(T, member, name, JSON_OPT_BOOL)
#define TABLE(T, table_fields)                      \
	{                                           \
		"Features", sizeof(T), table_fields \
	}

/* Names for container.h's unnamed structs. */
typedef __typeof__(((struct features *)0)->linux) linux_part;
typedef __typeof__(((linux_part *)0)->cgroup) cgroup_part;
typedef __typeof__(((linux_part *)0)->seccomp) seccomp_part;
typedef __typeof__(((linux_part *)0)->apparmor) enabled_part;
typedef __typeof__(((linux_part *)0)->intel_rdt) intel_rdt_part;
typedef __typeof__(((linux_part *)0)->memory_policy) memory_policy_part;
typedef __typeof__(((linux_part *)0)->mount_extensions) mount_extensions_part;

static const struct json_field cgroup_fields[] = {
	BOOL(cgroup_part, v1, "v1"),
	BOOL(cgroup_part, v2, "v2"),
	BOOL(cgroup_part, systemd, "systemd"),
	BOOL(cgroup_part, systemd_user, "systemdUser"),
	BOOL(cgroup_part, rdma, "rdma"),
	FIELD_END,
};
static const struct json_table cgroup_part_table = TABLE(cgroup_part, cgroup_fields);

static const struct json_field seccomp_fields[] = {
	BOOL(seccomp_part, enabled, "enabled"),
	STRINGS(seccomp_part, actions, "actions"),
	STRINGS(seccomp_part, operators, "operators"),
	STRINGS(seccomp_part, archs, "archs"),
	STRINGS(seccomp_part, known_flags, "knownFlags"),
	STRINGS(seccomp_part, supported_flags, "supportedFlags"),
	FIELD_END,
};
static const struct json_table seccomp_part_table = TABLE(seccomp_part, seccomp_fields);

static const struct json_field enabled_fields[] = { BOOL(enabled_part, enabled, "enabled"),
	FIELD_END };
static const struct json_table enabled_table = TABLE(enabled_part, enabled_fields);

static const struct json_field intel_rdt_fields[] = {
	BOOL(intel_rdt_part, enabled, "enabled"),
	BOOL(intel_rdt_part, schemata, "schemata"),
	BOOL(intel_rdt_part, monitoring, "monitoring"),
	FIELD_END,
};
static const struct json_table intel_rdt_part_table = TABLE(intel_rdt_part, intel_rdt_fields);

static const struct json_field memory_policy_fields[] = {
	STRINGS(memory_policy_part, modes, "modes"),
	STRINGS(memory_policy_part, flags, "flags"),
	FIELD_END,
};
static const struct json_table memory_policy_part_table =
	TABLE(memory_policy_part, memory_policy_fields);

static const struct json_field mount_extensions_fields[] = {
	OBJECT(mount_extensions_part, idmap, "idmap", enabled_table), FIELD_END
};
static const struct json_table mount_extensions_table =
	TABLE(mount_extensions_part, mount_extensions_fields);

static const struct json_field linux_fields[] = {
	STRINGS(linux_part, namespaces, "namespaces"),
	STRINGS(linux_part, capabilities, "capabilities"),
	OBJECT(linux_part, cgroup, "cgroup", cgroup_part_table),
	OBJECT(linux_part, seccomp, "seccomp", seccomp_part_table),
	OBJECT(linux_part, apparmor, "apparmor", enabled_table),
	OBJECT(linux_part, selinux, "selinux", enabled_table),
	OBJECT(linux_part, intel_rdt, "intelRdt", intel_rdt_part_table),
	OBJECT(linux_part, memory_policy, "memoryPolicy", memory_policy_part_table),
	OBJECT(linux_part, mount_extensions, "mountExtensions", mount_extensions_table),
	OBJECT(linux_part, net_devices, "netDevices", enabled_table),
	FIELD_END,
};
static const struct json_table linux_part_table = TABLE(linux_part, linux_fields);

static const struct json_field features_fields[] = {
	FIELD(struct features, oci_version_min, "ociVersionMin", JSON_STRING, .required = true),
	FIELD(struct features, oci_version_max, "ociVersionMax", JSON_STRING, .required = true),
	STRINGS(struct features, hooks, "hooks"),
	STRINGS(struct features, mount_options, "mountOptions"),
	OBJECT(struct features, linux, "linux", linux_part_table),
	FIELD_MAP(struct features, annotations, "annotations", JSON_STRING),
	STRINGS(struct features, potentially_unsafe_config_annotations,
		"potentiallyUnsafeConfigAnnotations"),
	FIELD_END,
};
const struct json_table features_table = TABLE(struct features, features_fields);

/* ---- lists ---- */

enum { LIST_MAX = 128 };

static void add(struct features *f, string_list *list, const char *name)
{
	if (list->v == NULL)
		list->v = arena_alloc(&f->arena, LIST_MAX * sizeof *list->v);
	if (list->n < LIST_MAX)
		list->v[list->n++] = name;
}

static void add_all(struct features *f, string_list *list, const char *const *names)
{
	while (*names != NULL)
		add(f, list, *names++);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(string_list *list)
{
	qsort(list->v, list->n, sizeof *list->v, compare);
}

/* ---- what the tables say ---- */

/* Returns the field of config.json with this path of names; NULL if hull doesn't know it. */
static const struct json_field *property(const char *const *path)
{
	const struct json_table *table = &config_table;
	const struct json_field *field = NULL;

	for (; *path != NULL && table != NULL; path++) {
		for (field = table->fields; field->name != NULL && strcmp(field->name, *path) != 0;
			field++)
			;
		if (field->name == NULL)
			return NULL;
		table = field->table;
	}
	return field;
}
#define PROPERTY(...) property((const char *const[]){ __VA_ARGS__, NULL })
#define HAS(...) ((struct opt_bool){ true, PROPERTY(__VA_ARGS__) != NULL })

static const struct opt_bool yes = { true, true };

static void list_mounts(struct features *f)
{
	const char *name;

	for (unsigned i = 0; (name = mount_option_name(i)) != NULL; i++)
		add(f, &f->mount_options, name);
	sort(&f->mount_options);
	f->linux.mount_extensions.idmap.enabled = HAS("mounts", "uidMappings");
}

static void list_capabilities(struct features *f)
{
	for (int i = 0; i < 64; i++) {
		cleanup_buf struct buf name = { 0 };

		capability_name(i, &name);
		if (name.data != NULL && strncmp(name.data, "CAP_", 4) == 0)
			add(f, &f->linux.capabilities, arena_strdup(&f->arena, name.data));
	}
}

static void list_seccomp(struct features *f)
{
	__typeof__(f->linux.seccomp) *seccomp = &f->linux.seccomp;

	seccomp->enabled = HAS("linux", "seccomp");
	add_all(f, &seccomp->actions, seccomp_action_names);
	add_all(f, &seccomp->operators, seccomp_operator_names);
	add_all(f, &seccomp->known_flags, seccomp_flag_names);
	for (int i = 1; seccomp_arch_names[i - 1] != NULL; i++)
		if (seccomp_arch_token(i) != 0)
			add(f, &seccomp->archs, seccomp_arch_names[i - 1]);
	for (int i = 1; seccomp_flag_names[i - 1] != NULL; i++)
		if (seccomp_flag_supported(i))
			add(f, &seccomp->supported_flags, seccomp_flag_names[i - 1]);
	sort(&seccomp->actions);
	sort(&seccomp->operators);
	sort(&seccomp->archs);
	sort(&seccomp->known_flags);
	sort(&seccomp->supported_flags);
}

static void list_cgroup(struct features *f)
{
	const char *directory = secure_getenv("HULL_LIBEXECDIR");
	cleanup_free char *helper =
		mem_printf("%s/hull-systemd", directory != NULL ? directory : LIBEXECDIR "/hull");
	bool systemd = access(helper, X_OK) == 0;

	f->linux.cgroup.v1 = f->linux.cgroup.v2 = yes;
	f->linux.cgroup.systemd = f->linux.cgroup.systemd_user = (struct opt_bool){ true, systemd };
	f->linux.cgroup.rdma = HAS("linux", "resources", "rdma");
}

static void list_linux(struct features *f)
{
	add_all(f, &f->linux.namespaces, namespace_type_names);
	sort(&f->linux.namespaces);
	list_capabilities(f);
	list_cgroup(f);
	list_seccomp(f);
	f->linux.apparmor.enabled = HAS("process", "apparmorProfile");
	f->linux.selinux.enabled = HAS("process", "selinuxLabel");
	f->linux.intel_rdt.enabled = HAS("linux", "intelRdt");
	f->linux.intel_rdt.schemata = HAS("linux", "intelRdt", "schemata");
	f->linux.intel_rdt.monitoring = HAS("linux", "intelRdt", "enableMonitoring");
	add_all(f, &f->linux.memory_policy.modes, memory_policy_modes);
	add_all(f, &f->linux.memory_policy.flags, memory_policy_flags);
	f->linux.net_devices.enabled = HAS("linux", "netDevices");
}

/* ---- annotations ---- */

static void annotate(struct features *f, const char *key, const char *value)
{
	f->annotations.v[f->annotations.n++] = (struct string_pair){ key, value };
}

/* Uses runc's names if engines look for them. */
static void list_annotations(struct features *f)
{
	const char *last = "";
	const struct scmp_version *version = seccomp_version();

	f->annotations.v = arena_alloc(&f->arena, 4 * sizeof *f->annotations.v);
	annotate(f, "io.github.seccomp.libseccomp.version",
		arena_printf(
			&f->arena, "%u.%u.%u", version->major, version->minor, version->micro));
	annotate(f, "io.hull.version", HULL_VERSION);
	annotate(f, "org.opencontainers.runc.checkpoint.enabled", "true");
	for (size_t i = 0; annotation_name(i) != NULL; i++) {
		if (strcmp(annotation_unsafe(i), last) != 0)
			add(f, &f->potentially_unsafe_config_annotations, annotation_unsafe(i));
		last = annotation_unsafe(i);
	}
}

void container_features(struct features *features)
{
	const struct json_field *hooks = PROPERTY("hooks");

	*features = (struct features){ .oci_version_min = OCI_VERSION_MIN,
		.oci_version_max = OCI_VERSION_MAX };
	for (const struct json_field *hook = hooks->table->fields; hook->name != NULL; hook++)
		add(features, &features->hooks, hook->name);
	list_mounts(features);
	list_linux(features);
	list_annotations(features);
}

void container_features_free(struct features *features)
{
	arena_free(&features->arena);
}
