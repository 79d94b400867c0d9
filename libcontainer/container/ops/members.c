/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/ops/members.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "cgroup/cgroup.h"

struct member {
	pid_t pid, parent;
	char state, name[32];
};

static int same_namespace(int proc, pid_t pid, const struct stat *namespace)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "%d/ns/pid", pid);
	return fstatat(proc, path, &st, 0) == 0 && st.st_ino == namespace->st_ino &&
		st.st_dev == namespace->st_dev;
}

/*
 * Calls each() for every process of init's PID namespace. Returns 0, the first non-zero result, or
 * -1.
 */
static int walk(pid_t init, int pidfd, int (*each)(void *context, int proc, pid_t pid),
	void *context, struct error *err)
{
	DIR *proc = opendir("/proc");
	struct stat namespace;
	struct dirent *entry;
	char path[64];
	int result = 0;

	if (proc == NULL)
		return error_errno(err, "open /proc");
	snprintf(path, sizeof path, "%d/ns/pid", init);
	if (fstatat(dirfd(proc), path, &namespace, 0) < 0)
		result = error_errno(err, "look at the container's PID namespace");
	else if (process_check(pidfd, NULL) < 0)
		result = error_set(err, ESRCH, "look at the container's PID namespace");
	while (result == 0 && (entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && same_namespace(dirfd(proc), pid, &namespace))
			result = each(context, dirfd(proc), pid);
	}
	closedir(proc);
	return result;
}

static int add(void *context, int proc, pid_t pid)
{
	(void)proc;
	pid_list_add(context, pid);
	return 0;
}

int members_list(pid_t init, int pidfd, struct pid_list *pids, struct error *err)
{
	return walk(init, pidfd, add, pids, err);
}

/* proc_pid_stat(5): "PID (NAME) STATE PARENT ...". */
static bool read_member(int proc, pid_t pid, struct member *member)
{
	cleanup_buf struct buf text = { 0 };
	const char *name, *end;
	char path[32];

	*member = (struct member){ .pid = pid };
	snprintf(path, sizeof path, "%d/stat", pid);
	if (file_read(proc, path, &text, NULL) < 0 || text.data == NULL ||
		(name = strchr(text.data, '(')) == NULL ||
		(end = strrchr(text.data, ')')) == NULL || end < name || strlen(end) < 4)
		return false;
	snprintf(member->name, sizeof member->name, "%.*s", (int)(end - name - 1), name + 1);
	member->state = end[2];
	member->parent = (pid_t)strtol(end + 4, NULL, 10);
	return true;
}

/* Returns the process that traces pid (ptrace(2)); 0: none, or it isn't in this PID namespace. */
static pid_t tracer_of(int proc, pid_t pid)
{
	cleanup_buf struct buf text = { 0 };
	const char *line;
	char path[32];

	snprintf(path, sizeof path, "%d/status", pid);
	if (file_read(proc, path, &text, NULL) < 0 || text.data == NULL ||
		(line = strstr(text.data, "\nTracerPid:")) == NULL)
		return 0;
	return (pid_t)strtol(strchr(line, ':') + 1, NULL, 10);
}

struct search {
	pid_t init;
	struct buf *why;
};

static int find_unreaped(void *context, int proc, pid_t pid)
{
	struct search *search = context;
	struct member zombie, reaper;
	pid_t tracer;

	if (pid == search->init || !read_member(proc, pid, &zombie) || zombie.state != 'Z')
		return 0;
	tracer = tracer_of(proc, pid);
	if (!read_member(proc, tracer > 0 ? tracer : zombie.parent, &reaper))
		reaper.name[0] = '\0';
	buf_printf(search->why,
		"it waits for the zombie %d (%s) of the container, which process %d (%s), its "
		"%s, has to reap: waitpid(2); or end that process",
		pid, zombie.name, reaper.pid, reaper.name,
		tracer > 0 ? "tracer (ptrace(2))" : "parent outside");
	return 1;
}

bool members_unreaped(pid_t init, int pidfd, struct buf *why)
{
	return walk(init, pidfd, find_unreaped, &(struct search){ init, why }, NULL) > 0;
}
