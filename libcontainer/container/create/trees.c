/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/trees.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "linux/ids/userns.h"
#include "linux/mount/explain.h"
#include "linux/mount/exposure.h"
#include "linux/mount/layers.h"
#include "linux/mount/masks.h"
#include "linux/process/capabilities.h"

/* open_tree(2) checks may_mount() before it looks at the path, and fails with EPERM. */
bool trees_may_be_opened_here(void)
{
	return open_tree(-1, "", OPEN_TREE_CLONE) < 0 && errno != EPERM;
}

int trees_plan(struct setup *c, struct error *err)
{
	const struct oci_linux *linux = c->config.linux;

	c->trees_inside = setup_has_mounts(c) && !c->mounts_on_host && !trees_may_be_opened_here();
	if (mounts_plan(
		    &c->mount_context, c->config.mounts.v, c->config.mounts.n, &c->mounts, err) < 0)
		return -1;
	if (!setup_has_mounts(c))
		return 0;
	return devices_plan(&c->devices, &c->arena,
		&(struct device_request){ linux->devices.v, linux->devices.n,
			c->mount_context.user_namespace || c->rootless, c->rootless,
			&c->uid_mappings, &c->gid_mappings, linux->mount_label },
		err);
}

int trees_plan_cgroups(struct setup *c, struct error *err)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_plan *plan = &c->mounts.plan[i];
		struct cgroup_mount_request request = {
			.mount = plan->mount,
			.attributes = plan->options.attr_set,
			.hierarchy = plan->hierarchy,
			.cgroup_namespace = c->mount_context.cgroup_namespace,
			.user_namespace = c->mount_context.user_namespace,
			.rootless = c->rootless,
			.label = c->mount_context.mount_label,
		};

		if (plan->kind == MOUNT_CGROUP &&
			cgroup_mount_plan(
				&c->state.cgroup, &request, &c->mounts.state[i].cgroup, err) < 0)
			return error_prefix(err, "%s", plan->pointer);
	}
	return 0;
}

int trees_open(struct setup *c, struct error *err)
{
	c->rootfs_tree = rootfs_open(c->rootfs, err);
	if (c->rootfs_tree < 0)
		return -1;
	if (c->config.linux->masked_paths.n > 0 && (c->null_tree = masks_open_null(err)) < 0)
		return -1;
	return mounts_open(&c->mount_context, &c->mounts, err) < 0 ? -1
								   : devices_open(&c->devices, err);
}

/* Gives the cgroup to the container's user. */
static int delegate_cgroup(struct setup *c, struct error *err)
{
	uint32_t uid = c->config.process->user.uid;
	/* IDs are the container's if the init reads them, or if there is no user namespace */
	int64_t owner = c->trees_inside || !c->mount_context.user_namespace
		? uid
		: id_mappings_to_host(&c->uid_mappings, uid);

	return owner < 0 ? 0 : cgroup_delegate(&c->state.cgroup, (uid_t)owner, err);
}

int trees_open_cgroups(struct setup *c, struct error *err)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_plan *plan = &c->mounts.plan[i];

		if (plan->kind != MOUNT_CGROUP)
			continue;
		if (cgroup_mount_open(&c->mounts.state[i].cgroup, err) < 0)
			return error_prefix(err, "%s", plan->pointer);
		if (c->new_namespaces & CLONE_NEWCGROUP && cgroup_mount_delegates(plan->mount) &&
			c->config.process != NULL && delegate_cgroup(c, err) < 0)
			return -1;
	}
	return 0;
}

void trees_close(struct setup *c)
{
	fd_close(&c->rootfs_tree);
	fd_close(&c->null_tree);
	mounts_close(&c->mounts);
	devices_close(&c->devices);
}

unsigned long trees_propagation(const struct oci_config *config, bool user_namespace)
{
	unsigned long propagation = rootfs_propagation(config->linux->rootfs_propagation);

	/*
	 * mounts copied from a more privileged namespace can't become peers in a less privileged
	 * one (mount_namespaces(7))
	 */
	if (user_namespace && (propagation & MS_SHARED))
		return MS_SLAVE | MS_REC;
	return propagation & MS_UNBINDABLE ? MS_PRIVATE | MS_REC : propagation;
}

