/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor --bundle`: what this host can't do of a configuration, found before it is run.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/create/trees.h"
#include "container/create/userns_options.h"
#include "doctor.h"
#include "linux/ids/userns.h"
#include "linux/mount/exposure.h"
#include "linux/mount/layers.h"
#include "linux/mount/mounts.h"
#include "linux/mount/rootfs.h"
#include "linux/namespaces/namespaces.h"

static const char refused[] = "Kubernetes refuses it together with hostUsers: false";

/* Namespaces that a pod shares with the host, and the consequences with a user namespace. */
static const struct shared {
	enum oci_namespace_type type;
	const char *check, *consequence, *advice;
} shared_namespaces[] = {
	{ NAMESPACE_NETWORK, "hostNetwork",
		"the user namespace doesn't own the network: no own sysfs (the host's /sys is "
		"bind-mounted read-only), no "
		"ports below 1024, no CAP_NET_ADMIN",
		"Kubernetes refuses it together with hostUsers: false, unless KEP-5607 (alpha) "
		"is enabled" },
	{ NAMESPACE_PID, "hostPID",
		"the container sees the host's processes and can't mount a procfs", refused },
	{ NAMESPACE_IPC, "hostIPC",
		"the user namespace doesn't own the IPC namespace: no own mqueue (the host's "
		"is bind-mounted)",
		refused },
};

static bool has_user_namespace(const struct oci_config *config)
{
	return config_namespace(config, NAMESPACE_USER) != NULL;
}

static void check_namespaces(struct doctor *d, const struct oci_config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared_namespaces); i++)
		if (has_user_namespace(config) &&
			config_namespace(config, shared_namespaces[i].type) == NULL)
			doctor_report(d, VERDICT_WARNING, shared_namespaces[i].check,
				shared_namespaces[i].advice, "shared with the host: %s",
				shared_namespaces[i].consequence);
}

/* Shared by the checks of one bundle. */
struct bundle {
	struct doctor *d;
	struct oci_config *config;
	char *path, *rootfs;
	oci_id_mappings uids, gids; /* the container's */
	bool has_userns;
	int userns; /* a user namespace with the same mapping; -1: none */
	struct mount_context context;
	struct mounts mounts;
};

static bool is_valid(struct bundle *b, const char *file)
{
	static const char label[] = "config.json: ";
	struct error err;
	char *rest = err.text, *line;

	if (config_validate(b->config, "config.json", &err) == 0) {
		doctor_report(b->d, VERDICT_OK, "config.json", NULL, "%s is valid", file);
		return true;
	}
	while ((line = strsep(&rest, "\n")) != NULL)
		doctor_report(b->d, VERDICT_BAD, "config.json", NULL, "%s",
			line + (strncmp(line, label, strlen(label)) == 0 ? strlen(label) : 0));
	return false;
}

/* Checks the namespaces to join, and the mapping of a joined user namespace. */
static void check_joins(struct bundle *b)
{
	const struct oci_linux *linux = b->config->linux;
	struct error err;

	for (size_t i = 0; i < linux->namespaces.n; i++) {
		const struct oci_namespace *ns = &linux->namespaces.v[i];
		const char *pointer =
			arena_printf(&b->d->findings.arena, "/linux/namespaces/%zu", i);
		cleanup_fd int fd = -1;

		if (ns->path == NULL)
			continue;
		fd = namespace_open(ns, i, &err);
		if (fd < 0)
			doctor_report_error(b->d, VERDICT_BAD, pointer, &err);
		else if (ns->type == NAMESPACE_USER && b->uids.n == 0 &&
			userns_read_joined(&b->config->arena, fd, &b->uids, &b->gids, &err) < 0)
			doctor_report_error(b->d, VERDICT_BAD, pointer, &err);
	}
}

/* Checks whether the caller can create this mapping on this host. */
static void check_mapping(struct bundle *b)
{
	bool privileged = userns_has_capability(CAP_SETUID) && userns_has_capability(CAP_SETGID);
	struct error err;

	if (!b->has_userns || b->uids.n == 0)
		return;
	b->userns = userns_make(&b->uids, &b->gids, privileged, &err);
	if (b->userns < 0)
		doctor_report_error(b->d, VERDICT_BAD, "/linux/uidMappings", &err);
	else
		doctor_report(b->d, VERDICT_OK, "/linux/uidMappings", NULL,
			"can be made: root of the container is %" PRId64 " of the host",
			id_mappings_to_host(&b->uids, 0));
}

/* For an overlay, tries the lowest layer. */
static int try_rootfs(
	struct bundle *b, enum idmap_policy policy, const char **tree, struct error *err)
{
	const char *text = config_annotation(b->config, "io.hull.rootfs.layers");
	cleanup_fd int fd = -1;
	struct layers layers;

	*tree = b->rootfs;
	if (text != NULL && layers_parse(&b->config->arena, text, &layers, err) < 0)
		return -1;
	if (text != NULL)
		*tree = layers.lower.v[layers.lower.n - 1];
	fd = openat(b->context.bundle_fd, *tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s", *tree);
	if (b->userns < 0 || !rootfs_wants_idmap(fd, policy, &b->uids, geteuid() == 0))
		return 0;
	return doctor_try(b->userns, fd, *tree, err) < 0 ? -1 : 1;
}

static void check_rootfs(struct bundle *b)
{
	enum idmap_policy policy;
	const char *tree;
	struct error err;
	int mapped;

	if (rootfs_idmap_policy(
		    config_annotation(b->config, "io.hull.rootfs.idmap"), &policy, &err) < 0) {
		doctor_report_error(b->d, VERDICT_BAD, "/annotations", &err);
		return;
	}
	mapped = try_rootfs(b, policy, &tree, &err);
	if (mapped < 0)
		doctor_report(b->d, VERDICT_BAD, "/root/path",
			"move the bundle to another file system, or chown the tree to the "
			"container's IDs",
			"%s", err.text);
	else
		doctor_report(b->d, VERDICT_OK, "/root/path", NULL,
			mapped > 0 ? "%s can be ID-mapped" : "%s isn't ID-mapped", tree);
	if (mapped > 0 && tree == b->rootfs && !b->config->root->readonly &&
		exposure_exists(b->rootfs, &(struct exposure_ids){ &b->uids, &b->gids }))
		doctor_report(b->d, VERDICT_WARNING, "/root/path",
			"close a directory above it (chmod o-x), or mount it with nosuid",
			"other users of the host can reach %s: a set-uid file that the "
			"container's root creates there makes them root on the host",
			tree);
}

static int try_mount(struct bundle *b, const struct oci_mount *mount, struct error *err)
{
	size_t i = b->mounts.n;
	struct mount_plan *plan = &b->mounts.plan[i];
	struct mount_state *state = &b->mounts.state[i];
	struct mounts one = { .plan = plan, .state = state, .n = 1 };
	cleanup_fd int fsfd = -1;

	if (mounts_plan_next(&b->context, mount, &b->mounts, err) < 0)
		return -1;
	if (plan->kind == MOUNT_FILESYSTEM)
		fsfd = fsopen(mount->type, FSOPEN_CLOEXEC);
	if (plan->kind == MOUNT_FILESYSTEM && fsfd < 0 && errno == ENODEV)
		return error_set(err, ENODEV, "%s/type: this kernel has no filesystem \"%s\"",
			plan->pointer, mount->type);
	if (mount_open(&b->context, plan, state, err) < 0)
		return -1;
	return mounts_prepare(&one,
		&(struct mount_preparation){ &b->context, b->userns, MS_SLAVE | MS_REC, true },
		err);
}

/* Explains the options and the propagation of the source's mount. */
static void check_source(struct bundle *b, const struct oci_mount *mount, const char *pointer)
{
	static const char *const flags[] = { "ro", "nosuid", "nodev", "noexec" };
	cleanup_free char *source = path_absolute(b->path, mount->source);
	struct libmnt_fs *fs = doctor_mount_of(b->d, source);
	cleanup_buf struct buf kept = { 0 };
	bool shared = false;

	for (size_t i = 0; i < mount->options.n; i++)
		shared |= strcmp(mount->options.v[i], "rshared") == 0 ||
			strcmp(mount->options.v[i], "shared") == 0;
	if (fs == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (doctor_mount_has(fs, flags[i]))
			buf_printf(&kept, "%s%s", kept.len > 0 ? "," : "", flags[i]);
	if (kept.len > 0 && b->has_userns)
		doctor_report(b->d, VERDICT_OK, pointer, NULL,
			"%s lies on %s: a container with a user namespace keeps %s", mount->source,
			doctor_mount_text(b->d, fs), kept.data);
	if (shared && !doctor_mount_is_shared(fs))
		doctor_report(b->d, VERDICT_WARNING, pointer,
			arena_printf(&b->d->findings.arena, "mount --make-rshared %s",
				mnt_fs_get_target(fs)),
			"%s lies on a mount that isn't shared (%s): mounts made in the "
			"container stay there",
			mount->source, doctor_mount_text(b->d, fs));
}

/* Opens, ID-maps and closes each mount, as the host side of create does. */
static void check_mounts(struct bundle *b)
{
	enum idmap_fallback fallback = b->context.idmap_fallback;
	struct error err;

	mounts_begin(&b->context, b->config->mounts.n, &b->mounts);
	b->context.idmap_fallback = IDMAP_FALLBACK_ERROR;
	for (size_t i = 0; i < b->config->mounts.n; i++) {
		const struct oci_mount *mount = &b->config->mounts.v[i];
		const struct mount_plan *plan = &b->mounts.plan[i];
		const char *source = mount->source != NULL ? mount->source : mount->destination;
		int result = try_mount(b, mount, &err);
		bool mapped = mount->uid_mappings.n > 0 || plan->options.idmap;

		if (result < 0)
			doctor_report_error(b->d,
				mapped && b->mounts.state[i].tree >= 0 &&
						fallback != IDMAP_FALLBACK_ERROR
					? VERDICT_WARNING
					: VERDICT_BAD,
				plan->pointer, &err);
		else if (mapped)
			doctor_report(b->d, VERDICT_OK, plan->pointer, NULL, "%s can be ID-mapped",
				source);
		if (result >= 0 && b->mounts.state[i].tree >= 0 && mount->source != NULL)
			check_source(b, mount, plan->pointer);
	}
	mounts_close(&b->mounts);
}

static void check_hooks(struct bundle *b)
{
	const struct oci_hooks *hooks = b->config->hooks;
	const struct {
		const char *name;
		const oci_hook_list *list;
	} kinds[] = { { "prestart", &hooks->prestart }, { "createRuntime", &hooks->create_runtime },
		{ "createContainer", &hooks->create_container }, { "poststart", &hooks->poststart },
		{ "poststop", &hooks->poststop } };

	for (size_t i = 0; hooks != NULL && i < ARRAY_SIZE(kinds); i++)
		for (size_t j = 0; j < kinds[i].list->n; j++) {
			const char *path = kinds[i].list->v[j].path;

			if (access(path, X_OK) < 0)
				doctor_report(b->d, VERDICT_BAD,
					arena_printf(&b->d->findings.arena, "/hooks/%s/%zu",
						kinds[i].name, j),
					NULL, "%s: %s", path, error_words(errno));
		}
}

static void check_all(struct bundle *b)
{
	const struct oci_linux *linux = b->config->linux;
	struct error err;

	b->has_userns = has_user_namespace(b->config);
	b->uids = linux->uid_mappings;
	b->gids = linux->gid_mappings;
	if (!b->has_userns)
		doctor_report(b->d, VERDICT_WARNING, "/linux/namespaces",
			"hull create --userns=auto, or hostUsers: false in the pod",
			"no user namespace: root of the container is root of the host");
	check_namespaces(b->d, b->config);
	check_joins(b);
	check_mapping(b);
	b->context = (struct mount_context){
		.arena = &b->config->arena,
		.rootfs = b->rootfs,
		.bundle_fd = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.user_namespace = b->has_userns,
		.owns_network = config_namespace(b->config, NAMESPACE_NETWORK) != NULL,
		.owns_ipc = config_namespace(b->config, NAMESPACE_IPC) != NULL,
		.network = -1,
		.ipc = -1,
		.cgroup_namespace = config_namespace(b->config, NAMESPACE_CGROUP) != NULL,
		.uid_mappings = &b->uids,
		.gid_mappings = &b->gids,
	};
	check_rootfs(b);
	if (idmap_fallback_policy(config_annotation(b->config, "io.hull.idmap.fallback"),
		    &b->context.idmap_fallback, &err) < 0)
		doctor_report_error(b->d, VERDICT_BAD, "/annotations", &err);
	if (trees_may_be_opened_here())
		check_mounts(b);
	else
		doctor_report(b->d, VERDICT_WARNING, "/mounts", "run hull doctor as root",
			"can't be tried by this user");
	check_hooks(b);
	fd_close(&b->context.bundle_fd);
	fd_close(&b->userns);
}

/* Chooses a block of IDs that `create` could claim now. */
static int choose_ids(void *context, uint32_t size, struct id_block *block, struct error *err)
{
	struct doctor *d = context;

	return ranges_choose(&d->rt, "doctor", size, block, err);
}

/* Gives a user namespace without mappings those that `create` would choose. */
static int complete(struct doctor *d, struct oci_config *config, struct error *err)
{
	return userns_options_apply(&(struct userns_options){ 0 }, config, choose_ids, d, err);
}

void doctor_check_bundle(struct doctor *d)
{
	cleanup_free char *path = realpath(d->bundle != NULL ? d->bundle : "", NULL),
			  *rootfs = NULL;
	cleanup_free char *file = mem_printf("%s/config.json", path != NULL ? path : "");
	cleanup_config struct oci_config config = { 0 };
	cleanup_buf struct buf text = { 0 };
	struct bundle b = {
		.d = d, .config = &config, .path = path, .userns = -1, .context.bundle_fd = -1
	};
	struct error err;

	if (d->bundle == NULL)
		return;
	if (path == NULL)
		doctor_report(d, VERDICT_BAD, "config.json", NULL, "%s: %s", d->bundle,
			error_words(errno));
	else if (file_read(AT_FDCWD, file, &text, &err) < 0 ||
		config_read(&config, "config.json", text.data, text.len, &err) < 0 ||
		complete(d, &config, &err) < 0)
		doctor_report_error(d, VERDICT_BAD, "config.json", &err);
	else if (is_valid(&b, file)) {
		rootfs = path_absolute(path, config.root->path);
		b.rootfs = rootfs;
		check_all(&b);
	}
}
