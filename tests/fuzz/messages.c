/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process inside may say to hull: messages of the sync protocol, and the datagrams of
 * sd_notify(3). The first byte says which; of the sync protocol each record of the input (two
 * bytes: its length, and whether a file comes along) is a message.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "container/create/parcel.h"
#include "container/create/setup.h"
#include "container/wire/notify.h"
#include "container/wire/sync.h"
#include "fuzz.h"

static void no_log(void *context, enum log_level level, const char *text)
{
	(void)context;
	require(level <= LOG_LEVEL_DEBUG && strlen(text) < SYNC_PAYLOAD_MAX, "a log line is one");
}

static void send_records(int sock, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		size_t len = data[0] * 64 < size - 2
			? (size_t)data[0] * 64
			: size - 2; /* up to more than a message holds */
		int file = data[1] & 1 ? STDERR_FILENO : -1;

		if (len > 0 && fd_send(sock, data + 2, len, &file, file >= 0) < 0)
			return;
		data += 2 + len;
		size -= 2 + len;
	}
}

static void receive(const uint8_t *data, size_t size)
{
	struct mount_plan plans[2] = { { .kind = MOUNT_BIND }, { .kind = MOUNT_BIND } };
	struct mount_state states[2] = { { .tree = -1 }, { .tree = -1 } };
	struct setup c = SETUP(CREATE);
	struct sync_message message;
	struct error err = { 0 };
	int sockets[2];

	c.mounts = (struct mounts){ plans, states, 2 };
	require(sync_pair(sockets, &err) == 0, "there is a socket pair");
	fcntl(sockets[1], F_SETFL, O_NONBLOCK);
	send_records(sockets[1], data, size);
	close(sockets[1]);
	while (sync_receive(sockets[0], &message, SYNC_INIT, &err) > 0) {
		require(message.len < SYNC_PAYLOAD_MAX && message.payload[message.len] == '\0',
			"a message ends");
		if (message.type == SYNC_TREES || message.type == SYNC_PREPARED)
			parcel_receive(&c, &message, &err);
		else
			fd_close(&message.fd);
	}
	require(strlen(err.text) < sizeof err.text, "an error ends");
	close(sockets[0]);
	fd_close(&c.rootfs_tree);
	mounts_close(&c.mounts);
	arena_free(&c.arena);
}

static int datagram_pair(int sockets[2])
{
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets);
}

/* The container has ended, so that only what it has sent is relayed; nobody reads it. */
static void notify(const uint8_t *data, size_t size)
{
	struct notify_relay relay = NOTIFY_RELAY("/nonexistent");
	struct error err = { 0 };
	int container[2], manager[2];

	relay.pidfd = eventfd(1, EFD_CLOEXEC);
	relay.pid = 1;
	require(relay.pidfd >= 0 && datagram_pair(container) == 0 && datagram_pair(manager) == 0,
		"there are sockets");
	send_records(container[1], data, size);
	relay.inside = container[0];
	relay.outside = manager[0];
	notify_relay_run(&relay, &err);
	for (int i = 0; i < 2; i++) {
		close(container[i]);
		close(manager[i]);
	}
	close(relay.pidfd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_to_sink(no_log, NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (size > 0)
		(data[0] & 1 ? notify : receive)(data + 1, size - 1);
	fd = dup(STDERR_FILENO);
	require(fd >= 0 && fd < 32, "no file stays open");
	close(fd);
	return 0;
}
