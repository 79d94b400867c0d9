/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `hull doctor --bundle`: what of one configuration this host can't do, before it is run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "container/doctor_checks.h"
#include "linux/rootfs.h"
#include "linux/userns.h"
#include "spec/mount_options.h"

/* Namespaces that a pod shares with the host, and what that means together with a user namespace. */
static const struct shared {
	enum namespace_type type;
	const char *check, *consequence;
} shared_namespaces[] = {
	{ NAMESPACE_NETWORK, "hostNetwork", "the user namespace doesn't own the network: no sysfs of its own (the host's /sys is bound read-only), no "
					    "ports below 1024, no CAP_NET_ADMIN" },
	{ NAMESPACE_PID, "hostPID", "the processes of the host are seen, and a procfs of its own can't be mounted" },
	{ NAMESPACE_IPC, "hostIPC", "the user namespace doesn't own the IPC namespace: no mqueue of its own (the host's is bound)" },
};

static bool has_user_namespace(const struct config *config)
{
	return config_namespace(config, NAMESPACE_USER) != NULL;
}

static void check_namespaces(struct doctor *d, const struct config *config)
{
	for (size_t i = 0; i < sizeof shared_namespaces / sizeof *shared_namespaces; i++)
		if (has_user_namespace(config) && config_namespace(config, shared_namespaces[i].type) == NULL)
			doctor_report(d, VERDICT_WARNING, shared_namespaces[i].check,
				      "Kubernetes refuses it together with hostUsers: false", "shared with the host: %s",
				      shared_namespaces[i].consequence);
}

static void check_rootfs(struct doctor *d, const struct config *config, const char *rootfs)
{
	const id_mappings *uids = &config->linux->uid_mappings;
	enum idmap_policy policy;
	struct error err;
	struct stat st;

	if (stat(rootfs, &st) < 0) {
		doctor_report(d, VERDICT_BAD, "/root/path", NULL, "%s: %s", rootfs, error_words(errno));
		return;
	}
	if (rootfs_idmap_policy(config_annotation(config, "io.hull.rootfs.idmap"), &policy, &err) < 0) {
		doctor_report(d, VERDICT_BAD, "/annotations", NULL, "%s", err.text);
		return;
	}
	if (!has_user_namespace(config) || policy == IDMAP_NEVER ||
	    (policy == IDMAP_AUTO && (uids->n == 0 || mapping_to_container(uids, st.st_uid) >= 0)))
		doctor_report(d, VERDICT_OK, "/root/path", NULL, "%s isn't ID-mapped", rootfs);
	else if (d->userns >= 0 && doctor_try(d, rootfs, &err) < 0)
		doctor_report(d, VERDICT_BAD, "/root/path", "another place for the bundle, or chown the tree to the container's IDs", "%s", err.text);
	else
		doctor_report(d, VERDICT_OK, "/root/path", NULL, "%s can be ID-mapped", rootfs);
}

static void check_mount(struct doctor *d, const struct mount *mount, size_t i, const char *bundle)
{
	struct arena *arena = &d->findings->arena;
	const char *pointer = arena_printf(arena, "/mounts/%zu", i);
	cleanup_free char *source = NULL;
	struct mount_options options;
	struct error err;

	if (mount_options_parse(arena, pointer, mount, &options, &err) < 0) {
		doctor_report(d, VERDICT_BAD, pointer, NULL, "%s", err.text);
		return;
	}
	if (!options.bind || mount->source == NULL)
		return;
	source = path_absolute(bundle, mount->source);
	if (access(source, F_OK) < 0)
		doctor_report(d, VERDICT_BAD, pointer, NULL, "%s: %s", source, error_words(errno));
	else if ((mount->uid_mappings.n > 0 || options.idmap) && d->userns >= 0 && doctor_try(d, source, &err) < 0)
		doctor_report(d, VERDICT_BAD, pointer, "the annotation io.hull.idmap.fallback=plain mounts it without a mapping", "%s", err.text);
	else if (mount->uid_mappings.n > 0 || options.idmap)
		doctor_report(d, VERDICT_OK, pointer, NULL, "%s can be ID-mapped", source);
}

void doctor_check_bundle(struct doctor *d)
{
	cleanup_free char *bundle = realpath(d->options->bundle, NULL), *rootfs = NULL;
	cleanup_free char *file = mem_printf("%s/config.json", bundle != NULL ? bundle : d->options->bundle);
	cleanup_config struct config config = {0};
	cleanup_buf struct buf text = {0};
	struct error err;

	if (bundle == NULL || file_read(AT_FDCWD, file, &text, &err) < 0 || config_decode(&config, "config.json", text.data, text.len, &err) < 0) {
		doctor_report(d, VERDICT_BAD, "config.json", NULL, "%s", bundle == NULL ? error_words(errno) : err.text);
		return;
	}
	doctor_report(d, VERDICT_OK, "config.json", NULL, "%s is valid", file);
	if (!has_user_namespace(&config))
		doctor_report(d, VERDICT_WARNING, "/linux/namespaces", "hull create --userns=auto, or hostUsers: false in the pod",
			      "no user namespace: root of the container is root of the host");
	check_namespaces(d, &config);
	rootfs = path_absolute(bundle, config.root->path);
	check_rootfs(d, &config, rootfs);
	for (size_t i = 0; i < config.mounts.n; i++)
		check_mount(d, &config.mounts.v[i], i, bundle);
}
