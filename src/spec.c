/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull spec
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "command.h"
#include "common_options.h"

struct spec_options {
	const char *bundle, *file;
	bool rootless;
	struct userns_options userns;
};

static int write_config(const char *path, const struct buf *text, struct error *err)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return error_set(err, 0, "File %s exists. Remove it first", path);
	if (fd < 0)
		return error_errno(err, "%s", path);
	if (fd_write_all(fd, text->data, text->len) < 0) {
		error_errno(err, "write %s", path);
		unlink(path);
		return -1;
	}
	return 0;
}

static int spec(const struct call *call, struct error *err)
{
	const struct spec_options *o = call->options;
	cleanup_buf struct buf out = { 0 };
	cleanup_free char *path =
		o->bundle ? path_absolute(o->bundle, o->file) : mem_strdup(o->file);
	cleanup_free char *directory = realpath(o->bundle ? o->bundle : ".", NULL);

	if (container_spec(
		    call->rt, directory ? directory : path, o->rootless, &o->userns, &out, err) < 0)
		return -1;
	return write_config(path, &out, err);
}

/* `--userns` alone means auto. */
static int read_userns(const struct option *option, const char *text, void *target,
	struct arena *arena, struct error *err)
{
	return option_string(option, strcmp(text, "true") == 0 ? "auto" : text, target, arena, err);
}

static const struct option options[] = {
	{ OPTION_BUNDLE(struct spec_options, ) },
	{ "file", 'f', "FILE", "file to write, relative to the bundle", option_string,
		offsetof(struct spec_options, file), "config.json" },
	{ OPTION_GIDMAP(struct spec_options, ) },
	{ OPTION_IDMAP_ROOTFS(struct spec_options, ) },
	{ "rootless", 0, NULL, "for users other than root: with a user namespace, without a cgroup",
		option_bool, offsetof(struct spec_options, rootless) },
	{ OPTION_UIDMAP(struct spec_options, ) },
	{ "userns", 0, NULL, "with a user namespace; --userns=MODE as for `hull create`",
		read_userns, offsetof(struct spec_options, userns.mode) },
	{ OPTION_END },
};

const struct command spec_command = {
	.name = "spec",
	.summary = "write a default config.json",
	.arguments = "",
	.description = "Writes config.json for a container that runs sh from the directory rootfs "
		       "beside it. It is an\n"
		       "error if config.json already exists.",
	.example = "  mkdir -p web/rootfs && hull spec --bundle web",
	.options = options,
	.options_size = sizeof(struct spec_options),
	.run = spec,
};
