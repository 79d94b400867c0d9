/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two sides of `create` (and of `exec`) say to each other over a socketpair: one message a
 * step, a log line, or the error that ends it. A side that dies is noticed as end-of-file, at once.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

enum sync_type {
	SYNC_ERROR = 1, /* the other side failed; the error came along */
	SYNC_LOG,
	SYNC_MAPPED,     /* host: the user namespace has its maps, the process is in its cgroup */
	SYNC_NAMESPACES, /* inside: all namespaces are there (payload: nothing) */
	SYNC_TREE, /* host: a tree that took another one's place comes with this (payload: uint32
		      mount, path of a part) */
	SYNC_PREPARED,   /* host: the trees have their ID mapping, time offsets are written, devices
			    moved in */
	SYNC_HOOKS,      /* inside: run prestart and createRuntime now */
	SYNC_GO,         /* host: carry on */
	SYNC_CONSOLE,    /* inside: the pty's master comes with this message */
	SYNC_MOUNTPOINT, /* inside: make this mountpoint, I may not (payload: 'd' or 'f' and the
			    path) */
	SYNC_READY,      /* inside: waiting for start */
	SYNC_PID,        /* the joining stage: the init's pid (int32) */
	SYNC_HOOK_FAILED, /* inside: of startContainer; the error comes next */
	SYNC_EXEC,        /* inside: about to call execve */
	SYNC_SECCOMP,     /* inside: the listener comes with this message */
	SYNC_CRIU,        /* the process that becomes CRIU: the socket to it comes with this message */
};

/* Who is at the other end: its name in errors, and what comes before an error that it sends. */
enum sync_peer {
	SYNC_HOST_SIDE, /* of create, exec, or the one who starts */
	SYNC_INIT,      /* until it is ready; and the process that joins namespaces for it */
	SYNC_STARTING,  /* the init, from start on */
	SYNC_PROCESS,   /* that of exec, or another one inside */
};

enum { SYNC_PAYLOAD_MAX = ERROR_TEXT_MAX + 64 };

struct sync_message {
	size_t len; /* of the payload */
	int fd;     /* that came along, or -1; the receiver's */
	/* from here on as it is sent */
	int32_t type;  /* enum sync_type */
	int32_t value; /* the errno of an error, the level of a log line */
	char payload[SYNC_PAYLOAD_MAX];
};

int sync_pair(int sockets[2], struct error *err);
int sync_send(int sock, enum sync_type type, const void *payload, size_t len, int fd);

/* The same; where the other side has ended already, err is what it said last. */
int sync_tell(int sock, enum sync_type type, const void *payload, size_t len, int fd,
	enum sync_peer to, struct error *err);

void sync_send_error(int sock, const struct error *err);

/* log_to_sink()'s sink: context is the socket's number. */
void sync_log_sink(void *context, enum log_level level, const char *text);

/* Receives until something else than a log line comes (those are passed on to the log). Returns its
 * type; 0 at end-of-file; -1 with err set when it is an error message or can't be received. A type
 * that comes with a descriptor has one; what comes with any other is closed. */
int sync_receive(int sock, struct sync_message *message, enum sync_peer from, struct error *err);

/* Receives, and anything but `type` is an error. */
int sync_await(int sock, enum sync_type type, enum sync_peer from, struct error *err);
int sync_expect(int sock, enum sync_type type, struct sync_message *message, enum sync_peer from,
	struct error *err);
