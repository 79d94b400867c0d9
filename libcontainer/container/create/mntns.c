/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/mntns.h"

#include <sched.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "version.h"

#define PIN_DIRECTORY RUNSTATEDIR "/hull"
#define PIN_MOUNT PIN_DIRECTORY "/@mntns" /* not a valid container ID */
#define PIN HULL_COMMIT                   /* one made by another version is never used */

/* With fewer mounts than this, the namespace costs more than it saves (decision 0024). */
enum { MOUNTS_WORTH_IT = 64 };

static bool is_nsfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

/*
 * Returns the pin, or -1. The directory must be ours: whoever could replace the pin would choose
 * which host mounts a container sees.
 */
static int open_pin(void)
{
	cleanup_fd int directory = open(PIN_MOUNT, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int fd = -1;

	if (directory < 0 || !fd_is_ours(directory, S_IFDIR))
		return -1;
	fd = openat(directory, PIN, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && is_nsfs(fd) ? fd_take(&fd) : -1;
}

/*
 * Returns true if this mount namespace has at least MOUNTS_WORTH_IT mounts. The check's cost
 * doesn't grow with their number: it uses listmount(2) (Linux 6.8), or reads mountinfo only until
 * it has that many lines.
 */
static bool host_has_many_mounts(void)
{
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, param;
	} request = { .size = sizeof request, .mnt_id = UINT64_MAX /* LSMT_ROOT */ };
	uint64_t ids[MOUNTS_WORTH_IT];
	char text[4096];
	size_t lines = 0;
	cleanup_fd int fd = -1;
	ssize_t n;

	n = syscall(__NR_listmount, &request, ids, (size_t)MOUNTS_WORTH_IT, 0);
	if (n >= 0)
		return n == MOUNTS_WORTH_IT;
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && lines < MOUNTS_WORTH_IT && (n = read(fd, text, sizeof text)) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	return lines >= MOUNTS_WORTH_IT;
}

static int mount_new(const char *type, uint64_t attributes)
{
	cleanup_fd int fsfd = fsopen(type, FSOPEN_CLOEXEC);

	if (fsfd < 0 || fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fsfd, FSMOUNT_CLOEXEC, (unsigned)attributes);
}

static int furnish(void)
{
	const uint64_t strict = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };
	cleanup_fd int root = mount_new("tmpfs", strict), proc = mount_new("proc", strict),
		       sys = mount_new("sysfs", strict);

	if (root < 0 || proc < 0 || sys < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (mkdirat(root, "proc", 0555) < 0 || mkdirat(root, "sys", 0555) < 0 ||
		mkdirat(root, &MNTNS_PLACE[1], 0755) < 0)
		return -1;
	if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(root) < 0)
		return -1;
	if (move_mount(proc, "", root, "proc", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		move_mount(sys, "", root, "sys", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	if (sys_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -1;
	return mount_setattr(root, "", AT_EMPTY_PATH, &readonly, sizeof readonly);
}

/*
 * Forks a process to create the namespace and pins it from here: a mount namespace can't be bound
 * inside itself.
 */
static int pin(const char *path)
{
	char byte, file[64];
	int sockets[2], result = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(sockets[0]);
		if (unshare(CLONE_NEWNS) == 0 && furnish() == 0 &&
			fd_write_all(sockets[1], "r", 1) == 0 && read(sockets[1], &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(sockets[1]);
	if (pid > 0 && read(sockets[0], &byte, 1) == 1) {
		snprintf(file, sizeof file, "/proc/%d/ns/mnt", pid);
		result = mount(file, path, NULL, MS_BIND, NULL);
	}
	close(sockets[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

/*
 * Bind-mounts the directory over itself as a private mount first: an nsfs file can't be bound where
 * the mount would propagate. Unmounts the pin of another version, if there is one.
 */
static int make(void)
{
	cleanup_fd int lock = -1;
	int fd;

	if (mkdir(PIN_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return -1;
	lock = open(PIN_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || !fd_is_ours(lock, S_IFDIR) || flock(lock, LOCK_EX) < 0)
		return -1;
	if (mkdir(PIN_MOUNT, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = open_pin();
	if (fd >= 0) /* another hull has just created it */
		return fd;
	umount2(PIN_MOUNT, MNT_DETACH | UMOUNT_NOFOLLOW);
	fd = open(PIN_MOUNT "/" PIN, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	fd_close(&fd);
	if (mount(PIN_MOUNT, PIN_MOUNT, NULL, MS_BIND, NULL) < 0 ||
		mount(NULL, PIN_MOUNT, NULL, MS_PRIVATE, NULL) < 0)
		return -1;
	if (pin(PIN_MOUNT "/" PIN) < 0) {
		umount2(PIN_MOUNT, MNT_DETACH);
		return -1;
	}
	return open_pin();
}

int mntns_open(void)
{
	int fd = open_pin();

	if (fd >= 0)
		return fd;
	if (!host_has_many_mounts())
		return -1;
	fd = make();
	if (fd < 0)
		log_debug("the host's mount namespace is copied: making a small one: %s",
			error_words(errno));
	return fd;
}
