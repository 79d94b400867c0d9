/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/ids/user.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/passwd.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"

enum { GROUPS_MAX = 65536 }; /* the kernel's NGROUPS_MAX; musl's is 32 */

enum { PASSWD_MAX = 1 << 20 }; /* bytes; limited, because the image controls /etc/passwd */

static bool too_many_groups(const void *operation, struct buf *why)
{
	const struct oci_user *user = operation;

	if (user->additional_gids.n <= GROUPS_MAX)
		return false;
	buf_printf(why, "they are %zu, and a process can't have more than %d groups",
		user->additional_gids.n, GROUPS_MAX);
	return true;
}

static const struct explanation group_rows[] = {
	{ EPERM, NULL, NULL,
		"cannot set any additional groups in a rootless container without a mapping by "
		"newgidmap(1)" },
	{ EINVAL, NULL, too_many_groups, NULL },
	{ EINVAL, NULL, NULL, "one of them has no mapping in the container's user namespace" },
	EXPLANATIONS_END,
};

static const struct explanation id_rows[] = {
	{ EINVAL, NULL, NULL, "it has no mapping in the container's user namespace" },
	EXPLANATIONS_END,
};

static int id_refused(const char *property, uint32_t id, struct error *err)
{
	error_errno(err, "/process/user/%s: become %u", property, id);
	return explain(id_rows, NULL, NULL, err);
}

static int set_groups(const struct oci_user *user, struct error *err)
{
	if (sys_setgroups(user->additional_gids.n, user->additional_gids.v) == 0)
		return 0;
	if (errno == EPERM && user->additional_gids.n == 0) {
		log_debug("setgroups(2) is denied in this user namespace: the container keeps the "
			  "groups of its caller");
		return 0;
	}
	error_errno(err, "/process/user/additionalGids: set the supplementary groups");
	return explain(group_rows, NULL, user, err);
}

int user_set(const struct oci_user *user, bool keep_groups, struct error *err)
{
	if (!keep_groups && set_groups(user, err) < 0)
		return -1;
	if (sys_setresgid(user->gid) < 0)
		return id_refused("gid", user->gid, err);
	if (process_hide(err) < 0)
		return -1;
	if (sys_setresuid(user->uid) < 0)
		return id_refused("uid", user->uid, err);
	return process_hide(err);
}

const char *user_home(struct arena *arena, int root, uid_t uid)
{
	/* It may be a FIFO or a device: don't block, and don't acquire a controlling terminal. */
	cleanup_fd int fd = path_open(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, NULL);
	cleanup_free char *text = NULL;
	struct account account;
	char *rest;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return "/";
	text = mem_alloc(PASSWD_MAX + 1);
	n = read(fd, text, PASSWD_MAX);
	if (n <= 0)
		return "/";
	text[n] = '\0';
	rest = text;
	while (passwd_next(&rest, ACCOUNT_USER, &account)) {
		if (account.id == uid && account.home != NULL)
			return *account.home != '\0' ? arena_strdup(arena, account.home) : "/";
	}
	return "/";
}

void user_own_pipes(uid_t host_uid)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid != host_uid &&
			fchown(fd, host_uid, (gid_t)-1) < 0)
			log_debug("fd %d: can't give the pipe to user %u: %s", fd, host_uid,
				error_words(errno));
	}
}
