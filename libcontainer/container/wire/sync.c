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
	size_t min, max; /* descriptors */
} kinds[] = {
	[SYNC_ERROR] = { "error", 0, 0 },
	[SYNC_LOG] = { "log", 0, 0 },
	[SYNC_MAPPED] = { "mapped", 0, 0 },
	[SYNC_NAMESPACES] = { "namespaces", 0, 0 },
	[SYNC_TREES] = { "trees", 1, FD_SEND_MAX },
	[SYNC_PREPARED] = { "prepared", 0, FD_SEND_MAX },
	[SYNC_HOOKS] = { "hooks", 0, 0 },
	[SYNC_GO] = { "go", 0, 0 },
	[SYNC_CONSOLE] = { "console", 1, 1 },
	[SYNC_MOUNTPOINT] = { "mountpoint", 0, 0 },
	[SYNC_SOURCE] = { "source", 0, 0 },
	[SYNC_OPENED] = { "opened", 1, 1 },
	[SYNC_ID_MAP] = { "ID-map", 1, 1 },
	[SYNC_READY] = { "ready", 0, 0 },
	[SYNC_PID] = { "pid", 0, 0 },
	[SYNC_HOOK_FAILED] = { "hook failed", 0, 0 },
	[SYNC_EXEC] = { "exec", 0, 0 },
	[SYNC_SECCOMP] = { "seccomp", 1, 1 },
	[SYNC_CRIU] = { "socket", 1, 1 },
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

/* Not a struct sync_message on the stack: in a cloned process that would copy another page. */
static int send_payload(int sock, const int32_t header[2], const void *payload, size_t len,
	const int *fds, size_t nfds)
{
	cleanup_buf struct buf message = { 0 };

	buf_append(&message, header, HEADER);
	buf_append(&message, payload, len);
	return fd_send(sock, message.data, message.len, fds, nfds);
}

int sync_send_fds(
	int sock, enum sync_type type, const void *payload, size_t len, const int *fds, size_t nfds)
{
	const int32_t header[HEADER / sizeof(int32_t)] = { (int32_t)type };

	if (payload != NULL)
		return send_payload(sock, header, payload, len, fds, nfds);
	return fd_send(sock, header, sizeof header, fds, nfds);
}

int sync_send(int sock, enum sync_type type, const void *payload, size_t len, int fd)
{
	return sync_send_fds(sock, type, payload, len, &fd, fd >= 0 ? 1 : 0);
}

void sync_send_error(int sock, const struct error *err)
{
	const int32_t header[] = { SYNC_ERROR, err->code };

	send_payload(sock, header, err->text, strlen(err->text), NULL, 0);
}

void sync_log_sink(void *context, enum log_level level, const char *text)
{
	const int32_t header[] = { SYNC_LOG, (int32_t)level };
	size_t len = strlen(text);

	send_payload((int)(intptr_t)context, header, text,
		len < SYNC_PAYLOAD_MAX ? len : SYNC_PAYLOAD_MAX - 1, NULL, 0);
}

/* Fills in err with the error that the peer sent. */
static int take_error(const struct sync_message *message, enum sync_peer from, struct error *err)
{
	error_set(err, 0, "%s", message->payload);
	if (err != NULL)
		err->code = message->value;
	return peers[from].prefix != NULL ? error_prefix(err, "%s", peers[from].prefix) : -1;
}

/* Closes the descriptors after the first `keep` ones. */
static void drop_fds(struct sync_message *message, size_t keep)
{
	while (message->nfds > keep)
		fd_close(&message->fds[--message->nfds]);
	if (message->nfds == 0)
		message->fd = -1;
}

/* Receives one message. Returns its type, 0 at end-of-file, or -1. */
static int receive_one(int sock, struct sync_message *message, struct error *err)
{
	ssize_t len;

	do { /* The peer exited with unread data: ECONNRESET is reported once, then its messages
		follow. */
		message->nfds = FD_SEND_MAX;
		len = fd_recv(sock, &message->type, HEADER + SYNC_PAYLOAD_MAX - 1, message->fds,
			&message->nfds); /* leaves a byte for the NUL */
	} while (len < 0 && errno == ECONNRESET);
	if (len < 0)
		error_errno(err, "receive from the other side");
	if (len < HEADER) {
		drop_fds(message, 0);
		return len == 0   ? 0
			: len < 0 ? -1
				  : error_set(err, EPROTO, "receive from the other side");
	}
	message->len = (size_t)len - HEADER;
	message->payload[message->len] = '\0';
	if (message->type <= 0 || (size_t)message->type >= ARRAY_SIZE(kinds) ||
		kinds[message->type].name == NULL || message->nfds < kinds[message->type].min) {
		drop_fds(message, 0);
		return error_set(err, EPROTO, "receive from the other side");
	}
	drop_fds(message, kinds[message->type].max); /* unexpected descriptors */
	return message->type;
}

int sync_ended(enum sync_peer from, struct error *err)
{
	error_set(err, 0, "%s ended unexpectedly", peers[from].name);
	if (err != NULL)
		err->code = ECONNRESET;
	return -1;
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
		return sync_ended(from, err);
	if (got < 0)
		return -1;
	drop_fds(message, 0);
	return error_set(err, 0, "%s said \"%s\" where \"%s\" was expected", peers[from].name,
		kinds[got].name, kinds[type].name);
}

int sync_await(int sock, enum sync_type type, enum sync_peer from, struct error *err)
{
	struct sync_message message;

	if (sync_expect(sock, type, &message, from, err) < 0)
		return -1;
	drop_fds(&message, 0);
	return 0;
}

/* The peer is gone: reads the error that it sent last. */
__attribute__((cold, noinline)) static int last_words(
	int sock, enum sync_peer from, struct error *err)
{
	struct sync_message message;
	int got;

	while ((got = sync_receive(sock, &message, from, err)) > 0)
		drop_fds(&message, 0);
	return got < 0 ? -1 : sync_ended(from, err);
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
