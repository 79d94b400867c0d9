/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/wire/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"

#define DIRECTORY "notify"
#define SOCKET_NAME "notify.sock"
#define INSIDE "/run/notify"

enum { DATAGRAM_MAX = 4096, BARRIER_TIMEOUT = 30000 /* ms */ };

static void add_mount(struct oci_config *config, const char *source)
{
	static const char *const options[] = { "bind", "nosuid", "noexec", "nodev", "ro" };
	size_t n = config->mounts.n;
	struct oci_mount *mounts = arena_alloc(&config->arena, (n + 1) * sizeof *mounts);

	if (n > 0)
		memcpy(mounts, config->mounts.v, n * sizeof *mounts);
	mounts[n] = (struct oci_mount){ .destination = INSIDE, .type = "bind", .source = source };
	mounts[n].options.v = (const char **)options;
	mounts[n].options.n = ARRAY_SIZE(options);
	config->mounts.v = mounts;
	config->mounts.n = n + 1;
}

static void add_environment(struct oci_config *config)
{
	string_list *env = &config->process->env;
	const char **names = arena_alloc(&config->arena, (env->n + 1) * sizeof *names);

	if (env->n > 0)
		memcpy(names, env->v, env->n * sizeof *names);
	names[env->n] = "NOTIFY_SOCKET=" INSIDE "/" SOCKET_NAME;
	env->v = names;
	env->n++;
}

int notify_add(struct oci_config *config, const char *state_path, int state_fd, struct error *err)
{
	if (config->process == NULL)
		return 0;
	if ((mkdirat(state_fd, DIRECTORY, 0755) < 0 && errno != EEXIST) ||
		fchmodat(state_fd, DIRECTORY, 0755, 0) < 0)
		return error_errno(err, "make the directory for the notify socket");
	add_mount(config, arena_printf(&config->arena, "%s/" DIRECTORY, state_path));
	add_environment(config);
	return 0;
}

static int make_address(struct sockaddr_un *address, const char *path, struct error *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return error_set(err, ENAMETOOLONG, "NOTIFY_SOCKET %s", path);
	memcpy(address->sun_path, path, strlen(path));
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (int)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] != '@'));
}

int notify_bind(int state_fd, struct error *err)
{
	cleanup_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cleanup_fd int directory = openat(state_fd, DIRECTORY, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[FD_PATH_MAX + sizeof "/" SOCKET_NAME], link[FD_PATH_MAX];
	struct sockaddr_un address;
	int len, result;
	mode_t mask;

	if (sock < 0 || directory < 0)
		return error_errno(err, "open the notify socket");
	snprintf(path, sizeof path, "%s/" SOCKET_NAME, fd_path(link, directory));
	len = make_address(&address, path, err);
	if (len < 0)
		return -1;
	mask = umask(0); /* not changed afterwards by name: the container sees the directory */
	result = bind(sock, (struct sockaddr *)&address, (socklen_t)len);
	umask(mask);
	if (result < 0)
		return error_errno(err, "bind the notify socket");
	return fd_take(&sock);
}

static bool is_ready(const char *datagram)
{
	for (const char *line = datagram; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "READY=1", 7) == 0 && (line[7] == '\0' || line[7] == '\n'))
			return true;
	}
	return false;
}

/* The other end of the pipe closes when the manager has worked through everything that was sent
 * before (sd_notify_barrier(3)). */
static void await_barrier(int sock)
{
	struct pollfd wait = { .events = 0 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (fd_send(sock, "BARRIER=1", 9, &ends[1], 1) == 0) {
		close(ends[1]);
		wait.fd = ends[0];
		poll(&wait, 1, BARRIER_TIMEOUT);
	} else {
		close(ends[1]);
	}
	close(ends[0]);
}

static int tell_caller(const char *caller, pid_t pid, struct error *err)
{
	cleanup_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	char text[64];
	int len = make_address(&address, caller, err);

	if (len < 0)
		return -1;
	if (sock < 0 || connect(sock, (struct sockaddr *)&address, (socklen_t)len) < 0)
		return error_errno(err, "connect to NOTIFY_SOCKET %s", caller);
	snprintf(text, sizeof text, "READY=1\nMAINPID=%d", pid);
	if (send(sock, text, strlen(text), MSG_NOSIGNAL) < 0)
		return error_errno(err, "send to NOTIFY_SOCKET %s", caller);
	await_barrier(sock);
	return 0;
}

int notify_forward(int sock, const char *caller, pid_t pid, int pidfd, struct error *err)
{
	for (;;) {
		struct pollfd fds[] = { { sock, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
		char datagram[DATAGRAM_MAX];
		ssize_t n;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents == 0)
			return 0; /* it ended without being ready */
		n = recv(sock, datagram, sizeof datagram - 1, 0);
		if (n < 0)
			continue;
		datagram[n] = '\0';
		if (is_ready(datagram))
			return tell_caller(caller, pid, err);
	}
}
