/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/wire/sync.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

enum {
	BEGIN = offsetof(struct sync_message, type),
	HEADER = offsetof(struct sync_message, payload) - BEGIN
};

int sync_pair(int sockets[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, "make a socket pair");
	return 0;
}

/* Not inlined: its frame is large, and most messages have no payload. */
__attribute__((noinline)) static int send_payload(
	int sock, enum sync_type type, int32_t value, const void *payload, size_t len, int fd)
{
	struct sync_message message;

	message.type = (int32_t)type;
	message.value = value;
	memcpy(message.payload, payload, len);
	return fd_send(sock, &message.type, HEADER + len, &fd, fd >= 0 ? 1 : 0);
}

int sync_send(int sock, enum sync_type type, const void *payload, size_t len, int fd)
{
	int32_t header[HEADER / sizeof(int32_t)] = { (int32_t)type };

	if (payload != NULL)
		return send_payload(sock, type, 0, payload, len, fd);
	return fd_send(sock, header, sizeof header, &fd, fd >= 0 ? 1 : 0);
}

void sync_send_error(int sock, const struct error *err)
{
	send_payload(sock, SYNC_ERROR, err->code, err->text, strlen(err->text), -1);
}

void sync_log_sink(void *context, enum log_level level, const char *text)
{
	size_t len = strlen(text);

	send_payload((int)(intptr_t)context, SYNC_LOG, (int32_t)level, text,
		len < SYNC_PAYLOAD_MAX ? len : SYNC_PAYLOAD_MAX - 1, -1);
}

int sync_receive(int sock, struct sync_message *message, struct error *err)
{
	for (;;) {
		size_t fds = 1;
		/* a byte is left for the NUL */
		ssize_t len = fd_recv(
			sock, &message->type, HEADER + SYNC_PAYLOAD_MAX - 1, &message->fd, &fds);

		if (fds == 0)
			message->fd = -1;
		if (len == 0)
			return 0;
		if (len < 0 && errno == ECONNRESET)
			continue; /* it ended before it read everything: told once, then comes what
				     it has said */
		if (len < HEADER)
			return error_errno(err, "receive from the other side");
		message->len = (size_t)len - HEADER;
		message->payload[message->len] = '\0';
		if (message->type <= SYNC_LOG)
			fd_close(&message->fd); /* nobody would ask for it */
		if (message->type <= 0)
			return error_set(err, EPROTO, "receive from the other side");
		if (message->type == SYNC_LOG) {
			log_line((enum log_level)message->value, message->payload);
			continue;
		}
		if (message->type == SYNC_ERROR) {
			error_set(err, 0, "%s", message->payload);
			if (err != NULL)
				err->code = message->value;
			return -1;
		}
		return message->type;
	}
}

int sync_expect(int sock, enum sync_type type, struct sync_message *message, const char *who,
	struct error *err)
{
	int got = sync_receive(sock, message, err);

	if (got == (int)type)
		return 0;
	if (got == 0)
		return error_set(err, 0, "%s ended unexpectedly", who);
	return got < 0 ? -1
		       : error_set(err, 0, "%s said %d where %d was expected", who, got, (int)type);
}

int sync_await(int sock, enum sync_type type, const char *who, struct error *err)
{
	struct sync_message message;

	return sync_expect(sock, type, &message, who, err);
}

/* Why nobody listens any more. */
__attribute__((cold, noinline)) static int last_words(int sock, const char *who, struct error *err)
{
	struct sync_message message;
	int got;

	while ((got = sync_receive(sock, &message, err)) > 0)
		fd_close(&message.fd);
	return got < 0 ? -1 : error_set(err, 0, "%s ended unexpectedly", who);
}

int sync_tell(int sock, enum sync_type type, const void *payload, size_t len, int fd,
	const char *who, struct error *err)
{
	if (sync_send(sock, type, payload, len, fd) == 0)
		return 0;
	if (errno != EPIPE && errno != ECONNRESET)
		return error_errno(err, "send to %s", who);
	return last_words(sock, who, err);
}
