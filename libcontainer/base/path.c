/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/path.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"

enum {
	SYMLINKS_MAX = 40, /* like the kernel's MAXSYMLINKS */
	RETRIES = 1000,    /* for renames during a lookup; each takes a few microseconds */
	PARENT_MODE = 0755,
};

static int open_in_root(int rootfd, const char *path, int flags, unsigned resolve)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
	int fd;

	/*
	 * EAGAIN: something was renamed while ".." was resolved, so the kernel can't guarantee the
	 * result.
	 */
	for (int i = 0; i < RETRIES; i++) {
		fd = sys_openat2(rootfd, path, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int path_open(int rootfd, const char *path, int flags, struct error *err)
{
	int fd = open_in_root(rootfd, path, flags, 0);

	return fd >= 0 || err == NULL ? fd
				      : error_errno(err, "open %s in the root filesystem", path);
}

int path_open_exact(int rootfd, const char *path, int flags, struct error *err)
{
	int fd = open_in_root(rootfd, path, flags, RESOLVE_NO_SYMLINKS);

	return fd < 0 ? error_errno(err, "open %s in the root filesystem", path) : fd;
}

/* A walk through a tree, one component at a time. */
struct walk {
	int rootfd;
	const char *path;   /* the whole path, for errors */
	int fd;             /* O_PATH fd of the current directory */
	struct buf reached; /* its path in the root, without symlinks and ".." */
	char *rest;         /* remaining path */
	unsigned symlinks;  /* number followed so far */
	mode_t mode;        /* for the last component */
	bool file;          /* the last component is a file */
	bool missing;       /* the caller didn't find the last component */
};

static void walk_end(struct walk *walk)
{
	fd_close(&walk->fd);
	buf_free(&walk->reached);
	mem_free(walk->rest);
}

/*
 * Reopens the directory named by `reached`. It has no symlinks, so the kernel need not follow any;
 * fails if somebody has placed one since.
 */
static int walk_reopen(struct walk *walk)
{
	const char *path = walk->reached.len > 0 ? walk->reached.data : ".";

	fd_close(&walk->fd);
	walk->fd = open_in_root(walk->rootfd, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	return walk->fd < 0 ? -1 : 0;
}

static int walk_up(struct walk *walk)
{
	char *slash = walk->reached.len > 0 ? strrchr(walk->reached.data, '/') : NULL;

	walk->reached.len = slash ? (size_t)(slash - walk->reached.data) : 0;
	if (walk->reached.data != NULL)
		walk->reached.data[walk->reached.len] = '\0';
	return walk_reopen(walk);
}

static void walk_into(struct walk *walk, const char *name, int fd)
{
	fd_close(&walk->fd);
	walk->fd = fd;
	if (walk->reached.len > 0)
		buf_puts(&walk->reached, "/");
	buf_puts(&walk->reached, name);
}

/* Prepends the target of the symlink fd to the remaining path. */
static int walk_symlink(struct walk *walk, int fd)
{
	char target[PATH_MAX], *rest;
	ssize_t len = readlinkat(fd, "", target, sizeof target);

	if (len < 0)
		return -1;
	if (++walk->symlinks > SYMLINKS_MAX || len == sizeof target) {
		errno = ELOOP;
		return -1;
	}
	rest = mem_printf("%.*s/%s", (int)len, target, walk->rest);
	mem_free(walk->rest);
	walk->rest = rest;
	if (len == 0 || target[0] != '/')
		return 0;
	buf_clear(&walk->reached);
	return walk_reopen(walk);
}

/* Creates a directory or an empty file with this mode, whatever the umask. */
static int make(int dirfd, const char *name, mode_t mode, bool file)
{
	mode_t mask = umask(0);
	int result = file ? mknodat(dirfd, name, S_IFREG | mode, 0) : mkdirat(dirfd, name, mode);
	int errnum = errno;

	umask(mask);
	errno = errnum;
	return result;
}

/* A new directory inherits its parent's setgid bit. */
static void drop_setgid(int fd, mode_t mode)
{
	cleanup_fd int directory = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory >= 0)
		fchmod(directory, mode);
}

/*
 * Opens component `name` of the current directory, creating it if missing, without following it.
 * *st: its type.
 */
static int walk_open_component(struct walk *walk, const char *name, bool last, struct stat *st)
{
	mode_t mode = last ? walk->mode : PARENT_MODE;
	bool made = false, look = !(last && walk->missing);

	for (int i = 0; i < RETRIES; i++, look = true) {
		cleanup_fd int fd =
			look ? openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

		if (fd >= 0) {
			if (fstat(fd, st) < 0)
				return -1;
			/*
			 * The requested mode shows that this is the new directory, not a
			 * replacement.
			 */
			if (made && S_ISDIR(st->st_mode) &&
				(st->st_mode & 07777) == (mode | S_ISGID))
				drop_setgid(fd, mode);
			return fd_take(&fd);
		}
		if (look && errno != ENOENT)
			return -1;
		made = make(walk->fd, name, mode, last && walk->file) == 0;
		if (!made && errno != EEXIST)
			return -1;
	}
	errno = EAGAIN; /* somebody removes it as fast as we create it */
	return -1;
}

/* Removes and returns the first remaining component; NULL at the end. */
static char *walk_next_name(struct walk *walk, bool *last)
{
	char *begin = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(begin, "/");
	char *name;

	if (len == 0)
		return NULL;
	name = mem_printf("%.*s", (int)len, begin);
	begin += len;
	*last = begin[strspn(begin, "/")] == '\0';
	memmove(walk->rest, begin, strlen(begin) + 1);
	return name;
}

/*
 * Handles one component. Returns 0 to continue, 1 if the wanted file is open in walk->fd, -1 with
 * errno.
 */
static int walk_step(struct walk *walk, const char *name, bool last)
{
	cleanup_fd int fd = -1;
	struct stat st;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return walk_up(walk);
	fd = walk_open_component(walk, name, last, &st);
	if (fd < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return walk_symlink(walk, fd);
	if (S_ISDIR(st.st_mode)) {
		walk_into(walk, name, fd_take(&fd));
		return 0;
	}
	if (!last || !walk->file) {
		errno = ENOTDIR;
		return -1;
	}
	walk_into(walk, name, fd_take(&fd));
	return 1;
}

/*
 * Walks from the root and creates what is missing. Returns an O_PATH fd of the last component, or
 * -1.
 */
static int walk_all(struct walk *walk, struct error *err)
{
	int result = walk_reopen(walk);

	while (result == 0) {
		bool last = false;
		cleanup_free char *name = walk_next_name(walk, &last);

		if (name == NULL)
			break;
		result = walk_step(walk, name, last);
	}
	if (result == 0 && walk->file) {
		errno = EISDIR;
		result = -1;
	}
	if (result < 0)
		return error_errno(err, "create %s %s in the root filesystem (at /%s)",
			walk->file ? "file" : "directory", walk->path,
			walk->reached.len > 0 ? walk->reached.data : "");
	return fd_take(&walk->fd);
}

/*
 * The usual case: only the last component is missing, or it exists and isn't a symlink. Returns its
 * fd; or -1: use the walk.
 */
static int make_last(int rootfd, const char *path, mode_t mode, bool file)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	cleanup_free char *directory = mem_strdup(path);
	__attribute__((cleanup(walk_end))) struct walk walk = {
		.fd = -1, .mode = mode, .file = file, .missing = true
	};
	cleanup_fd int fd = -1;
	struct stat st;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -1;
	directory[name - path] = '\0';
	walk.fd =
		open_in_root(rootfd, *directory != '\0' ? directory : ".", O_PATH | O_DIRECTORY, 0);
	fd = walk.fd < 0 ? -1 : walk_open_component(&walk, name, true, &st);
	if (fd < 0 || (file ? !S_ISREG(st.st_mode) : !S_ISDIR(st.st_mode)))
		return -1;
	return fd_take(&fd);
}

int path_make_directory(int rootfd, const char *path, mode_t mode, struct error *err)
{
	__attribute__((cleanup(walk_end))) struct walk walk = {
		.rootfd = rootfd, .path = path, .fd = -1, .mode = mode
	};
	int fd = make_last(rootfd, path, mode, false);

	if (fd >= 0)
		return fd;
	fd = open_in_root(rootfd, *path ? path : ".", O_PATH | O_DIRECTORY, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd
			       : error_errno(err, "open directory %s in the root filesystem", path);
	walk.rest = mem_strdup(path);
	return walk_all(&walk, err);
}

int path_make_file(int rootfd, const char *path, mode_t mode, struct error *err)
{
	__attribute__((cleanup(walk_end))) struct walk walk = {
		.rootfd = rootfd, .path = path, .fd = -1, .mode = mode, .file = true
	};
	cleanup_fd int fd = make_last(rootfd, path, mode, true);
	struct stat st;

	if (fd >= 0)
		return fd_take(&fd);
	fd = open_in_root(rootfd, path, O_PATH, 0);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "create file %s in the root filesystem", path);
	if (fd >= 0)
		return fd_take(&fd);
	/* ENOTDIR: perhaps only because of a slash after a file's name */
	if (errno != ENOENT && errno != ENOTDIR)
		return error_errno(err, "open file %s in the root filesystem", path);
	walk.rest = mem_strdup(path);
	return walk_all(&walk, err);
}

int path_open_parent(int rootfd, const char *path, const char **name, struct error *err)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	cleanup_free char *directory = mem_printf("%.*s", (int)(last - path), path);

	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return error_set(err, EINVAL, "%s doesn't name a file", path);
	*name = last;
	return path_make_directory(rootfd, directory, PARENT_MODE, err);
}

_Bool path_is_clean(const char *path)
{
	for (const char *p = path; *p != '\0'; p++) {
		size_t dots;

		if (*p != '/')
			continue;
		dots = p[1] != '.' ? 0 : p[2] != '.' ? 1 : 2;
		if (p[1 + dots] == '/' || (p[1 + dots] == '\0' && (dots > 0 || p > path)))
			return false;
	}
	return path[0] == '/';
}

static bool is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (path[0] != '/')
		return false;
	return strcmp(prefix, "/") == 0 ||
		(strncmp(path, prefix, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}

_Bool path_is_below(const char *path, const char *prefix)
{
	cleanup_free char *clean = path_is_clean(path) ? NULL : path_clean(path),
			  *above = path_is_clean(prefix) ? NULL : path_clean(prefix);

	return is_below(clean != NULL ? clean : path, above != NULL ? above : prefix);
}

char *path_clean(const char *path)
{
	bool absolute = path[0] == '/';
	size_t size = strlen(path) + 2, len = 0,
	       floor = 0; /* ".." removes nothing before this offset */
	char *out;

	if (path_is_clean(path))
		return mem_strdup(path);
	out = mem_alloc(size);
	if (absolute)
		out[len++] = '/';
	floor = len;
	while (*path != '\0') {
		size_t n = strcspn(path, "/");
		bool up = n == 2 && memcmp(path, "..", 2) == 0;

		if (up && len > floor) {
			while (len > floor && out[len - 1] != '/')
				len--;
			len -= len > floor; /* also remove the slash */
		} else if (n > 0 && !(n == 1 && *path == '.') && !(up && absolute)) {
			if (len > 0 && out[len - 1] != '/')
				out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
			floor = up ? len : floor;
		}
		path += n;
		path += *path == '/';
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return out;
}

char *path_absolute(const char *base, const char *name)
{
	return name[0] == '/' ? mem_strdup(name) : mem_printf("%s/%s", base, name);
}
