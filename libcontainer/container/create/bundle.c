/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/bundle.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "container/create/claim.h"
#include "container/create/handover.h"
#include "container/create/namespaces.h"
#include "container/create/self.h"
#include "container/create/userns_options.h"
#include "linux/ids/userns.h"
#include "linux/process/lsm.h"
#include "linux/seccomp/seccomp_cache.h"

/* A bundle is usually where its path says; otherwise procfs knows, which takes 10 us. */
static bool is_as_named(struct setup *c, const char *bundle)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS };

	if (!path_is_clean(bundle))
		return false;
	c->bundle_fd = sys_openat2(AT_FDCWD, bundle, &how);
	c->bundle = bundle;
	return c->bundle_fd >= 0;
}

static int open_bundle(struct setup *c, struct error *err)
{
	const char *bundle = c->options->bundle != NULL ? c->options->bundle : ".";
	char path[PATH_MAX], link[FD_PATH_MAX];
	ssize_t len;

	if (is_as_named(c, bundle))
		return 0;
	c->bundle_fd = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->bundle_fd < 0)
		return error_errno(err, "open the bundle %s", bundle);
	len = readlink(fd_path(link, c->bundle_fd), path, sizeof path - 1);
	if (len < 0 || path[0] != '/')
		return error_errno(err, "find the path of the bundle %s", bundle);
	c->bundle = arena_strndup(&c->arena, path, (size_t)len);
	return 0;
}

/* Reads the text without the rules of a seccomp profile whose filter is kept; false: there is none.
 */
static bool read_known_config(struct setup *c)
{
	struct json_known known;

	if (!seccomp_cache_find(&c->config_text, &known, &c->seccomp, &c->seccomp_flags))
		return false;
	if (config_read_around(&c->config, c->config_text.data, c->config_text.len, &known) == 0 &&
		payload_seccomp_is_profile(&c->config))
		return true;
	config_free(&c->config);
	buf_clear(&c->seccomp);
	return false;
}

static int read_config(struct setup *c, struct error *err)
{
	const char *file = c->options->config;

	if (file != NULL ? file_read(AT_FDCWD, file, &c->config_text, err) < 0
			 : file_read(c->bundle_fd, "config.json", &c->config_text, err) < 0) {
		if (err == NULL || err->code != ENOENT || file != NULL)
			return -1;
		error_set(err, ENOENT, "the bundle %s has no config.json: open %s/config.json",
			c->bundle, c->bundle);
		return error_hint(err, "`hull spec` writes one; --bundle names another directory");
	}
	return read_known_config(c) ? 0
				    : config_read(&c->config, "config.json", c->config_text.data,
					      c->config_text.len, err);
}

/* Writes the configuration anew, with the rules of the profile, which may not have been read. */
static int encode_config(struct setup *c, struct error *err)
{
	struct oci_seccomp *seccomp = c->config.linux->seccomp;
	cleanup_config struct oci_config whole = { 0 };

	if (c->seccomp.len > 0) {
		if (config_read(&whole, "config.json", c->config_text.data, c->config_text.len,
			    err) < 0)
			return -1;
		whole.linux->seccomp->listener_path = seccomp->listener_path;
		c->config.linux->seccomp = whole.linux->seccomp;
	}
	buf_clear(&c->config_text);
	config_encode(&c->config_text, &c->config);
	c->config.linux->seccomp = seccomp;
	return 0;
}

static bool take_seccomp_receiver(struct setup *c)
{
	struct oci_seccomp *seccomp = c->config.linux->seccomp;

	if (c->options->seccomp_receiver == NULL || seccomp == NULL ||
		seccomp->listener_path != NULL)
		return false;
	seccomp->listener_path = c->options->seccomp_receiver;
	return true;
}

/*
 * Applies the command line's user namespace options and the seccomp agent from the environment to
 * the configuration, and so to the copy in the state directory.
 */
static int complete_config(struct setup *c, struct error *err)
{
	int changed =
		userns_options_apply(&c->options->userns, &c->config, setup_claim_ids, c, err);

	if (changed >= 0 && take_seccomp_receiver(c))
		changed = 1;
	if (changed > 0 && encode_config(c, err) < 0)
		return -1;
	return changed < 0 ? -1 : config_validate(&c->config, "config.json", err);
}

static int check_terminal(const struct setup *c, struct error *err)
{
	bool terminal = c->config.process != NULL && c->config.process->terminal;

	return handover_check_terminal(terminal, c->detached, c->options->console_socket, err);
}

static bool mounts_on_host(const struct setup *c)
{
	return config_namespace(&c->config, NAMESPACE_MOUNT) == NULL &&
		config_namespace(&c->config, NAMESPACE_USER) == NULL && strcmp(c->rootfs, "/") != 0;
}

static int check_labels(const struct setup *c, struct error *err)
{
	const struct oci_process *process = c->config.process;

	return process == NULL ? 0
			       : lsm_check(process->apparmor_profile, process->selinux_label, err);
}

static void find_rootfs(struct setup *c)
{
	cleanup_free char *absolute = path_absolute(c->bundle, c->config.root->path);
	cleanup_free char *clean = path_clean(absolute);

	c->rootfs = arena_strdup(&c->arena, clean);
	c->mounts_on_host = mounts_on_host(c);
}

/* A pipe can be read only once, so hull can't begin again after it was read. */
static int protect_from_pipe(struct setup *c, struct error *err)
{
	const char *file = c->options->config;
	struct stat st;

	return file == NULL || stat(file, &st) < 0 || S_ISREG(st.st_mode)
		? 0
		: self_protect(c->rt->argv, err);
}

int setup_read(struct setup *c, struct error *err)
{
	unsigned handed_over = c->options->listen_fds + c->options->preserve_fds;

	if (state_check_id(c->options->id, err) < 0 || handover_check_fds(handed_over, err) < 0 ||
		open_bundle(c, err) < 0 || protect_from_pipe(c, err) < 0)
		return -1;
	return read_config(c, err);
}

int setup_complete(struct setup *c, struct error *err)
{
	enum rootless rootless = c->rt->rootless;

	if (complete_config(c, err) < 0 || check_terminal(c, err) < 0 || check_labels(c, err) < 0)
		return -1;
	find_rootfs(c);
	if (setup_check_mount_namespace(c, err) < 0 ||
		(c->config.hooks != NULL &&
			hook_place_open(&c->hook_place, &c->config, c->bundle_fd, err) < 0))
		return -1;
	c->rootless = rootless == ROOTLESS_AUTO ? geteuid() != 0 || !userns_is_initial()
						: rootless == ROOTLESS_TRUE;
	c->privileged = userns_has_capability(CAP_SETUID) && userns_has_capability(CAP_SETGID);
	return rootfs_idmap_policy(
		config_annotation(&c->config, "io.hull.rootfs.idmap"), &c->idmap_policy, err);
}
