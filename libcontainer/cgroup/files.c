/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small reads and writes in cgroup directories, relative to the directory's fd; and walks through a
 * cgroup's sub-cgroups. The container may have created those, so a walk needs only a few
 * descriptors, however deep they are.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/internal.h"

ssize_t cgroup_read(int dirfd, const char *file, char *text, size_t size)
{
	cleanup_fd int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	while ((got = read(fd, text + len, size - 1 - len)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		len += (size_t)got;
	}
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = 0;
	return (ssize_t)len;
}

int cgroup_write(int dirfd, const char *file, const char *text)
{
	cleanup_fd int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t put;

	if (fd < 0)
		return -1;
	do
		put = write(fd, text, strlen(text));
	while (put < 0 && errno == EINTR);
	return put < 0 ? -1 : 0;
}

const char *cgroup_next_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return end && end[1] ? end + 1 : NULL;
}

bool cgroup_key(const char *text, const char *key, uint64_t *value)
{
	size_t len = strlen(key);

	while (text && *text) {
		if (strncmp(text, key, len) == 0 && text[len] == ' ') {
			*value = strtoull(text + len + 1, NULL, 10);
			return true;
		}
		text = cgroup_next_line(text);
	}
	return false;
}

bool cgroup_word(const char *list, char separator, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; len && (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == separator) && (at[len] == separator || at[len] == 0))
			return true;
	return false;
}

/*
 * Lists the directories in a directory. Not with readdir(3): a cgroup's name may be nearly as long
 * as a path, and musl's readdir() stops at a name that doesn't fit into its 2 kB buffer.
 */
struct listing {
	int fd; /* a descriptor of its own, so that the caller's position doesn't change */
	size_t at, len;
	alignas(uint64_t) char entries[2 * PATH_MAX];
};

