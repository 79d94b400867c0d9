/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux` but its resources, and for everything that depends on the namespaces.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/text/quote.h"
#include "spec/internal.h"

enum {
	MAP_LINES_MAX = 340, /* user_namespaces(7) */
	INTERFACE_NAME_MAX = 15,
	MAJOR_MAX = (1 << 12) - 1, /* of the kernel's dev_t */
	MINOR_MAX = (1 << 20) - 1,
	FILE_MODE_BITS = 0177777, /* the type's bits are there in what Docker writes */
	ERRNO_MAX = 4095,
};

static const char *cite(char out[static QUOTE_CITED], const char *text)
{
	return quote_cite(out, text, strlen(text));
}

/* ---- namespaces ---- */

static bool has_namespace(const struct validation *v, enum oci_namespace_type type)
{
	return config_namespace(v->config, type) != NULL;
}

static bool has_new_namespace(const struct oci_config *config, enum oci_namespace_type type)
{
	const struct oci_namespace *namespace = config_namespace(config, type);

	return namespace != NULL && namespace->path == NULL;
}

bool has_new_user_maps(const struct oci_config *config)
{
	return has_new_namespace(config, NAMESPACE_USER) && config->linux->uid_mappings.n > 0 &&
		config->linux->gid_mappings.n > 0;
}

static void namespaces_once(struct validation *v)
{
	unsigned seen = 0;

	for (size_t i = 0; i < v->config->linux->namespaces.n; i++) {
		int type = v->config->linux->namespaces.v[i].type;

		if (seen & 1U << type)
			report(v, at(v, "/%zu/type", i), "%s is there already",
				namespace_type_names[type - 1]);
		seen |= 1U << type;
	}
}

static void namespace_paths(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->namespaces.n; i++) {
		const char *path = v->config->linux->namespaces.v[i].path;

		if (path != NULL && path[0] != '/')
			report(v, at(v, "/%zu/path", i), "found %s", cite(cited, path));
	}
}

/* ---- ID mappings ---- */

static void user_maps_present(struct validation *v)
{
	if (!has_new_namespace(v->config, NAMESPACE_USER))
		return;
	if (v->config->linux->uid_mappings.n == 0)
		report(v, "/uidMappings", NO_DETAIL);
	if (v->config->linux->gid_mappings.n == 0)
		report(v, "/gidMappings", NO_DETAIL);
}

static void user_maps_usable(struct validation *v)
{
	if (has_namespace(v, NAMESPACE_USER))
		return;
	if (v->config->linux->uid_mappings.n > 0)
		report(v, "/uidMappings", NO_DETAIL);
	if (v->config->linux->gid_mappings.n > 0)
		report(v, "/gidMappings", NO_DETAIL);
}

/* A map of the container, or of a mount. */
struct map {
	const oci_id_mappings *lines;
	const struct oci_mount *mount; /* NULL: the container's */
	const char *property;
};

/* The pointer of a line of the map, or with member "" of the map itself. */
__attribute__((cold)) static const char *at_line(
	struct validation *v, const struct map *map, size_t line, const char *member)
{
	char where[64] = "/linux", which[64] = "";

	if (map->mount != NULL)
		snprintf(where, sizeof where, "/mounts/%zu",
			(size_t)(map->mount - v->config->mounts.v));
	if (member[0] != '\0')
		snprintf(which, sizeof which, "/%zu%s", line, member);
	return at(v, "%s/%s%s", where, map->property, which);
}

static void maps_each(
	struct validation *v, void (*check)(struct validation *v, const struct map *map))
{
	struct oci_linux *linux = v->config->linux;

	check(v, &(struct map){ &linux->uid_mappings, NULL, "uidMappings" });
	check(v, &(struct map){ &linux->gid_mappings, NULL, "gidMappings" });
	for (size_t i = 0; i < v->config->mounts.n; i++) {
		const struct oci_mount *mount = &v->config->mounts.v[i];

		check(v, &(struct map){ &mount->uid_mappings, mount, "uidMappings" });
		check(v, &(struct map){ &mount->gid_mappings, mount, "gidMappings" });
	}
}

static void map_length(struct validation *v, const struct map *map)
{
	if (map->lines->n > MAP_LINES_MAX)
		report(v, at_line(v, map, 0, ""), "this has %zu", map->lines->n);
}

static void maps_lengths(struct validation *v)
{
	maps_each(v, map_length);
}

static void map_sizes(struct validation *v, const struct map *map)
{
	for (size_t i = 0; i < map->lines->n; i++)
		if (map->lines->v[i].size == 0)
			report(v, at_line(v, map, i, "/size"), NO_DETAIL);
}

static void maps_sizes(struct validation *v)
{
	maps_each(v, map_sizes);
}

/* 2^32 - 1 is no ID, so the kernel wants first + size to fit in 32 bits. */
static void map_ends(struct validation *v, const struct map *map)
{
	for (size_t i = 0; i < map->lines->n; i++) {
		const struct oci_id_mapping *line = &map->lines->v[i];

		if (line->size > UINT32_MAX - line->container_id)
			report(v, at_line(v, map, i, "/containerID"),
				"%" PRIu32 " and size %" PRIu32 " go beyond it", line->container_id,
				line->size);
		if (line->size > UINT32_MAX - line->host_id)
			report(v, at_line(v, map, i, "/hostID"),
				"%" PRIu32 " and size %" PRIu32 " go beyond it", line->host_id,
				line->size);
	}
}

static void maps_ends(struct validation *v)
{
	maps_each(v, map_ends);
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static void map_overlaps(struct validation *v, const struct map *map)
{
	const struct oci_id_mapping *lines = map->lines->v;

	for (size_t i = 1; i < map->lines->n && map->lines->n <= MAP_LINES_MAX; i++) {
		for (size_t k = 0; k < i; k++) {
			if (overlap(lines[i].container_id, lines[i].size, lines[k].container_id,
				    lines[k].size))
				report(v, at_line(v, map, i, "/containerID"),
					"%" PRIu32 "+%" PRIu32 " and line %zu with %" PRIu32
					"+%" PRIu32,
					lines[i].container_id, lines[i].size, k,
					lines[k].container_id, lines[k].size);
			if (overlap(lines[i].host_id, lines[i].size, lines[k].host_id,
				    lines[k].size))
				report(v, at_line(v, map, i, "/hostID"),
					"%" PRIu32 "+%" PRIu32 " and line %zu with %" PRIu32
					"+%" PRIu32,
					lines[i].host_id, lines[i].size, k, lines[k].host_id,
					lines[k].size);
		}
	}
}

static void maps_overlaps(struct validation *v)
{
	maps_each(v, map_overlaps);
}

void check_mapped(struct validation *v, const char *suffix, uint32_t id, const oci_id_mappings *map)
{
	cleanup_buf struct buf mapped = { 0 };

	for (size_t i = 0; i < map->n; i++)
		if (id >= map->v[i].container_id && id - map->v[i].container_id < map->v[i].size)
			return;
	if (id == UINT32_MAX) /* no ID at all: that's a violation of its own */
		return;
	for (size_t i = 0; i < map->n && i < 4; i++)
		buf_printf(&mapped, "%s%" PRIu32 "-%" PRIu64, i > 0 ? ", " : "",
			map->v[i].container_id,
			(uint64_t)map->v[i].container_id + map->v[i].size - 1);
	report(v, suffix, "%" PRIu32 " has none (%s%s are mapped)", id, mapped.data,
		map->n > 4 ? ", ..." : "");
}

/* ---- time ---- */

static void time_namespace(struct validation *v)
{
	if (v->config->linux->time_offsets.n > 0 && !has_new_namespace(v->config, NAMESPACE_TIME))
		report(v, "", NO_DETAIL);
}

static void time_clocks(struct validation *v)
{
	static const char *const clocks[] = { "monotonic", "boottime", NULL };

	for (size_t i = 0; i < v->config->linux->time_offsets.n; i++)
		if (!is_one_of(v->config->linux->time_offsets.v[i].key, clocks))
			report(v, at_key(v, v->config->linux->time_offsets.v[i].key), NO_DETAIL);
}

static void time_nanoseconds(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->time_offsets.n; i++) {
		const struct oci_time_offset_entry *offset = &v->config->linux->time_offsets.v[i];

		if (offset->value.nanosecs >= 1000000000)
			report(v, at_key(v, offset->key), "found %" PRIu32, offset->value.nanosecs);
	}
}

/* ---- devices ---- */

static void device_types(struct validation *v)
{
	static const char *const types[] = { "c", "b", "u", "p", NULL };
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const char *type = v->config->linux->devices.v[i].type;

		if (!is_one_of(type, types))
			report(v, at(v, "/%zu/type", i), "found %s", cite(cited, type));
	}
}

static void device_paths(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const char *path = v->config->linux->devices.v[i].path;

		if (path[0] != '/')
			report(v, at(v, "/%zu/path", i), "found %s", cite(cited, path));
	}
}

static void device_number(struct validation *v, size_t i, const char *member,
	const struct opt_int64 *number, int64_t max)
{
	if (!number->set)
		report(v, at(v, "/%zu/%s", i, member), "missing");
	else if (number->value < 0 || number->value > max)
		report(v, at(v, "/%zu/%s", i, member),
			"found %" PRId64 " (0-%" PRId64 " are possible)", number->value, max);
}

static void device_numbers(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const struct oci_device *device = &v->config->linux->devices.v[i];

		if (strcmp(device->type, "p") == 0)
			continue;
		device_number(v, i, "major", &device->major, MAJOR_MAX);
		device_number(v, i, "minor", &device->minor, MINOR_MAX);
	}
}

static void device_modes(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const struct opt_uint32 *mode = &v->config->linux->devices.v[i].file_mode;

		if (mode->set && mode->value > FILE_MODE_BITS)
			report(v, at(v, "/%zu/fileMode", i), "found %" PRIu32, mode->value);
	}
}

static void device_uids(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n && has_new_user_maps(v->config); i++)
		if (v->config->linux->devices.v[i].uid.set)
			check_mapped(v, at(v, "/%zu/uid", i),
				v->config->linux->devices.v[i].uid.value,
				&v->config->linux->uid_mappings);
}

static void device_gids(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n && has_new_user_maps(v->config); i++)
		if (v->config->linux->devices.v[i].gid.set)
			check_mapped(v, at(v, "/%zu/gid", i),
				v->config->linux->devices.v[i].gid.value,
				&v->config->linux->gid_mappings);
}

/* ---- network devices ---- */

static void net_devices_namespace(struct validation *v)
{
	if (v->config->linux->net_devices.n > 0 && !has_namespace(v, NAMESPACE_NETWORK))
		report(v, "", NO_DETAIL);
}

/* As the kernel's dev_valid_name(). A new name may ask for a number with one "%d". */
static bool is_interface_name(const char *name, bool is_new)
{
	const char *percent = strchr(name, '%');

	if (name[0] == '\0' || strlen(name) > INTERFACE_NAME_MAX || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return false;
	if (strpbrk(name, "/: \t\n\v\f\r") != NULL)
		return false;
	return percent == NULL || (is_new && percent[1] == 'd' && strchr(percent + 1, '%') == NULL);
}

static void net_devices_names(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->net_devices.n; i++) {
		const struct oci_net_device_entry *device = &v->config->linux->net_devices.v[i];
		const char *name = device->value.name;

		if (!is_interface_name(device->key, false))
			report(v, at_key(v, device->key), NO_DETAIL);
		if (name != NULL && !is_interface_name(name, true))
			report(v, at_key(v, device->key), "found name %s", cite(cited, name));
	}
}

static const char *final_name(const struct oci_net_device_entry *device)
{
	return device->value.name != NULL ? device->value.name : device->key;
}

static void net_devices_clash(struct validation *v)
{
	const struct oci_net_device_entry *devices = v->config->linux->net_devices.v;

	for (size_t i = 1; i < v->config->linux->net_devices.n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(final_name(&devices[i]), final_name(&devices[k])) == 0 &&
				strchr(final_name(&devices[i]), '%') == NULL)
				report(v, at_key(v, devices[i].key),
					"%.15s is also what %.15s will be called",
					final_name(&devices[i]), devices[k].key);
}

/* ---- sysctl ---- */

bool sysctl_path(const char *key, char path[static SYSCTL_PATH_MAX])
{
	size_t len = strlen(key), separator = strcspn(key, "./");
	char from = key[separator] == '.'
		? '.'
		: '/'; /* the first one that comes is the separator, sysctl(8) */

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
		p = strchr(p, '/')) { /* components: not empty, not "." and not ".." */
		p += *p == '/' && p != path;
		if (strspn(p, ".") == strcspn(p, "/"))
			return false;
	}
	return true;
}

static const struct {
	const char *path; /* with a final '/': everything below */
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
			report(v, at_key(v, v->config->linux->sysctl.v[i].key), NO_DETAIL);
}

static void sysctl_values(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++) {
		const struct string_pair *pair = &v->config->linux->sysctl.v[i];

		if (strpbrk(pair->value, "+\n\r") != NULL)
			report(v, at_key(v, pair->key), "found %s", cite(cited, pair->value));
	}
}

static void sysctl_hostname(struct validation *v)
{
	char path[SYSCTL_PATH_MAX];

	for (size_t i = 0; i < v->config->linux->sysctl.n; i++)
		if (sysctl_path(v->config->linux->sysctl.v[i].key, path) &&
			strcmp(path, "kernel/hostname") == 0)
			report(v, at_key(v, v->config->linux->sysctl.v[i].key), NO_DETAIL);
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
			report(v, at_key(v, key), "this one belongs to no namespace");
		else if (!has_namespace(v, namespace))
			report(v, at_key(v, key),
				"this one needs a namespace of type %s in /linux/namespaces",
				namespace_type_names[namespace - 1]);
	}
}

/* ---- seccomp ---- */

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
				report(v, at(v, "/syscalls/%zu/names/%zu", i, k), NO_DETAIL);
}

static void seccomp_errno_action(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp == NULL)
		return;
	if (seccomp->default_errno_ret.set && !has_errno(seccomp->default_action))
		report(v, "/defaultErrnoRet", "defaultAction is %s",
			seccomp_action_names[seccomp->default_action - 1]);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (seccomp->syscalls.v[i].errno_ret.set &&
			!has_errno(seccomp->syscalls.v[i].action))
			report(v, at(v, "/syscalls/%zu/errnoRet", i), "action is %s",
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
		report(v, "/defaultErrnoRet", "found %" PRIu32, seccomp->default_errno_ret.value);
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (!errno_fits(&seccomp->syscalls.v[i].errno_ret, seccomp->syscalls.v[i].action))
			report(v, at(v, "/syscalls/%zu/errnoRet", i), "found %" PRIu32,
				seccomp->syscalls.v[i].errno_ret.value);
}

static void seccomp_arguments(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	for (size_t i = 0; seccomp != NULL && i < seccomp->syscalls.n; i++)
		for (size_t k = 0; k < seccomp->syscalls.v[i].args.n; k++)
			if (seccomp->syscalls.v[i].args.v[k].index > 5)
				report(v, at(v, "/syscalls/%zu/args/%zu/index", i, k),
					"found %" PRIu32, seccomp->syscalls.v[i].args.v[k].index);
}

static void seccomp_notify_default(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp != NULL && seccomp->default_action == SECCOMP_ACTION_NOTIFY)
		report(v, "", NO_DETAIL);
}

static void seccomp_listener(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	for (size_t i = 0;
		seccomp != NULL && seccomp->listener_path == NULL && i < seccomp->syscalls.n; i++)
		if (seccomp->syscalls.v[i].action == SECCOMP_ACTION_NOTIFY)
			report(v, at(v, "/syscalls/%zu/action", i), NO_DETAIL);
}

static void seccomp_listener_path(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;
	char cited[QUOTE_CITED];

	if (seccomp != NULL && seccomp->listener_path != NULL && seccomp->listener_path[0] != '/')
		report(v, "", "found %s", cite(cited, seccomp->listener_path));
}

static void seccomp_metadata(struct validation *v)
{
	const struct oci_seccomp *seccomp = v->config->linux->seccomp;

	if (seccomp != NULL && seccomp->listener_metadata != NULL && seccomp->listener_path == NULL)
		report(v, "", NO_DETAIL);
}

/* ---- paths in the container, cgroup, propagation ---- */

static void paths_absolute(struct validation *v, const string_list *paths)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < paths->n; i++)
		if (paths->v[i][0] != '/')
			report(v, at(v, "/%zu", i), "found %s", cite(cited, paths->v[i]));
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
			report(v, "", "found %s", cite(cited, path));
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

	if (propagation != NULL && !is_one_of(propagation, names))
		report(v, "", "found %s", cite(cited, propagation));
}

/* ---- personality, memory policy, Intel RDT ---- */

static void personality_domain(struct validation *v)
{
	static const char *const domains[] = { "LINUX", "LINUX32", NULL };
	const struct oci_personality *personality = v->config->linux->personality;
	char cited[QUOTE_CITED];

	if (personality != NULL && !is_one_of(personality->domain, domains))
		report(v, "", "found %s", cite(cited, personality->domain));
}

static void personality_flags(struct validation *v)
{
	const struct oci_personality *personality = v->config->linux->personality;
	char cited[QUOTE_CITED];

	for (size_t i = 0; personality != NULL && i < personality->flags.n; i++)
		report(v, at(v, "/%zu", i), "found %s", cite(cited, personality->flags.v[i]));
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

	if (policy != NULL && !is_one_of(policy->mode, memory_modes))
		report(v, "", "found %s", cite(cited, policy->mode));
}

static void memory_nodes(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	char cited[QUOTE_CITED];

	if (policy != NULL && policy->nodes != NULL && !is_number_list(policy->nodes))
		report(v, "", "found %s", cite(cited, policy->nodes));
}

static void memory_nodes_mode(struct validation *v)
{
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;

	if (policy == NULL || !is_one_of(policy->mode, memory_modes) ||
		strcmp(policy->mode, "MPOL_PREFERRED") == 0)
		return; /* MPOL_PREFERRED goes with both */
	if (memory_mode_is(policy, "MPOL_DEFAULT", "MPOL_LOCAL") && policy->nodes != NULL)
		report(v, "", "%s has none", policy->mode);
	else if (!memory_mode_is(policy, "MPOL_DEFAULT", "MPOL_LOCAL") && policy->nodes == NULL)
		report(v, "", "%s needs some", policy->mode);
}

static void memory_flags(struct validation *v)
{
	static const char *const flags[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
		"MPOL_F_STATIC_NODES", NULL };
	const struct oci_memory_policy *policy = v->config->linux->memory_policy;
	char cited[QUOTE_CITED];

	for (size_t i = 0; policy != NULL && i < policy->flags.n; i++)
		if (!is_one_of(policy->flags.v[i], flags))
			report(v, at(v, "/%zu", i), "found %s", cite(cited, policy->flags.v[i]));
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
			report(v, at(v, "/%zu", i), "MPOL_F_NUMA_BALANCING is for MPOL_BIND");
	}
	if (is_relative && is_static)
		report(v, "", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other");
	if ((is_relative || is_static) && policy->nodes == NULL)
		report(v, "", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES need nodes");
}

static void rdt_clos(struct validation *v)
{
	static const char *const taken[] = { ".", "..", "info", "mon_data", "mon_groups",
		NULL }; /* resctrl's own */
	const struct oci_intel_rdt *rdt = v->config->linux->intel_rdt;
	char cited[QUOTE_CITED];

	if (rdt == NULL || rdt->clos_id == NULL || strcmp(rdt->clos_id, "/") == 0)
		return;
	if (strpbrk(rdt->clos_id, "/\n") != NULL || is_one_of(rdt->clos_id, taken))
		report(v, "", "found %s", cite(cited, rdt->clos_id));
}

static void rdt_bandwidth(struct validation *v)
{
	const struct oci_intel_rdt *rdt = v->config->linux->intel_rdt;
	char cited[QUOTE_CITED];

	if (rdt == NULL || rdt->mem_bw_schema == NULL)
		return;
	if (strncmp(rdt->mem_bw_schema, "MB:", 3) != 0 || strchr(rdt->mem_bw_schema, '\n') != NULL)
		report(v, "", "found %s", cite(cited, rdt->mem_bw_schema));
}

const struct rule linux_rules[] = {
	{ "/linux/namespaces", namespaces_once, "a namespace of each type can be given only once" },
	{ "/linux/namespaces", namespace_paths, "must be an absolute path" },
	{ "/linux", user_maps_present,
		"required, but missing: /linux/namespaces has a user namespace without a path" },
	{ "/linux", user_maps_usable, "needs a user namespace in /linux/namespaces" },
	{ "", maps_lengths, "a map may have at most 340 lines (user_namespaces(7))" },
	{ "", maps_sizes, "a line must map at least one ID" },
	{ "", maps_ends, "the last ID is 4294967294" },
	{ "", maps_overlaps, "the lines of a map must not overlap" },
	{ "/linux/timeOffsets", time_namespace,
		"needs a time namespace without a path in /linux/namespaces" },
	{ "/linux/timeOffsets", time_clocks,
		"the clocks with an offset are monotonic and boottime (time_namespaces(7))" },
	{ "/linux/timeOffsets", time_nanoseconds, "nanosecs must be below 1000000000" },
	{ "/linux/devices", device_types, "must be c, b, u or p" },
	{ "/linux/devices", device_paths, "must be an absolute path" },
	{ "/linux/devices", device_numbers, "must be a device number" },
	{ "/linux/devices", device_modes, "must be the mode of a file" },
	{ "/linux/devices", device_uids, "must have a mapping in /linux/uidMappings" },
	{ "/linux/devices", device_gids, "must have a mapping in /linux/gidMappings" },
	{ "/linux/netDevices", net_devices_namespace,
		"needs a network namespace in /linux/namespaces" },
	{ "/linux/netDevices", net_devices_names,
		"an interface's name has 1 to 15 characters without /, : and white space" },
	{ "/linux/netDevices", net_devices_clash, "interfaces must have different names" },
	{ "/linux/sysctl", sysctl_names, "this is no name of a kernel parameter (sysctl(8))" },
	{ "/linux/sysctl", sysctl_values, "a value must be one line without a +" },
	{ "/linux/sysctl", sysctl_hostname, "the property for it is /hostname" },
	{ "/linux/sysctl", sysctl_host, "would change the host" },
	{ "/linux/seccomp", seccomp_names, "must not be empty" },
	{ "/linux/seccomp", seccomp_errno_action,
		"only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a number" },
	{ "/linux/seccomp", seccomp_errno_range,
		"the highest number is 4095 (65535 with SCMP_ACT_TRACE)" },
	{ "/linux/seccomp", seccomp_arguments, "a system call has the arguments 0 to 5" },
	{ "/linux/seccomp/defaultAction", seccomp_notify_default,
		"SCMP_ACT_NOTIFY can't be the default: handing over the listener would wait for the listener" },
	{ "/linux/seccomp", seccomp_listener, "SCMP_ACT_NOTIFY needs /linux/seccomp/listenerPath" },
	{ "/linux/seccomp/listenerPath", seccomp_listener_path, "must be an absolute path" },
	{ "/linux/seccomp/listenerMetadata", seccomp_metadata,
		"needs /linux/seccomp/listenerPath" },
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
