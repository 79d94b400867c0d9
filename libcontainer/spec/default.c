/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The configuration that `spec` writes. It equals runc's, so that documentation about runc applies,
 * except for the host name and the ambient capabilities: an ambient capability must be inheritable,
 * and none is (capabilities(7)).
 */
#include <string.h>

#include "base/list.h"
#include "spec/config.h"

#define STRINGS(...)                                                                           \
	{                                                                                      \
		(const char *[]){ __VA_ARGS__ }, ARRAY_SIZE(((const char *[]){ __VA_ARGS__ })) \
	}

#define CAPABILITIES STRINGS("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")

static const struct oci_capabilities capabilities = {
	.bounding = CAPABILITIES,
	.effective = CAPABILITIES,
	.permitted = CAPABILITIES,
};

static const struct oci_rlimit rlimits[] = { { "RLIMIT_NOFILE", 1024, 1024 } };

static const struct oci_process process = {
	.terminal = true,
	.args = STRINGS("sh"),
	.env = STRINGS(
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"),
	.cwd = "/",
	.no_new_privileges = true,
};

static const struct oci_root root = { .path = "rootfs", .readonly = true };

static const struct oci_mount mounts[] = {
	{ "/proc", "proc", "proc" },
	{ "/dev", "tmpfs", "tmpfs", STRINGS("nosuid", "strictatime", "mode=755", "size=65536k") },
	{ "/dev/pts", "devpts", "devpts",
		STRINGS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5") },
	{ "/dev/shm", "tmpfs", "shm",
		STRINGS("nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ "/dev/mqueue", "mqueue", "mqueue", STRINGS("nosuid", "noexec", "nodev") },
	{ "/sys", "sysfs", "sysfs", STRINGS("nosuid", "noexec", "nodev", "ro") },
	{ "/sys/fs/cgroup", "cgroup", "cgroup",
		STRINGS("nosuid", "noexec", "nodev", "relatime", "ro") },
};

/* sysfs can be mounted only by the owner of the network namespace. */
static const struct oci_mount rootless_sys = { "/sys", "none", "/sys",
	STRINGS("rbind", "nosuid", "noexec", "nodev", "ro") };

static const struct oci_device_rule no_devices[] = { { .allow = false, .access = "rwm" } };

static const struct oci_linux linux_defaults = {
	.masked_paths = STRINGS("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
		"/sys/firmware", "/proc/scsi"),
	.readonly_paths =
		STRINGS("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
};

static void *copy(struct arena *arena, const void *from, size_t size)
{
	return memcpy(arena_alloc(arena, size), from, size);
}

void config_add_namespace(struct oci_config *config, enum oci_namespace_type type)
{
	LIST_ADD(&config->arena, &config->linux->namespaces)->type = type;
}

void config_add_user_namespace(struct oci_config *config, const struct oci_id_mapping *uids,
	const struct oci_id_mapping *gids)
{
	if (config_namespace(config, NAMESPACE_USER) == NULL)
		config_add_namespace(config, NAMESPACE_USER);
	config->linux->uid_mappings.v = copy(&config->arena, uids, sizeof *uids);
	config->linux->gid_mappings.v = copy(&config->arena, gids, sizeof *gids);
	config->linux->uid_mappings.n = config->linux->gid_mappings.n = 1;
}

/* Removes what an unprivileged user can't have: GID 5, sysfs, cgroup limits. */
static void make_rootless(struct oci_config *config)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		struct oci_mount *mount = &config->mounts.v[i];

		if (strcmp(mount->destination, "/dev/pts") == 0)
			mount->options.n--;
		else if (strcmp(mount->destination, "/sys") == 0)
			*mount = rootless_sys;
	}
	config->linux->resources = NULL;
}

void config_default(struct oci_config *config, bool rootless, uint32_t uid, uint32_t gid,
	const struct oci_id_mapping *mapping)
{
	static const enum oci_namespace_type namespaces[] = {
		NAMESPACE_PID,
		NAMESPACE_NETWORK,
		NAMESPACE_IPC,
		NAMESPACE_UTS,
		NAMESPACE_MOUNT,
	};
	const struct oci_id_mapping own_uid = { 0, uid, 1 }, own_gid = { 0, gid, 1 };
	struct arena *arena;

	*config = (struct oci_config){ .oci_version = OCI_VERSION_MAX, .hostname = "hull" };
	arena = &config->arena;
	config->root = copy(arena, &root, sizeof root);
	config->process = copy(arena, &process, sizeof process);
	config->process->capabilities = copy(arena, &capabilities, sizeof capabilities);
	config->process->rlimits.v = copy(arena, rlimits, sizeof rlimits);
	config->process->rlimits.n = ARRAY_SIZE(rlimits);
	config->mounts.v = copy(arena, mounts, sizeof mounts);
	config->mounts.n = ARRAY_SIZE(mounts);
	config->linux = copy(arena, &linux_defaults, sizeof linux_defaults);
	config->linux->resources = arena_alloc(arena, sizeof *config->linux->resources);
	config->linux->resources->devices.v = copy(arena, no_devices, sizeof no_devices);
	config->linux->resources->devices.n = ARRAY_SIZE(no_devices);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (!rootless || namespaces[i] != NAMESPACE_NETWORK)
			config_add_namespace(config, namespaces[i]);
	if (rootless)
		make_rootless(config);
	if (mapping != NULL)
		config_add_user_namespace(config, mapping, mapping);
	else if (rootless)
		config_add_user_namespace(config, &own_uid, &own_gid);
}
