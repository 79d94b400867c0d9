/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sd_notify(3) through hull. The container can't reach the caller's NOTIFY_SOCKET, so it gets its
 * own socket at /run/notify/notify.sock, bound from a directory of the state. A separate process
 * relays messages to the caller's socket, with their descriptors, as long as the container runs.
 * hull has to relay, because systemd accepts messages only from processes of the service, and a
 * container is usually in another cgroup. Nobody waits for the relaying process, because the
 * container can delay it: close(2) of a descriptor that it has sent may take any time (SO_LINGER,
 * FUSE).
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "spec/config.h"

struct error;

struct notify_relay {
	const char *caller; /* the caller's NOTIFY_SOCKET; NULL: none */
	int inside;         /* socket in the container; -1: no relay */
	int outside;        /* socket connected to the caller's */
	int pidfd;          /* of the container's first process, borrowed */
	pid_t pid;          /* the same process */
	int process;        /* pidfd of the process that relays; -1: there is none */
	bool ready;         /* the container has sent READY=1 */
};
#define NOTIFY_RELAY(socket)                                                                \
	{                                                                                   \
		.caller = (socket), .inside = -1, .outside = -1, .pidfd = -1, .process = -1 \
	}

/*
 * create: makes the directory in the state directory; adds the mount and NOTIFY_SOCKET to the
 * configuration. Returns 0 or -1.
 */
int notify_add(struct oci_config *config, const char *state_path, int state_fd, struct error *err);

/*
 * start, before the process is executed: binds the container's socket and connects to the caller's.
 * If the caller's doesn't answer, warns and relays nothing. Close with notify_relay_close().
 * Returns 0 or -1.
 */
int notify_relay_open(
	struct notify_relay *relay, int state_fd, pid_t pid, int pidfd, struct error *err);
void notify_relay_close(struct notify_relay *relay);

/*
 * Forks a process that relays until the container ends. Adds MAINPID to READY=1, and drops MAINPID
 * in the container's own messages, where it would name a wrong process. Keeps nothing of the
 * container's open in this process. Returns 0 if nothing is relayed.
 */
int notify_relay_leave(struct notify_relay *relay, struct error *err);

/*
 * Relays until the container is ready and its manager knows (BARRIER=1), then does as
 * notify_relay_leave(). Returns immediately if nothing is relayed, or when the container ends
 * before it is ready.
 */
int notify_relay_run(struct notify_relay *relay, struct error *err);

/*
 * After the container has ended: gives the process time for the container's last messages, and ends
 * it.
 */
void notify_relay_end(struct notify_relay *relay);
