/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/namespaces.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/create/ids.h"
#include "container/create/trees.h"
#include "linux/namespaces/namespaces.h"

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool asks_for_mounts(const struct setup *c)
{
	const struct oci_linux *linux = c->config.linux;

	return c->config.mounts.n > 0 || c->config.root->readonly ||
		linux->rootfs_propagation != NULL || linux->masked_paths.n > 0 ||
		linux->readonly_paths.n > 0;
}

int setup_check_mount_namespace(const struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;
	const struct oci_namespace *ns = config_namespace(&c->config, NAMESPACE_MOUNT);

	if (ns != NULL)
		return 0;
	if (linux->masked_paths.n > 0 || linux->readonly_paths.n > 0)
		return error_set(err, 0,
			"config.json: /linux/namespaces: maskedPaths and readonlyPaths need a new "
			"mount namespace: unable to restrict sys entries without a private MNT "
			"namespace");
	if (asks_for_mounts(c) && !c->mounts_on_host)
		return error_set(err, 0,
			"config.json: /linux/namespaces: with a user namespace or the host's root, "
			"mounts, rootfsPropagation and a read-only root need a new mount "
			"namespace");
	return 0;
}

/*
 * Returns the first property of the configuration that changes a namespace of this type, or NULL.
 */
static const char *change_of(struct setup *c, enum oci_namespace_type type)
{
	const struct oci_config *config = &c->config;
	const string_map *sysctl = &config->linux->sysctl;

	for (size_t i = 0; i < sysctl->n; i++)
		if (sysctl_namespace(sysctl->v[i].key) == type)
			return arena_printf(&c->arena, "/linux/sysctl/%s", sysctl->v[i].key);
	if (type == NAMESPACE_UTS && is_given(config->hostname))
		return "/hostname";
	if (type == NAMESPACE_UTS && is_given(config->domainname))
		return "/domainname";
	if (type == NAMESPACE_NETWORK && config->linux->net_devices.n > 0)
		return "/linux/netDevices";
	return NULL;
}

/*
 * A namespace shared with the caller is the host's, even if the configuration names it by path:
 * refuse sysctls that would change it.
 */
static int check_own(
	struct setup *c, const struct oci_namespace *ns, size_t index, struct error *err)
{
	const char *change = change_of(c, (enum oci_namespace_type)ns->type);

	return change == NULL
		? 0
		: error_set(err, 0,
			  "config.json: %s: would change the host: the %s namespace of "
			  "/linux/namespaces/%zu/path is that of hull's caller",
			  change, namespace_type_names[ns->type - 1], index);
}

static int add_join(
	struct setup *c, const struct oci_namespace *ns, size_t index, struct error *err)
{
	int fd = namespace_open(ns, index, err);
	char own[64];

	if (fd < 0)
		return -1;
	snprintf(own, sizeof own, "/proc/self/ns/%s", namespace_file(ns->type));
	/*
	 * This process is already in it, and setns() into one's own user namespace fails with
	 * EINVAL.
	 */
	if (namespace_is_at(fd, own)) {
		close(fd);
		return check_own(c, ns, index, err);
	}
	c->joins[c->njoins++] = (struct join){ ns->type, fd, false };
	c->joined_userns |= ns->type == NAMESPACE_USER;
	return 0;
}

/*
 * Marks the namespaces to join before the user namespace: all of them for a new one, else those
 * that the joined user namespace doesn't own.
 */
static void find_outer_joins(struct setup *c)
{
	int userns = -1;

	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type == NAMESPACE_USER)
			userns = c->joins[i].fd;
	for (size_t i = 0; i < c->njoins; i++)
		if (c->joins[i].type != NAMESPACE_USER)
			c->joins[i].outer = c->new_userns ||
				(userns >= 0 && !namespace_is_owned_by(c->joins[i].fd, userns));
	c->userns_fd = userns;
}

bool setup_owns(const struct setup *c, enum oci_namespace_type type)
{
	const struct oci_namespace *ns = config_namespace(&c->config, type);

	if (ns == NULL)
		return false;
	if (ns->path == NULL)
		return true;
	for (size_t i = 0; i < c->njoins; i++)
		if ((enum oci_namespace_type)c->joins[i].type == type)
			return !c->joins[i].outer;
	return false;
}

