/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules for `linux.devices` and `linux.netDevices`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spec/rules/rules.h"

enum {
	INTERFACE_NAME_MAX = 15,
	MAJOR_MAX = (1 << 12) - 1, /* limits of the kernel's dev_t */
	MINOR_MAX = (1 << 20) - 1,
	FILE_MODE_BITS = 0177777, /* Docker's modes include the file type's bits */
};

/* ---- devices ---- */

static void device_types(struct validation *v)
{
	static const char *const types[] = { "c", "b", "u", "p", NULL };
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const char *type = v->config->linux->devices.v[i].type;

		if (!rule_is_one_of(type, types))
			rule_report(
				v, rule_at(v, "/%zu/type", i), "found %s", rule_cite(cited, type));
	}
}

static void device_paths(struct validation *v)
{
	char cited[QUOTE_CITED];

	for (size_t i = 0; i < v->config->linux->devices.n; i++) {
		const char *path = v->config->linux->devices.v[i].path;

		if (path[0] != '/')
			rule_report(
				v, rule_at(v, "/%zu/path", i), "found %s", rule_cite(cited, path));
	}
}

static void device_number(struct validation *v, size_t i, const char *member,
	const struct opt_int64 *number, int64_t max)
{
	if (!number->set)
		rule_report(v, rule_at(v, "/%zu/%s", i, member), "missing");
	else if (number->value < 0 || number->value > max)
		rule_report(v, rule_at(v, "/%zu/%s", i, member),
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
			rule_report(
				v, rule_at(v, "/%zu/fileMode", i), "found %" PRIu32, mode->value);
	}
}

static void device_uids(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n && config_has_new_user_maps(v->config);
		i++)
		if (v->config->linux->devices.v[i].uid.set)
			rule_check_mapped(v, rule_at(v, "/%zu/uid", i),
				v->config->linux->devices.v[i].uid.value,
				&v->config->linux->uid_mappings);
}

static void device_gids(struct validation *v)
{
	for (size_t i = 0; i < v->config->linux->devices.n && config_has_new_user_maps(v->config);
		i++)
		if (v->config->linux->devices.v[i].gid.set)
			rule_check_mapped(v, rule_at(v, "/%zu/gid", i),
				v->config->linux->devices.v[i].gid.value,
				&v->config->linux->gid_mappings);
}

/* ---- network devices ---- */

static void net_devices_namespace(struct validation *v)
{
	if (v->config->linux->net_devices.n > 0 &&
		config_namespace(v->config, NAMESPACE_NETWORK) == NULL)
		rule_report(v, "", NO_DETAIL);
}

/*
 * Like the kernel's dev_valid_name(). A new name may contain one "%d", for which the kernel chooses
 * a number.
 */
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
			rule_report(v, rule_at_key(v, device->key), NO_DETAIL);
		if (name != NULL && !is_interface_name(name, true))
			rule_report(v, rule_at_key(v, device->key), "found name %s",
				rule_cite(cited, name));
	}
}

static const char *final_name(const struct oci_net_device_entry *device)
{
	return device->value.name != NULL ? device->value.name : device->key;
}

/* By name; those of one name in the order of the configuration. */
static int compare_names(const void *a, const void *b)
{
	const struct oci_net_device_entry *one = *(const struct oci_net_device_entry *const *)a,
					  *other = *(const struct oci_net_device_entry *const *)b;
	int order = strcmp(final_name(one), final_name(other));

	return order != 0 ? order : (one > other) - (one < other);
}

static void net_devices_clash(struct validation *v)
{
	const struct oci_net_device_entry *devices = v->config->linux->net_devices.v,
					  *before = NULL;
	size_t n = v->config->linux->net_devices.n;
	cleanup_free const struct oci_net_device_entry **sorted =
		mem_alloc((n + 1) * sizeof *sorted);

	for (size_t i = 0; i < n; i++)
		sorted[i] = &devices[i];
	qsort(sorted, n, sizeof *sorted, compare_names);
	for (size_t i = 0; i < n; before = sorted[i++])
		if (before != NULL && strcmp(final_name(sorted[i]), final_name(before)) == 0 &&
			strchr(final_name(sorted[i]), '%') == NULL)
			rule_report(v, rule_at_key(v, sorted[i]->key),
				"%.15s is also what %.15s will be called", final_name(sorted[i]),
				before->key);
}

const struct rule device_rules[] = {
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
	{ 0 },
};