/* Mounts an overlay of the annotation's layers as the rootfs. */
static int mount_layers(struct setup *c, const char *text, struct error *err)
{
	struct layers_owner owner = { (uid_t)id_mappings_to_host(&c->uid_mappings, 0),
		(gid_t)id_mappings_to_host(&c->gid_mappings, 0) };
	cleanup_fd int image = -1;
	struct layers layers;
	bool mapped;
	int tree;

	if (layers_parse(&c->arena, text, &layers, err) < 0)
		return -1;
	layers_label(&c->arena, &layers, c->config.linux->mount_label);
	image = openat(
		c->mount_context.bundle_fd, layers.lower.v[layers.lower.n - 1], O_PATH | O_CLOEXEC);
	mapped = c->userns_fd >= 0 &&
		rootfs_wants_idmap(image, c->idmap_policy, &c->uid_mappings, !c->rootless);
	tree = layers_mount(&layers, c->mount_context.bundle_fd, mapped ? c->userns_fd : -1,
		mapped ? &owner : NULL, err);
	if (tree < 0)
		return -1;
	close(c->rootfs_tree);
	c->rootfs_tree = tree;
	return 0;
}

/*
 * Engines keep rootfs directories in a directory that other users can't enter. Refuses an exposed
 * one only if hull chose the ID mapping.
 */
static int guard_rootfs(const struct setup *c, struct error *err)
{
	const char *asked = c->options->userns.idmap_rootfs;
	bool automatic = asked != NULL && strcmp(asked, "auto") == 0;
	struct exposure_ids ids = { &c->uid_mappings, &c->gid_mappings };

	return c->config.root->readonly ? 0
					: exposure_guard("/root/path", c->rootfs, &ids,
						  automatic ? EXPOSURE_REFUSE : EXPOSURE_WARN, err);
}

bool trees_need_locks(const struct oci_config *config)
{
	const struct oci_capabilities *capabilities =
		config->process != NULL ? config->process->capabilities : NULL;
	const struct oci_namespace *user = config_namespace(config, NAMESPACE_USER),
				   *pid = config_namespace(config, NAMESPACE_PID);

	/*
	 * if another container shares both namespaces, one of its processes that has the capability
	 * sees this container's processes, and through them its mounts
	 */
	if (user != NULL && user->path != NULL && (pid == NULL || pid->path != NULL))
		return true;
	for (size_t i = 0; capabilities != NULL && i < capabilities->bounding.n; i++)
		if (capability_from_name(capabilities->bounding.v[i]) == CAP_SYS_ADMIN)
			return true;
	return false;
}

static struct mount_preparation preparation_of(const struct setup *c)
{
	return (struct mount_preparation){ .context = &c->mount_context,
		.userns_fd = c->userns_fd,
		.propagation = trees_propagation(&c->config, c->mount_context.user_namespace),
		.privileged = c->privileged };
}

static int prepare(struct setup *c, struct error *err)
{
	const struct mount_preparation preparation = preparation_of(c);
	const char *layers = config_annotation(&c->config, "io.hull.rootfs.layers");
	int mapped;

	if (layers != NULL)
		mapped = mount_layers(c, layers, err);
	else
		mapped = rootfs_prepare(c->rootfs_tree, c->rootfs, preparation.propagation,
			&(struct rootfs_mapping){
				c->idmap_policy, &c->uid_mappings, c->userns_fd, !c->rootless },
			err);
	if (mapped < 0 || (mapped > 0 && guard_rootfs(c, err) < 0))
		return -1;
	return mounts_prepare(&c->mounts, &preparation, err);
}

static int check_inner(const struct setup *c, uint32_t mount, struct error *err)
{
	return mount < c->mounts.n && c->mounts.plan[mount].kind == MOUNT_INNER_BIND
		? 0
		: error_set(err, EPROTO, "serve the container's init: no such mount");
}

int trees_open_source(const struct setup *c, uint32_t mount, struct error *err)
{
	return check_inner(c, mount, err) < 0
		? -1
		: mount_open_source(&c->mounts, mount, c->rootfs_tree, err);
}

int trees_map_inner(struct setup *c, uint32_t mount, int tree, struct error *err)
{
	const struct mount_preparation preparation = preparation_of(c);

	return check_inner(c, mount, err) < 0
		? -1
		: mount_map_inner(&c->mounts, mount, tree, &preparation, err);
}

int trees_make(struct setup *c, struct error *err)
{
	return trees_open(c, err) < 0 || trees_open_cgroups(c, err) < 0 || prepare(c, err) < 0
		? mounts_explain_trees(err)
		: 0;
}

int trees_make_inside(struct setup *c, struct error *err)
{
	cleanup_fd int bundle = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return error_errno(err, "make the container's mount namespace");
	/* the descriptors opened earlier belong to the other mount namespace */
	bundle = open(c->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bundle < 0)
		return error_errno(err, "open the bundle %s", c->bundle);
	c->mount_context.bundle_fd = bundle;
	if (c->new_userns || c->joined_userns) {
		c->userns_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
		if (c->userns_fd < 0)
			return error_errno(err, "open the container's user namespace");
	}
	return trees_make(c, err);
}
