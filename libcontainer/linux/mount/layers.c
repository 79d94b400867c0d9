/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/layers.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "linux/mount/idmap.h"
#include "linux/mount/stage.h"
#include "linux/process/lsm.h"
#include "spec/mount_options.h"

static const char where[] = "/annotations/io.hull.rootfs.layers";

/* Reads one element up to `end`; a backslash escapes the next character. Returns the rest. */
static const char *element(struct arena *arena, const char *text, char end, const char **out)
{
	char *to = arena_strdup(arena, text);

	*out = to;
	for (; *text != '\0' && *text != end; *to++ = *text++)
		text += text[0] == '\\' && text[1] != '\0';
	*to = '\0';
	return *text == '\0' ? text : text + 1;
}

static void add_lower(struct arena *arena, struct layers *layers, const char *text)
{
	while (*text != '\0') {
		text = element(arena, text, ':', LIST_ADD(arena, &layers->lower));
	}
}

static void add_other(struct arena *arena, struct layers *layers, const char *option)
{
	char *key = arena_strdup(arena, option), *value = strchr(key, '=');

	if (value != NULL)
		*value++ = '\0';
	*LIST_ADD(arena, &layers->others) = (struct string_pair){ key, value };
}

static const char *label_of(const struct layers *layers)
{
	for (size_t i = 0; i < layers->others.n; i++)
		if (mount_option_is_label(layers->others.v[i].key))
			return layers->others.v[i].value;
	return NULL;
}

/* Keeps backslashes in the list of lower directories until the list is split. */
int layers_parse(struct arena *arena, const char *text, struct layers *layers, struct error *err)
{
	*layers = (struct layers){ 0 };
	while (*text != '\0') {
		const char *option;

		if (strncmp(text, "lowerdir=", 9) == 0) {
			size_t len = 9;

			while (text[len] != '\0' && text[len] != ',')
				len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
			add_lower(arena, layers, arena_strndup(arena, text + 9, len - 9));
			text += len + (text[len] == ',');
			continue;
		}
		text = element(arena, text, ',', &option);
		if (strncmp(option, "upperdir=", 9) == 0)
			layers->upper = option + 9;
		else if (strncmp(option, "workdir=", 8) == 0)
			layers->work = option + 8;
		else if (option[0] != '\0')
			add_other(arena, layers, option);
	}
	if (layers->lower.n == 0)
		return error_set(err, 0, "%s: no lowerdir=", where);
	if ((layers->upper == NULL) != (layers->work == NULL))
		return error_set(err, 0, "%s: upperdir= and workdir= go together", where);
	return 0;
}

void layers_label(struct arena *arena, struct layers *layers, const char *label)
{
	if (label == NULL || label_of(layers) != NULL)
		return;
	*LIST_ADD(arena, &layers->others) = (struct string_pair){ "context", label };
}

/* ---- mounting ---- */

/*
 * Both ways of passing layers use this: each layer as a detached tree, those of the image with the
 * mapping.
 */
struct stack {
	const struct layers *layers;
	int bundle_fd;
	int *trees;
};

/* Clones the mount of one directory and ID-maps it. */
static int open_layer(int dirfd, const char *path, int userns_fd, struct error *err)
{
	cleanup_fd int tree = open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "%s: open %s", where, path);
	if (userns_fd >= 0 && idmap_apply(tree, userns_fd, false, where, path, err) < 0)
		return -1;
	return fd_take(&tree);
}

/* Reports the filesystem context's log messages and errno. */
static int mount_failed(int fsfd, const char *what, const char *detail, struct error *err)
{
	char message[256];
	int errnum = errno;
	ssize_t len = read(fsfd, message, sizeof message - 1);

	error_set(err, errnum, "%s: %s%s", where, what, detail);
	if (len > 2) {
		message[len] = '\0';
		message[strcspn(message, "\n")] = '\0';
		error_hint(err, "the kernel says: %s", message + 2);
	}
	errno = errnum;
	return -1;
}