/* Returns the descriptor of a joined namespace of this type, or -1. Borrowed. */
static int joined(const struct setup *c, enum oci_namespace_type type)
{
	for (size_t i = 0; i < c->njoins; i++)
		if ((enum oci_namespace_type)c->joins[i].type == type)
			return c->joins[i].fd;
	return -1;
}

/*
 * As in runc, the root filesystem becomes the root of the mount namespace that is joined, even for
 * processes that are in it already. What was mounted there is unmounted.
 */
static int plan_joined_mounts(struct setup *c, struct error *err)
{
	const struct oci_namespace *ns = config_namespace(&c->config, NAMESPACE_MOUNT);
	int fd = joined(c, NAMESPACE_MOUNT);

	if (ns == NULL || !is_given(ns->path) || !asks_for_mounts(c))
		return 0;
	if (fd < 0 || namespace_is_at(fd, "/proc/1/ns/mnt"))
		return error_set(err, 0,
			"config.json: /linux/namespaces: mounts can't be made in %s, which is the "
			"mount namespace of %s: its root would be replaced by the container's",
			ns->path, fd < 0 ? "hull's caller" : "process 1");
	if (!setup_owns(c, NAMESPACE_MOUNT))
		return error_set(err, EPERM,
			"config.json: /linux/namespaces: mounts can't be made in %s: the "
			"container's user namespace doesn't own that mount namespace",
			ns->path);
	c->mounts_in_joined = true;
	c->host_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return c->host_proc < 0 ? error_errno(err, "open /proc") : 0;
}

/* Fills in what planning the mounts needs to know about the namespaces and the configuration. */
static int describe_for_mounts(struct setup *c, struct error *err)
{
	bool user_namespace = c->new_userns || c->joined_userns;

	c->mount_context = (struct mount_context){
		.arena = &c->arena,
		.rootfs = c->rootfs,
		.bundle_fd = c->bundle_fd,
		.user_namespace = user_namespace,
		.host_makes = c->purpose == CREATE && !user_namespace,
		.owns_network = setup_owns(c, NAMESPACE_NETWORK),
		.owns_ipc = setup_owns(c, NAMESPACE_IPC),
		.network = joined(c, NAMESPACE_NETWORK),
		.ipc = joined(c, NAMESPACE_IPC),
		.cgroup_namespace =
			c->new_namespaces & CLONE_NEWCGROUP || joined(c, NAMESPACE_CGROUP) >= 0,
		.uid_mappings = &c->uid_mappings,
		.gid_mappings = &c->gid_mappings,
		.locks = user_namespace && c->new_namespaces & CLONE_NEWNS &&
			trees_need_locks(&c->config),
		.mount_label = c->config.linux->mount_label,
		.mount_label_option = config_mount_context_type(&c->config),
	};
	if (exposure_policy(config_annotation(&c->config, "io.hull.idmap.exposed"),
		    &c->mount_context.exposure_policy, err) < 0)
		return -1;
	return idmap_fallback_policy(config_annotation(&c->config, "io.hull.idmap.fallback"),
		&c->mount_context.idmap_fallback, err);
}

int setup_open_namespaces(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;

	for (size_t i = 0; i < linux->namespaces.n; i++) {
		const struct oci_namespace *ns = &linux->namespaces.v[i];

		if (is_given(ns->path)) {
			if (add_join(c, ns, i, err) < 0)
				return -1;
		} else if (ns->type == NAMESPACE_USER) {
			c->new_userns = true;
		} else {
			c->new_namespaces |= (unsigned)namespace_flag(ns->type);
		}
	}
	find_outer_joins(c);
	if (plan_joined_mounts(c, err) < 0 || setup_read_joined_mapping(c, err) < 0)
		return -1;
	c->waits_for_namespaces = linux->net_devices.n > 0;
	return describe_for_mounts(c, err);
}

void setup_close_namespaces(struct setup *c)
{
	while (c->njoins > 0)
		fd_close(&c->joins[--c->njoins].fd);
	fd_close(&c->mntns);
	fd_close(&c->host_proc);
}
