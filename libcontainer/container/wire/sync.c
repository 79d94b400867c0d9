/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/wire/sync.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/list.h"

enum {
	BEGIN = offsetof(struct sync_message, type),
	HEADER = offsetof(struct sync_message, payload) - BEGIN
};

static const struct {
	const char *name;
	bool has_fd;
} kinds[] = {
	[SYNC_ERROR] = { "error", false },
	[SYNC_LOG] = { "log", false },
	[SYNC_MAPPED] = { "mapped", false },
	[SYNC_NAMESPACES] = { "namespaces", false },
	[SYNC_TREE] = { "tree", true },
	[SYNC_PREPARED] = { "prepared", false },
	[SYNC_HOOKS] = { "hooks", false },
	[SYNC_GO] = { "go", false },
	[SYNC_CONSOLE] = { "console", true },
	[SYNC_MOUNTPOINT] = { "mountpoint", false },
	[SYNC_SOURCE] = { "source", false },
	[SYNC_OPENED] = { "opened", true },
	[SYNC_ID_MAP] = { "ID-map", true },
	[SYNC_READY] = { "ready", false },
	[SYNC_PID] = { "pid", false },
	[SYNC_HOOK_FAILED] = { "hook failed", false },
	[SYNC_EXEC] = { "exec", false },
	[SYNC_SECCOMP] = { "seccomp", true },
	[SYNC_CRIU] = { "socket", true },
};

/* runc's prefixes; engines match them. */
static const struct {
	const char *name, *prefix;
} peers[] = {
	[SYNC_HOST_SIDE] = { "the host side", NULL },
	[SYNC_INIT] = { "the container's init",
		"unable to start container process: error during container init" },
	[SYNC_STARTING] = { "the container's init", "unable to start container process" },
	[SYNC_PROCESS] = { "the process in the container", NULL },
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

/* Fills in err with the error that the peer sent. */
static int take_error(const struct sync_message *message, enum sync_peer from, struct error *err)
{
	error_set(err, 0, "%s", message->payload);
	if (err != NULL)
		err->code = message->value;
	return peers[from].prefix != NULL ? error_prefix(err, "%s", peers[from].prefix) : -1;
}

/* Receives one message. Returns its type, 0 at end-of-file, or -1. */
static int receive_one(int sock, struct sync_message *message, struct error *err)
{
	size_t fds = 1;
	ssize_t len;

	do /* The peer exited with unread data: ECONNRESET is reported once, then its messages
	      follow. */
		len = fd_recv(sock, &message->type, HEADER + SYNC_PAYLOAD_MAX - 1, &message->fd,
			&fds); /* leaves a byte for the NUL */
	while (len < 0 && errno == ECONNRESET);
	if (len <= 0 || fds == 0)
		message->fd = -1;
	if (len == 0)
		return 0;
	if (len < HEADER) {
		error_errno(err, "receive from the other side");
		fd_close(&message->fd);
		return -1;
	}
	message->len = (size_t)len - HEADER;
	message->payload[message->len] = '\0';
	if (message->type <= 0 || (size_t)message->type >= ARRAY_SIZE(kinds) ||
		(kinds[message->type].has_fd && message->fd < 0)) {
		fd_close(&message->fd);
		return error_set(err, EPROTO, "receive from the other side");
	}
	if (!kinds[message->type].has_fd)
		fd_close(&message->fd); /* an unexpected descriptor */
	return message->type;
}

int sync_receive(int sock, struct sync_message *message, enum sync_peer from, struct error *err)
{
	int type;

	while ((type = receive_one(sock, message, err)) == SYNC_LOG)
		log_line((enum log_level)message->value, message->payload);
	return type == SYNC_ERROR ? take_error(message, from, err) : type;
}

int sync_expect(int sock, enum sync_type type, struct sync_message *message, enum sync_peer from,
	struct error *err)
{
	int got = sync_receive(sock, message, from, err);

	if (got == (int)type)
		return 0;
	if (got == 0)
		return error_set(err, 0, "%s ended unexpectedly", peers[from].name);
	if (got < 0)
		return -1;
	fd_close(&message->fd);
	return error_set(err, 0, "%s said \"%s\" where \"%s\" was expected", peers[from].name,
		kinds[got].name, kinds[type].name);
}

int sync_await(int sock, enum sync_type type, enum sync_peer from, struct error *err)
{
	struct sync_message message;

	if (sync_expect(sock, type, &message, from, err) < 0)
		return -1;
	fd_close(&message.fd);
	return 0;
}

/* The peer is gone: reads the error that it sent last. */
__attribute__((cold, noinline)) static int last_words(
	int sock, enum sync_peer from, struct error *err)
{
	struct sync_message message;
	int got;

	while ((got = sync_receive(sock, &message, from, err)) > 0)
		fd_close(&message.fd);
	return got < 0 ? -1 : error_set(err, 0, "%s ended unexpectedly", peers[from].name);
}

int sync_unsent(int sock, enum sync_peer to, struct error *err)
{
	if (errno != EPIPE && errno != ECONNRESET)
		return error_errno(err, "send to %s", peers[to].name);
	return last_words(sock, to, err);
}

int sync_tell(int sock, enum sync_type type, enum sync_peer to, struct error *err)
{
	return sync_send(sock, type, NULL, 0, -1) == 0 ? 0 : sync_unsent(sock, to, err);
}
