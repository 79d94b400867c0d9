/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/sync.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

struct header {
	int32_t type;
	int32_t value; /* the errno of an error, the level of a log line */
};

int sync_pair(int sockets[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, "make a socket pair");
	return 0;
}

static int send_message(int sock, struct header header, const void *payload, size_t len, int fd)
{
	char message[sizeof header + SYNC_PAYLOAD_MAX];

	memcpy(message, &header, sizeof header);
	if (len > 0)
		memcpy(message + sizeof header, payload, len);
	return fd_send(sock, message, sizeof header + len, &fd, fd >= 0 ? 1 : 0);
}

int sync_send(int sock, enum sync_type type, const void *payload, size_t len, int fd)
{
	return send_message(sock, (struct header){ (int32_t)type, 0 }, payload, len, fd);
}

void sync_send_error(int sock, const struct error *err)
{
	send_message(sock, (struct header){ SYNC_ERROR, err->code }, err->text, strlen(err->text), -1);
}

void sync_log_sink(void *context, enum log_level level, const char *text)
{
	size_t len = strlen(text);

	send_message((int)(intptr_t)context, (struct header){ SYNC_LOG, (int32_t)level }, text,
		     len < SYNC_PAYLOAD_MAX ? len : SYNC_PAYLOAD_MAX - 1, -1);
}

int sync_receive(int sock, struct sync_message *message, struct error *err)
{
	for (;;) {
		char bytes[sizeof(struct header) + SYNC_PAYLOAD_MAX];
		struct header header;
		size_t fds = 1;
		ssize_t len = fd_recv(sock, bytes, sizeof bytes, &message->fd, &fds);

		if (fds == 0)
			message->fd = -1;
		if (len == 0)
			return 0;
		if (len < 0 && errno == ECONNRESET)
			continue; /* it ended before it read everything: told once, then comes what it has said */
		if (len < (ssize_t)sizeof header)
			return error_errno(err, "receive from the other side");
		memcpy(&header, bytes, sizeof header);
		message->type = (enum sync_type)header.type;
		message->len = (size_t)len - sizeof header;
		memcpy(message->payload, bytes + sizeof header, message->len);
		if (message->len < SYNC_PAYLOAD_MAX)
			message->payload[message->len] = '\0';
		if (message->type == SYNC_LOG) {
			log_line((enum log_level)header.value, message->payload);
			continue;
		}
		if (message->type == SYNC_ERROR) {
			error_set(err, 0, "%s", message->payload);
			if (err != NULL)
				err->code = header.value;
			return -1;
		}
		return (int)message->type;
	}
}

int sync_expect(int sock, enum sync_type type, struct sync_message *message, const char *who, struct error *err)
{
	int got = sync_receive(sock, message, err);

	if (got == (int)type)
		return 0;
	if (got == 0)
		return error_set(err, 0, "%s ended unexpectedly", who);
	return got < 0 ? -1 : error_set(err, 0, "%s said %d where %d was expected", who, got, (int)type);
}

int sync_tell(int sock, enum sync_type type, const void *payload, size_t len, int fd, const char *who, struct error *err)
{
	struct sync_message message = { .fd = -1 };
	int got;

	if (sync_send(sock, type, payload, len, fd) == 0)
		return 0;
	if (errno != EPIPE && errno != ECONNRESET)
		return error_errno(err, "send to %s", who);
	while ((got = sync_receive(sock, &message, err)) > 0)
		fd_close(&message.fd);
	return got < 0 ? -1 : error_set(err, 0, "%s ended unexpectedly", who);
}