struct entry { /* struct linux_dirent64 of getdents64(2) */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static struct listing *listing_open(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct listing *listing;

	if (fd < 0)
		return NULL;
	listing = mem_alloc(sizeof *listing);
	listing->fd = fd;
	listing->at = listing->len = 0;
	return listing;
}

static void listing_close(struct listing **listing)
{
	if (*listing)
		close((*listing)->fd);
	mem_free(*listing);
}

static bool fill(struct listing *listing)
{
	long n = syscall(SYS_getdents64, listing->fd, listing->entries, sizeof listing->entries);

	listing->at = 0;
	listing->len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* Returns the name of the next directory, valid until the next call; NULL at the end. */
static const char *next_directory(struct listing *listing)
{
	while (listing->at < listing->len || fill(listing)) {
		const struct entry *entry = (const void *)(listing->entries + listing->at);

		listing->at += entry->length;
		if (entry->type == DT_DIR && strcmp(entry->name, ".") != 0 &&
			strcmp(entry->name, "..") != 0)
			return entry->name;
	}
	return NULL;
}

/* A cgroup without sub-cgroups has 2 links. Returns 1, 0, or -1 with errno. */
static int has_subdirectories(int dirfd)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 ? -1 : st.st_nlink > 2;
}

/*
 * A walk: current directory and what remains. Uses two descriptors, however deep or wide the tree
 * is.
 */
struct walk {
	int (*each)(void *context, int dirfd, const char *path);
	void *context;
	int here;
	struct buf path;    /* path of `here`, a slash before each name */
	struct buf waiting; /* sub-cgroups to descend into, likewise; a lone slash starts a level */
};

/* Visits the sub-cgroups of `here`. */
static int walk_level(struct walk *w)
{
	__attribute__((cleanup(listing_close))) struct listing *listing = listing_open(w->here);
	const char *name;
	int result = 0;

	while (result == 0 && listing && (name = next_directory(listing))) {
		cleanup_free char *below = NULL;
		cleanup_fd int fd = -1;

		fd = openat(w->here, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue; /* removed meanwhile */
		below = mem_printf("%s/%s", w->path.len ? w->path.data : "", name);
		result = w->each(w->context, fd, below + 1);
		if (result == 0 && has_subdirectories(fd) > 0)
			buf_printf(&w->waiting, "/%s", name);
	}
	return result;
}

/* Removes and returns the last name. */
static char *take_name(struct buf *names)
{
	char *slash = memrchr(names->data, '/', names->len), *name = mem_strdup(slash + 1);

	names->len = (size_t)(slash - names->data);
	*slash = 0;
	return name;
}

/* Descends into the sub-cgroup noted last; ascends when a level has none left. */
static int walk_on(struct walk *w)
{
	cleanup_free char *name = take_name(&w->waiting);
	int next =
		openat(w->here, *name ? name : "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return *name ? 0 : -1; /* removed meanwhile */
	fd_close(&w->here);
	w->here = next;
	if (!*name) {
		mem_free(take_name(&w->path));
		return 0;
	}
	buf_printf(&w->path, "/%s", name);
	buf_puts(&w->waiting, "/");
	return walk_level(w);
}

int cgroup_walk(int dirfd, int (*each)(void *context, int dirfd, const char *path), void *context)
{
	struct walk w = { each, context, -1, { 0 }, { 0 } };
	int result = each(context, dirfd, "");

	if (result || has_subdirectories(dirfd) < 1)
		return result;
	w.here = openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	result = w.here < 0 ? -1 : walk_level(&w);
	while (result == 0 && w.waiting.len)
		result = walk_on(&w);
	fd_close(&w.here);
	buf_free(&w.path);
	buf_free(&w.waiting);
	return result;
}

static long long microseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/*
 * The kernel reports changes of a file at most every 10 ms. To notice a second change earlier, also
 * read the file at doubling intervals.
 */
int cgroup_wait_event(int dirfd, const char *key, uint64_t value, int milliseconds)
{
	cleanup_fd int fd = openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	long long end = microseconds_now() + milliseconds * 1000LL, step = 50;

	for (; fd >= 0; step *= 2) {
		char text[256];
		ssize_t len = pread(fd, text, sizeof text - 1, 0);
		uint64_t now = 0;
		long long left = end - microseconds_now(), wait = step < left ? step : left;

		if (len < 0) {
			if (errno == ENODEV)
				errno = ENOENT;
			return -1;
		}
		text[len] = 0;
		if (cgroup_key(text, key, &now) && now == value)
			return 0;
		if (left <= 0) {
			errno = ETIME;
			return -1;
		}
		ppoll(&(struct pollfd){ .fd = fd, .events = POLLPRI }, 1,
			&(struct timespec){ wait / 1000000, wait % 1000000 * 1000 }, NULL);
	}
	return -1;
}

/*
 * Removes sub-cgroups of dirfd that have none themselves. *below: one that has, for the caller to
 * descend into. Returns 1 if there is one, 0 if all were removed, -1 with errno if one can't be. (A
 * cgroup's name may exceed NAME_MAX.)
 */
static int remove_leaves(int dirfd, int *below)
{
	__attribute__((cleanup(listing_close))) struct listing *listing = listing_open(dirfd);
	const char *name;

	if (!listing)
		return -1;
	while ((name = next_directory(listing))) {
		cleanup_fd int fd = -1;

		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -1;
		fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (has_subdirectories(fd) < 1) {
			errno = EBUSY;
			return -1;
		}
		*below = fd_take(&fd);
		return 1;
	}
	return 0;
}

int cgroup_remove_below(int dirfd)
{
	cleanup_fd int here = openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned depth = 0;

	/*
	 * Descend into the first that has sub-cgroups, ascend by "..": any depth with two
	 * descriptors.
	 */
	while (here >= 0) {
		int next = -1,
		    more = has_subdirectories(here) == 0 ? 0 : remove_leaves(here, &next);

		if (more < 0)
			return -1;
		if (!more && depth == 0)
			return 0;
		if (!more)
			next = openat(here, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		depth += more ? 1 : -1;
		fd_close(&here);
		here = next;
	}
	return -1;
}
