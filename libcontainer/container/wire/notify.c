/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/wire/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sys.h"

#define DIRECTORY "notify"
#define SOCKET_NAME "notify.sock"
#define INSIDE "/run/notify"

enum {
	DATAGRAM_MAX = 4096,
	QUEUE_MAX = 64,
	FDS_MAX = 8,
	BARRIER_TIMEOUT = 30000 /* ms */,
	LAST_WORDS_TIMEOUT = 1000
};

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

static int bind_inside(int state_fd, struct error *err)
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
	/* not chmod() by name afterwards: the container can see the directory */
	mask = umask(0);
	result = bind(sock, (struct sockaddr *)&address, (socklen_t)len);
	umask(mask);
	if (result < 0)
		return error_errno(err, "bind the notify socket");
	return fd_take(&sock);
}

/* ---- the relay ---- */

int notify_relay_open(
	struct notify_relay *relay, int state_fd, pid_t pid, int pidfd, struct error *err)
{
	struct sockaddr_un address;
	struct error what;
	int len = make_address(&address, relay->caller, &what);

	relay->pid = pid;
	relay->pidfd = pidfd;
	relay->outside = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (len < 0 || relay->outside < 0 ||
		connect(relay->outside, (struct sockaddr *)&address, (socklen_t)len) < 0) {
		log_warning("NOTIFY_SOCKET %s: what the container reports is not passed on: %s",
			relay->caller, len < 0 ? what.text : error_words(errno));
		fd_close(&relay->outside);
		return 0;
	}
	relay->inside = bind_inside(state_fd, err);
	return relay->inside < 0 ? -1 : 0;
}

void notify_relay_close(struct notify_relay *relay)
{
	fd_close(&relay->inside);
	fd_close(&relay->outside);
	fd_close(&relay->process);
}

/*
 * Sends a message, as the container's first process if hull may: a manager with NotifyAccess=main
 * accepts messages from no other process (systemd.service(5)). After that process has ended, its
 * PID may belong to another service.
 */
static int send_on(
	const struct notify_relay *relay, const struct buf *text, const int *fds, size_t n)
{
	struct ucred sender = { relay->pid, geteuid(), getegid() };
	union {
		char space[CMSG_SPACE(sizeof sender) + CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec bytes = { text->data, text->len };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_SPACE(sizeof sender) };
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_CREDENTIALS;
	part->cmsg_len = CMSG_LEN(sizeof sender);
	memcpy(CMSG_DATA(part), &sender, sizeof sender);
	if (n > 0) {
		message.msg_controllen += CMSG_SPACE(n * sizeof *fds);
		part = CMSG_NXTHDR(&message, part);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(n * sizeof *fds);
		memcpy(CMSG_DATA(part), fds, n * sizeof *fds);
	}
	if (relay->ready && process_check(relay->pidfd, NULL) == 0 &&
		sendmsg(relay->outside, &message, MSG_NOSIGNAL) >= 0)
		return 0;
	return fd_send(relay->outside, text->data, text->len, fds, n);
}

/*
 * Translates a message of the container for the manager. PIDs in it are from another namespace, so
 * replaces MAINPID. *ready: set to true on READY=1.
 */
static void translate(
	const struct notify_relay *relay, char *datagram, struct buf *text, bool *ready)
{
	char *rest = datagram;

	*ready = false;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line == '\0' || strncmp(line, "MAINPID", 7) == 0)
			continue;
		*ready |= !relay->ready && strcmp(line, "READY=1") == 0;
		buf_printf(text, "%s\n", line);
	}
	if (*ready)
		buf_printf(text, "MAINPID=%d\n", relay->pid);
}

static void relay_datagram(struct notify_relay *relay)
{
	cleanup_buf struct buf text = { 0 };
	char datagram[DATAGRAM_MAX];
	int fds[FDS_MAX];
	size_t n = FDS_MAX;
	ssize_t len = fd_recv(relay->inside, datagram, sizeof datagram - 1, fds, &n);
	bool ready;

	if (len < 0)
		return;
	datagram[len] = '\0';
	translate(relay, datagram, &text, &ready);
	if (text.len > 0 && send_on(relay, &text, fds, n) < 0)
		log_debug("NOTIFY_SOCKET %s: %s", relay->caller, error_words(errno));
	relay->ready |= ready;
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

static void relay_queue(struct notify_relay *relay)
{
	struct pollfd more = { relay->inside, POLLIN, 0 };

	for (int i = 0; i < QUEUE_MAX && poll(&more, 1, 0) > 0; i++)
		relay_datagram(relay);
}

/*
 * The manager closes its end of the pipe after it has processed all earlier messages
 * (sd_notify_barrier(3)).
 */
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

/*
 * Relays until the container has ended or, with until_ready, is ready. Returns false if it has
 * ended; then only the queued messages are relayed, because processes of the container may outlive
 * its first one.
 */
static bool relay_until(struct notify_relay *relay, bool until_ready)
{
	struct pollfd fds[] = { { relay->inside, POLLIN, 0 }, { relay->pidfd, POLLIN, 0 } };

	while (!(until_ready && relay->ready)) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents != 0)
			relay_queue(relay);
		if (fds[1].revents != 0)
			return false;
	}
	return true;
}

static void stay(struct notify_relay *relay) __attribute__((noreturn));

/*
 * Continues in a child process, which of the caller's descriptors keeps only the manager's socket.
 */
static void stay(struct notify_relay *relay)
{
	const int needed[] = { relay->inside, relay->outside, relay->pidfd };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none); /* in the foreground, hull blocks all of them */
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (chdir("/") < 0 || null < 0 || fd_close_others(3, needed, ARRAY_SIZE(needed)) < 0)
		_exit(1);
	prctl(PR_SET_NAME, "hull-notify");
	relay_until(relay, false);
	_exit(0);
}

int notify_relay_leave(struct notify_relay *relay, struct error *err)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&relay->process, .exit_signal = SIGCHLD
	};
	pid_t pid;

	if (relay->inside < 0)
		return 0;
	pid = sys_clone3(&args);
	if (pid == 0)
		stay(relay);
	if (pid < 0)
		return error_errno(err, "start the process that passes sd_notify messages on");
	fd_close(&relay->inside);
	fd_close(&relay->outside);
	return 0;
}

int notify_relay_run(struct notify_relay *relay, struct error *err)
{
	if (relay->inside < 0 || !relay_until(relay, true))
		return 0;
	await_barrier(relay->outside);
	return notify_relay_leave(relay, err);
}

void notify_relay_end(struct notify_relay *relay)
{
	struct pollfd end = { relay->process, POLLIN, 0 };

	if (relay->process >= 0 && poll(&end, 1, LAST_WORDS_TIMEOUT) <= 0)
		pidfd_send_signal(relay->process, SIGKILL, NULL, 0);
}