/* Before 6.15 a layer can't be an O_PATH descriptor. */
static int set_fd(int fsfd, const char *key, int dirfd, const char *path, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "%s: open %s", where, path);
	return fsconfig(fsfd, FSCONFIG_SET_FD, key, NULL, fd) == 0
		? 0
		: mount_failed(fsfd, "give the overlay its layer ", path, err);
}

static int set_string(int fsfd, const char *key, const char *value, struct error *err)
{
	return fsconfig(fsfd, FSCONFIG_SET_STRING, key, value, 0) == 0
		? 0
		: mount_failed(fsfd, "option ", key, err);
}

static int option_failed(int fsfd, const struct string_pair *option, struct error *err)
{
	int errnum = errno;

	mount_failed(fsfd, "option ", option->key, err);
	if (mount_option_is_label(option->key))
		lsm_selinux_mount_hint(option->value, err);
	errno = errnum;
	return -1;
}

static int create_failed(int fsfd, const struct layers *layers, struct error *err)
{
	int errnum = errno;

	mount_failed(fsfd, "mount the overlay", "", err);
	lsm_selinux_mount_hint(label_of(layers), err);
	errno = errnum;
	return -1;
}

static int make_overlay(int fsfd, const struct layers *layers, struct error *err)
{
	int overlay;

	for (size_t i = 0; i < layers->others.n; i++) {
		const struct string_pair *option = &layers->others.v[i];

		if (fsconfig(fsfd, option->value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			    option->key, option->value, 0) < 0)
			return option_failed(fsfd, option, err);
	}
	if (fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return create_failed(fsfd, layers, err);
	overlay = fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	return overlay < 0 ? mount_failed(fsfd, "mount the overlay", "", err) : overlay;
}

static int mount_by_descriptors(const struct stack *stack, struct error *err)
{
	const struct layers *layers = stack->layers;
	cleanup_fd int fsfd = fsopen("overlay", FSOPEN_CLOEXEC);

	if (fsfd < 0)
		return error_errno(err, "%s: open the filesystem overlay", where);
	for (size_t i = 0; i < layers->lower.n; i++)
		if (set_fd(fsfd, "lowerdir+", stack->trees[i], ".", err) < 0)
			return -1;
	if (layers->upper != NULL &&
		(set_fd(fsfd, "upperdir", stack->bundle_fd, layers->upper, err) < 0 ||
			set_fd(fsfd, "workdir", stack->bundle_fd, layers->work, err) < 0))
		return -1;
	return make_overlay(fsfd, layers, err);
}

/* ---- before 6.15: by path ---- */

/*
 * The upper directories are passed by path, because both must be on one mount. The path is a
 * symlink, so that the directory's own path may have any length and any characters.
 */
static int link_upper(
	const struct stack *stack, const char *path, const char *name, struct error *err)
{
	char bundle[PATH_MAX], link[FD_PATH_MAX];
	ssize_t len = readlink(fd_path(link, stack->bundle_fd), bundle, sizeof bundle - 1);
	cleanup_free char *absolute = NULL;

	bundle[len > 0 ? len : 0] = '\0';
	absolute = path_absolute(bundle, path);
	return symlink(absolute, name) == 0 ? 0 : error_errno(err, "%s: %s", where, path);
}

/* Used if there are more layers than fsconfig(2) takes. */
static int mount_by_data(const struct layers *layers, const char *lower, struct error *err)
{
	cleanup_buf struct buf data = { 0 };
	int overlay;

	buf_printf(&data, "lowerdir=%s%s", lower,
		layers->upper != NULL ? ",upperdir=upper,workdir=work" : "");
	for (size_t i = 0; i < layers->others.n; i++) {
		const struct string_pair *option = &layers->others.v[i];

		const char *quote =
			option->value != NULL && strchr(option->value, ',') != NULL ? "\"" : "";

		buf_printf(&data, ",%s%s%s%s%s", option->key, option->value != NULL ? "=" : "",
			quote, option->value != NULL ? option->value : "", quote);
	}
	overlay = stage_mount("overlay", "overlay", 0, data.data);
	return overlay < 0
		? error_errno(err, "%s: mount the overlay of %zu layers", where, layers->lower.n)
		: overlay;
}

static int mount_by_paths(const struct stack *stack, struct error *err)
{
	const struct layers *layers = stack->layers;
	cleanup_fd int fsfd = fsopen("overlay", FSOPEN_CLOEXEC);
	cleanup_buf struct buf lower = { 0 };

	if (fsfd < 0)
		return error_errno(err, "%s: open the filesystem overlay", where);
	if (stage_enter(err) < 0)
		return error_prefix(err, "%s", where);
	for (size_t i = 0; i < layers->lower.n; i++) {
		char name[24];

		snprintf(name, sizeof name, "%zu", i);
		buf_printf(&lower, "%s%s", i > 0 ? ":" : "", name);
		if (mkdir(name, 0700) < 0 ||
			move_mount(stack->trees[i], "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) <
				0)
			return error_errno(
				err, "%s: put %s in its place", where, layers->lower.v[i]);
	}
	if (layers->upper != NULL &&
		(link_upper(stack, layers->upper, "upper", err) < 0 ||
			link_upper(stack, layers->work, "work", err) < 0))
		return -1;
	if (lower.len >= FSCONFIG_VALUE_ROOM)
		return mount_by_data(layers, lower.data, err);
	if (set_string(fsfd, "lowerdir", lower.data, err) < 0 ||
		(layers->upper != NULL &&
			(set_string(fsfd, "upperdir", "upper", err) < 0 ||
				set_string(fsfd, "workdir", "work", err) < 0)))
		return -1;
	return make_overlay(fsfd, layers, err);
}

static int mount_apart(void *context, int giver, struct error *err)
{
	cleanup_fd int overlay = mount_by_paths(context, err);

	return overlay < 0 ? -1 : process_give(giver, overlay, err);
}

/* Mounts in another mount namespace. The overlay remains when that namespace ends. */
static int mount_elsewhere(struct stack *stack, struct error *err)
{
	int overlay;

	return process_apart(0, mount_apart, stack, &overlay, 1, err) < 0 ? -1 : overlay;
}

/*
 * The upper layer isn't ID-mapped: the kernel accesses it as host root, who has no ID in the
 * mapping (EOVERFLOW). So files that the container writes have its host IDs on disk, too. Its top
 * directory is the container's "/", so that changes owner. A detached mount disappears when its
 * descriptor is closed: keep trees[] open until the overlay has cloned them.
 */
static int mount_stack(
	struct stack *stack, int userns_fd, const struct layers_owner *owner, struct error *err)
{
	const struct layers *layers = stack->layers;
	int overlay;

	for (size_t i = 0; i < layers->lower.n; i++)
		if ((stack->trees[i] = open_layer(
			     stack->bundle_fd, layers->lower.v[i], userns_fd, err)) < 0)
			return -1;
	if (owner != NULL && layers->upper != NULL &&
		fchownat(stack->bundle_fd, layers->upper, owner->uid, owner->gid,
			AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(
			err, "%s: give %s to the container's root", where, layers->upper);
	overlay = mount_by_descriptors(stack, err);
	/*
	 * Linux 6.15 accepts descriptors of detached mounts; earlier kernels return EINVAL, those
	 * before 6.5 EOPNOTSUPP.
	 */
	return overlay < 0 && (errno == EINVAL || errno == EOPNOTSUPP) ? mount_elsewhere(stack, err)
								       : overlay;
}

int layers_mount(const struct layers *layers, int bundle_fd, int userns_fd,
	const struct layers_owner *owner, struct error *err)
{
	cleanup_free int *trees = mem_alloc(layers->lower.n * sizeof *trees);
	int overlay;

	for (size_t i = 0; i < layers->lower.n; i++)
		trees[i] = -1;
	overlay = mount_stack(&(struct stack){ layers, bundle_fd, trees }, userns_fd, owner, err);
	for (size_t i = 0; i < layers->lower.n; i++)
		fd_close(&trees[i]);
	return overlay;
}
