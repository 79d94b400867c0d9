/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/layers.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"
#include "linux/idmap.h"

static const char where[] = "/annotations/io.hull.rootfs.layers";

/* One element up to `end`; a backslash takes the meaning from what comes behind it. Returns what follows. */
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
		const char **v = arena_alloc(arena, (layers->lower.n + 1) * sizeof *v);

		if (layers->lower.n > 0)
			memcpy(v, layers->lower.v, layers->lower.n * sizeof *v);
		layers->lower.v = v;
		text = element(arena, text, ':', &v[layers->lower.n++]);
	}
}

static void add_other(struct arena *arena, struct layers *layers, const char *option)
{
	struct string_pair *v = arena_alloc(arena, (layers->others.n + 1) * sizeof *v);
	char *key = arena_strdup(arena, option), *value = strchr(key, '=');

	if (value != NULL)
		*value++ = '\0';
	if (layers->others.n > 0)
		memcpy(v, layers->others.v, layers->others.n * sizeof *v);
	v[layers->others.n++] = (struct string_pair){ key, value };
	layers->others.v = v;
}

/* The backslashes of a list of lower directories stay until it is taken apart. */
int layers_parse(struct arena *arena, const char *text, struct layers *layers, struct error *err)
{
	*layers = (struct layers){0};
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

/* A clone of the mount of one directory, with the mapping. */
static int open_layer(int dirfd, const char *path, int userns_fd, struct error *err)
{
	cleanup_fd int tree = open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "%s: open %s", where, path);
	if (userns_fd >= 0 && idmap_apply(tree, userns_fd, false, where, path, err) < 0)
		return -1;
	return fd_take(&tree);
}

/* A layer can't be given as an O_PATH descriptor before 6.15. */
static int set_fd(int fsfd, const char *key, int dirfd, const char *path, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "%s: open %s", where, path);
	if (fsconfig(fsfd, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	error_errno(err, "%s: give the overlay its %s %s", where, key, path);
	return err != NULL && err->code == EINVAL ? error_hint(err, "this needs Linux 6.13 or newer") : -1;
}

/* The upper layer isn't ID-mapped: the kernel works there as root of the host, who has no id in the mapping (EOVERFLOW), and so
 * what the container writes belongs to its own ids, also on the disk. Its top directory is the container's "/". */
static int set_upper(int fsfd, const struct layers *layers, int bundle_fd, const struct layers_owner *owner, struct error *err)
{
	if (owner != NULL && fchownat(bundle_fd, layers->upper, owner->uid, owner->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "%s: give %s to the container's root", where, layers->upper);
	if (set_fd(fsfd, "upperdir", bundle_fd, layers->upper, err) < 0)
		return -1;
	return set_fd(fsfd, "workdir", bundle_fd, layers->work, err);
}

static int create_failed(int fsfd, struct error *err)
{
	char message[256];
	int errnum = errno;
	ssize_t len = read(fsfd, message, sizeof message - 1);

	error_set(err, errnum, "%s: mount the overlay", where);
	if (len <= 2)
		return -1;
	message[len] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return error_hint(err, "the kernel says: %s", message + 2);
}

/* A detached mount is gone when the descriptor that it came with is closed: trees[] stays open until the overlay has its own
 * clones. */
static int make_overlay(const struct layers *layers, int bundle_fd, int userns_fd, const struct layers_owner *owner, int *trees,
			struct error *err)
{
	cleanup_fd int fsfd = fsopen("overlay", FSOPEN_CLOEXEC);
	int overlay;

	if (fsfd < 0)
		return error_errno(err, "%s: open the filesystem overlay", where);
	for (size_t i = 0; i < layers->lower.n; i++) {
		trees[i] = open_layer(bundle_fd, layers->lower.v[i], userns_fd, err);
		if (trees[i] < 0 || set_fd(fsfd, "lowerdir+", trees[i], ".", err) < 0)
			return -1;
	}
	if (layers->upper != NULL && set_upper(fsfd, layers, bundle_fd, owner, err) < 0)
		return -1;
	for (size_t i = 0; i < layers->others.n; i++) {
		const struct string_pair *option = &layers->others.v[i];

		if (fsconfig(fsfd, option->value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option->key, option->value, 0) < 0)
			return error_errno(err, "%s: option %s", where, option->key);
	}
	if (fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return create_failed(fsfd, err);
	overlay = fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	return overlay < 0 ? create_failed(fsfd, err) : overlay;
}

int layers_mount(const struct layers *layers, int bundle_fd, int userns_fd, const struct layers_owner *owner, struct error *err)
{
	cleanup_free int *trees = mem_alloc(layers->lower.n * sizeof *trees);
	int overlay;

	for (size_t i = 0; i < layers->lower.n; i++)
		trees[i] = -1;
	overlay = make_overlay(layers, bundle_fd, userns_fd, owner, trees, err);
	for (size_t i = 0; i < layers->lower.n; i++)
		fd_close(&trees[i]);
	return overlay;
}
