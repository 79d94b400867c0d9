/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages between the two sides of `create` (and of `exec`) over a socketpair: one for each
 * step, a log line, or the error that ends the dialogue. If a side dies, the other one receives
 * end-of-file at once.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

enum sync_type {
	/*
	 * Between `start` and the init that `create` left. Their versions of hull may differ, so
	 * these numbers never change.
	 */
	SYNC_ERROR = 1,        /* the sender failed (value: errno; payload: text) */
	SYNC_LOG = 2,          /* value: the level */
	SYNC_GO = 8,           /* host: continue */
	SYNC_HOOK_FAILED = 13, /* inside: a startContainer hook failed; SYNC_ERROR follows */
	SYNC_EXEC = 14,        /* inside: about to call execve */
	SYNC_SECCOMP = 15,     /* inside: the seccomp listener (fd) */
	/* Between processes of one command. */
	SYNC_MAPPED = 32, /* host: ID maps are written; on cgroup v2 the process is in its cgroup */
	SYNC_NAMESPACES,  /* inside: all namespaces exist */
	SYNC_TREES,       /* host: trees (fds; payload: see create/parcel.c); more follow */
	SYNC_PREPARED,    /* host: network devices are moved, and these are the last trees */
	SYNC_HOOKS,   /* inside: run prestart and createRuntime now; createContainer comes next */
	SYNC_CONSOLE, /* inside: the pty's master (fd) */
	SYNC_MOUNTPOINT, /* inside: make this mountpoint, I have no permission (payload: 'd' or
			    'f', path) */
	SYNC_SOURCE,     /* inside: open this source, I have no permission (payload: uint32 index
			    of the mount) */
	SYNC_OPENED,     /* host: the source of SYNC_SOURCE (fd) */
	SYNC_ID_MAP,     /* inside: ID-map this tree (fd; payload: uint32 index of the mount) */
	SYNC_READY,      /* inside: waiting for start */
	SYNC_PID,        /* joiner: the init's PID (int32) */
	SYNC_CRIU,       /* the process that becomes CRIU: the socket to it (fd) */
};

/* The peer: its name in errors, and the prefix of errors that it sends. */
enum sync_peer {
	SYNC_HOST_SIDE, /* of create, exec, start or run */
	SYNC_INIT,      /* the init until it is ready, and the joiner of namespaces for it */
	SYNC_STARTING,  /* the init from `start` on */
	SYNC_PROCESS,   /* exec's process, or another one inside */
};

enum { SYNC_PAYLOAD_MAX = ERROR_TEXT_MAX + 64 };

struct sync_message {
	size_t len; /* length of the payload */
	size_t nfds;
	union {         /* received descriptors, which the receiver closes */
		int fd; /* the only one, or -1 */
		int fds[FD_SEND_MAX];
	};
	/* the wire format starts here */
	int32_t type;  /* enum sync_type */
	int32_t value; /* errno of an error, level of a log line */
	char payload[SYNC_PAYLOAD_MAX];
};

/* Makes the connection: [0] for the host side, [1] for the other one. Returns 0 or -1. */
int sync_pair(int sockets[2], struct error *err);
/*
 * Send a message with its payload (NULL: none) and descriptors (fd -1: none), which stay open.
 * Return 0, or -1 with errno; see sync_unsent().
 */
int sync_send(int sock, enum sync_type type, const void *payload, size_t len, int fd);
int sync_send_fds(int sock, enum sync_type type, const void *payload, size_t len, const int *fds,
	size_t nfds);

/* Sends a message that is only its type. Returns 0, or -1 with sync_unsent()'s error. */
int sync_tell(int sock, enum sync_type type, enum sync_peer to, struct error *err);

/*
 * The peer has ended without an error message: sets err, with the code ECONNRESET. Functions here
 * that learn it do the same. Returns -1.
 */
int sync_ended(enum sync_peer from, struct error *err) __attribute__((cold));

/*
 * After sync_send() has failed: if the peer has exited, sets err to the error that it sent last.
 * Returns -1.
 */
int sync_unsent(int sock, enum sync_peer to, struct error *err);

/* Sends SYNC_ERROR with errno and text. Ignores errors: the peer has exited then. */
void sync_send_error(int sock, const struct error *err);

/* Sink for log_to_sink(). context: the socket's number. */
void sync_log_sink(void *context, enum log_level level, const char *text);

/*
 * Receives messages, and logs those of type SYNC_LOG, until another one arrives. Returns its type;
 * 0 at end-of-file; -1 with err if it is an error or can't be received. Descriptors are set only
 * for types that carry them; others are closed.
 */
int sync_receive(int sock, struct sync_message *message, enum sync_peer from, struct error *err);

/* Receives one message; any type other than `type` is an error. */
int sync_await(int sock, enum sync_type type, enum sync_peer from, struct error *err);
int sync_expect(int sock, enum sync_type type, struct sync_message *message, enum sync_peer from,
	struct error *err);
