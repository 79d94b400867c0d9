/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates and removes the directories of a cgroup.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/internal.h"

/* Creates path below dirfd and its missing parents. On failure, removes what it created. */
static int make_parents(int dirfd, const char *path, uint32_t *made)
{
	cleanup_free char *part = mem_strdup(path);
	int errnum;

	*made = 0;
	for (char *slash = part;; slash++) {
		slash = strchrnul(slash, '/');
		bool last = *slash == 0;

		*slash = 0;
		if (mkdirat(dirfd, part, 0755) == 0)
			++*made;
		else if (errno != EEXIST || last)
			break;
		if (last)
			return 0;
		*slash = '/';
	}
	for (errnum = errno; *made; --*made) {
		*strrchr(part, '/') = 0;
		unlinkat(dirfd, part, AT_REMOVEDIR);
	}
	errno = errnum;
	return -1;
}

int cgroup_make(struct cgroup *cgroup, struct cgroup_hierarchy *hierarchy, const char *path,
	struct error *err)
{
	cleanup_fd int mount = fd_take(&hierarchy->fd);
	int result = mkdirat(mount, path, 0755);

	hierarchy->directory = arena_printf(cgroup->arena, "%s/%s", hierarchy->mount, path);
	hierarchy->made = result == 0;
	/* the removal of another container may delete a parent between two steps */
	for (int i = 0; i < 10 && result < 0 && errno == ENOENT; i++)
		result = make_parents(mount, path, &hierarchy->made);
	if (result == 0 || errno == EEXIST)
		hierarchy->fd = openat(mount, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (hierarchy->fd >= 0)
		return 0;
	error_errno(err, "cgroup %s: make", hierarchy->directory);
	return cgroup_explain_make(hierarchy, hierarchy->directory, err);
}

void cgroup_unmake(const char *directory, unsigned made)
{
	cleanup_free char *part = mem_strdup(directory);

	while (made-- && unlinkat(AT_FDCWD, part, AT_REMOVEDIR) == 0)
		*strrchr(part, '/') = 0;
}
