/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recvtty: the other end of --console-socket and --pidfd-socket.
 *
 *   recvtty [-p] [-i] [-s ROWSxCOLS] [-r REPORT] SOCKET
 *
 * Listens on SOCKET, takes one connection and the one file descriptor that comes with it.
 * A terminal: copies what it says to stdout until it hangs up (-i: and stdin to it).
 * -p: a pidfd: waits until its process ends, then prints "exited".
 * -s sets the size of the terminal. -r first writes a line to REPORT about what came: either
 *	tty NAME ROWSxCOLS onlcr=0|1
 * or
 *	pidfd PID
 * Exit status 0: all is well; 1: an error, which is on stderr; 2: wrong usage.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* sun_path holds 108 bytes and a test's directory may be longer: bind relative to the directory of
 * the socket */
static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int cwd_changed = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	if (slash && slash != path) {
		char *dir = strndup(path, (size_t)(slash - path));

		if (!dir || chdir(dir) < 0)
			err(1, "%s", path);
		free(dir);
		cwd_changed = 1;
	}
	if (!cwd_changed)
		name = path;
	if (strlen(name) >= sizeof(addr.sun_path))
		errx(1, "%s: name too long", name);
	strcpy(addr.sun_path, name);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "bind %s", path);
	if (listen(fd, 1) < 0)
		err(1, "listen %s", path);
	return fd;
}

static int receive_fd(int conn, char *name, size_t size)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * 4)];
	} control;
	struct iovec iov = { .iov_base = name, .iov_len = size - 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;
	int fd;

	do
		n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		err(1, "recvmsg");
	name[n] = '\0';
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		c->cmsg_len != CMSG_LEN(sizeof(int)))
		errx(1, "expected one file descriptor, got %zd bytes%s", n,
			c ? " and something else" : " and none");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static void write_all(int fd, const char *buf, ssize_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, buf, (size_t)n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			err(1, "write");
		buf += done;
		n -= done;
	}
}

static void copy_terminal(int tty, bool input)
{
	struct pollfd fds[2] = { { .fd = tty, .events = POLLIN },
		{ .fd = input ? 0 : -1, .events = POLLIN } };
	char buf[4096];

	for (;;) {
		ssize_t n;

		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		if (fds[0].revents) {
			n = read(tty, buf, sizeof(buf));
			if (n <= 0) /* EIO: the last slave was closed */
				return;
			write_all(1, buf, n);
		}
		if (fds[1].revents) {
			n = read(0, buf, sizeof(buf));
			if (n <= 0)
				fds[1].fd = -1;
			else
				write_all(tty, buf, n);
		}
	}
}

static int pid_of(int pidfd)
{
	char path[64], line[256];
	int pid = -2;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "re");
	if (!f)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	fclose(f);
	if (pid == -2)
		errx(1, "what came is no pidfd");
	return pid;
}

static FILE *report;

static void tell_terminal(int fd, const char *name, const char *size)
{
	struct winsize ws;
	struct termios t;

	if (size) {
		memset(&ws, 0, sizeof(ws));
		if (sscanf(size, "%hux%hu", &ws.ws_row, &ws.ws_col) != 2)
			errx(2, "-s ROWSxCOLS");
		if (ioctl(fd, TIOCSWINSZ, &ws) < 0)
			err(1, "TIOCSWINSZ");
	}
	if (ioctl(fd, TIOCGWINSZ, &ws) < 0 || tcgetattr(fd, &t) < 0)
		err(1, "what came is no terminal");
	if (report)
		fprintf(report, "tty %s %hux%hu onlcr=%d\n", name, ws.ws_row, ws.ws_col,
			!!(t.c_oflag & ONLCR));
}

int main(int argc, char **argv)
{
	bool pidfd = false, input = false;
	const char *size = NULL, *report_name = NULL;
	char name[4096];
	int opt, sock, conn, fd;

	while ((opt = getopt(argc, argv, "pis:r:")) != -1) {
		switch (opt) {
		case 'p': pidfd = true; break;
		case 'i': input = true; break;
		case 's': size = optarg; break;
		case 'r': report_name = optarg; break;
		default: return 2;
		}
	}
	if (optind != argc - 1) {
		fputs("usage: recvtty [-p] [-i] [-s ROWSxCOLS] [-r REPORT] SOCKET\n", stderr);
		return 2;
	}
	if (report_name && !(report = fopen(report_name, "we")))
		err(1, "%s", report_name);
	sock = listen_at(argv[optind]);
	conn = accept(sock, NULL, NULL);
	if (conn < 0)
		err(1, "accept");
	fd = receive_fd(conn, name, sizeof(name));
	if (pidfd) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (report)
			fprintf(report, "pidfd %d\n", pid_of(fd));
		else
			pid_of(fd);
		if (report)
			fclose(report);
		while (poll(&p, 1, -1) < 0 && errno == EINTR)
			;
		puts("exited");
		return 0;
	}
	tell_terminal(fd, name, size);
	if (report)
		fclose(report);
	close(conn);
	copy_terminal(fd, input);
	return 0;
}
