/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fakes.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

static bool write_memory(pid_t pid, unsigned long long address, const void *from, size_t size)
{
	struct iovec local = { (void *)(uintptr_t)from, size },
		     remote = { (void *)(uintptr_t)address, size };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static void answer(struct process *p, long result)
{
	p->faked = true;
	p->fake_result = result;
}

static void replace_path(struct process *p, const struct call *call, const char *path)
{
	unsigned long long place = scratch_of(p);

	if (write_memory(p->pid, place, path, strlen(path) + 1))
		set_path_argument(p, call->info->path, place);
}

/* statfs(2) of /sys/fs/selinux fails, and leaves the answer as it is prepared here. */
static void fake_selinux(struct process *p, const struct call *call)
{
	struct statfs fs = { .f_type = SELINUX_MAGIC };

	if (call->nr == SYS_statfs && strcmp(call->path, "/sys/fs/selinux") == 0 &&
		write_memory(p->pid, call->args[1], &fs, sizeof fs))
		answer(p, 0);
}

/* "Y" for the module is a file whose first byte is Y; the directory attr/apparmor isn't there. */
static void fake_apparmor(struct process *p, const struct call *call)
{
	static const char dir[] = "attr/apparmor/";
	const char *found = call->has_path ? strstr(call->path, dir) : NULL;
	char path[TEXT_MAX];

	if (call->has_path && strcmp(call->path, "/sys/module/apparmor/parameters/enabled") == 0)
		replace_path(p, call, "/sys/module/printk/parameters/time");
	if (found == NULL)
		return;
	snprintf(path, sizeof path, "%.*sattr/%s", (int)(found - call->path), call->path,
		found + sizeof dir - 1);
	replace_path(p, call, path);
}

static bool is_label(pid_t pid, int fd)
{
	char path[64], target[TEXT_MAX];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, target, sizeof target - 1);
	target[n < 0 ? 0 : n] = '\0';
	return strstr(target, "/attr/") != NULL;
}

void fake_entry(struct process *p, const struct call *call)
{
	if (strcmp(options.fake, "selinux") == 0)
		fake_selinux(p, call);
	else
		fake_apparmor(p, call);
	if (call->nr == SYS_write && is_label(p->pid, (int)call->args[0]))
		answer(p, (long)call->args[2]);
}
