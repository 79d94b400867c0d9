/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/namespaces/namespaces.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/nsfs.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/sys.h"

static const struct {
	int flag;
	const char *file;
} kinds[NAMESPACE_TYPES] = {
	[NAMESPACE_PID] = { CLONE_NEWPID, "pid" },
	[NAMESPACE_NETWORK] = { CLONE_NEWNET, "net" },
	[NAMESPACE_MOUNT] = { CLONE_NEWNS, "mnt" },
	[NAMESPACE_IPC] = { CLONE_NEWIPC, "ipc" },
	[NAMESPACE_UTS] = { CLONE_NEWUTS, "uts" },
	[NAMESPACE_USER] = { CLONE_NEWUSER, "user" },
	[NAMESPACE_CGROUP] = { CLONE_NEWCGROUP, "cgroup" },
	[NAMESPACE_TIME] = { CLONE_NEWTIME, "time" },
};

int namespace_flag(enum oci_namespace_type type)
{
	return kinds[type].flag;
}

const char *namespace_file(enum oci_namespace_type type)
{
	return kinds[type].file;
}

static const char *name_of_flag(int flag)
{
	for (size_t type = 1; type < NAMESPACE_TYPES; type++)
		if (kinds[type].flag == flag)
			return namespace_type_names[type - 1];
	return "unknown";
}

int namespace_open(const struct oci_namespace *ns, size_t index, struct error *err)
{
	/* Nobody waits for the other end of a FIFO. */
	cleanup_fd int fd = open(ns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int flag;

	if (fd < 0)
		return error_errno(err, "/linux/namespaces/%zu/path: open the %s namespace %s",
			index, namespace_type_names[ns->type - 1], ns->path);
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return error_set(err, 0, "/linux/namespaces/%zu/path: %s is not a namespace", index,
			ns->path);
	if (flag != kinds[ns->type].flag)
		return error_set(err, 0,
			"/linux/namespaces/%zu/path: %s is a namespace of type %s, not %s", index,
			ns->path, name_of_flag(flag), namespace_type_names[ns->type - 1]);
	return fd_take(&fd);
}

bool namespace_is_at(int fd, const char *path)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino;
}

bool namespace_is_owned_by(int fd, int userns_fd)
{
	cleanup_fd int owner = ioctl(fd, NS_GET_USERNS);
	struct stat a, b;

	return owner >= 0 && fstat(owner, &a) == 0 && fstat(userns_fd, &b) == 0 &&
		a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static const struct explanation join_rows[] = {
	{ EPERM, NULL, NULL, "joining needs CAP_SYS_ADMIN in the user namespace that owns it" },
	EXPLANATIONS_END,
};

int namespace_join(int fd, enum oci_namespace_type type, struct error *err)
{
	if (setns(fd, kinds[type].flag) == 0)
		return 0;
	error_errno(err, "join the %s namespace", namespace_type_names[type - 1]);
	return explain(join_rows, NULL, NULL, err);
}
