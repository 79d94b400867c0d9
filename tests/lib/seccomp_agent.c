/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A seccomp agent: listens on a unix socket, receives listeners from a runtime, and decides for
 * their processes.
 *
 *	seccomp_agent SOCKET
 *
 * For each connection it prints a line: the numbers of descriptors and messages, and the text. It
 * answers getppid(2) with 4242; every other call continues.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/seccomp.h>

enum { MOST = 64 };

static struct pollfd fds[MOST];
static nfds_t n;

/* Reads one connection to its end. Its last descriptor becomes the listener. */
static void take(int connection)
{
	static char text[65536];
	size_t len = 0, came = 0, messages = 0;

	for (;;) {
		char control[CMSG_SPACE(8 * sizeof(int))];
		struct iovec bytes = { text + len, sizeof text - len - 1 };
		struct msghdr message = { .msg_iov = &bytes,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control };
		ssize_t got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);

		if (got <= 0)
			break;
		len += (size_t)got;
		if (head == NULL || head->cmsg_type != SCM_RIGHTS)
			continue;
		messages++;
		came += (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(&fds[n].fd, CMSG_DATA(head), sizeof(int));
	}
	text[len] = '\0';
	printf("%zu %zu %s\n", came, messages, text);
	fflush(stdout);
	if (came > 0 && n + 1 < MOST)
		fds[n++].events = POLLIN;
}

static void answer(int listener)
{
	struct seccomp_notif asked = { 0 };
	struct seccomp_notif_resp reply = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return;
	if (asked.data.nr == SYS_getppid)
		reply = (struct seccomp_notif_resp){ .val = 4242 };
	reply.id = asked.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	strcpy(address.sun_path, argv[1]);
	fds[n++] = (struct pollfd){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.events = POLLIN };
	if (bind(fds[0].fd, (struct sockaddr *)&address, sizeof address) < 0 ||
		listen(fds[0].fd, 8) < 0) {
		perror(argv[1]);
		return 1;
	}
	while (poll(fds, n, -1) > 0) {
		for (nfds_t i = n; i-- > 1;) {
			if (fds[i].revents & POLLIN)
				answer(fds[i].fd);
			if (fds[i].revents & (POLLHUP | POLLERR)) {
				close(fds[i].fd);
				fds[i] = fds[--n];
			}
		}
		if (fds[0].revents & POLLIN) {
			int connection = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC);

			take(connection);
			close(connection);
		}
	}
	return 1;
}
