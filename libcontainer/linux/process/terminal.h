/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Terminals (process.terminal): the container's pty, made from its own devpts and never opened by a
 * path that the container could have changed (CVE-2025-52565, CVE-2026-88264); and the relay
 * between it and the caller's terminal for a container in the foreground.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>

#include "spec/config.h"

struct error;

/* ---- inside ---- */

/* Makes a pty from the devpts whose root directory is `devpts` (an fd, O_PATH will do; checked to
 * be one). size may be NULL. The other end belongs to uid, an ID of the container. Returns the
 * master, *peer gets the container's end. */
int terminal_open(int devpts, const struct oci_box *size, uid_t uid, int *peer, struct error *err);

/* Makes the container's end the controlling terminal of a new session, and standard input, output
 * and error. */
int terminal_take(int peer, struct error *err);

/* Binds the container's end on /dev/console: an O_PATH fd of an existing file. In the mount
 * namespace of the devpts. */
int terminal_bind_console(int peer, int target, struct error *err);

/* Opens the terminal *peer again, in the devpts that is mounted at /dev/pts below rootfd: after the
 * mount that it was opened on was replaced by another of the same filesystem. Replaces *peer. */
int terminal_reopen(int *peer, int rootfd, struct error *err);

/* Sends the master over the socket that the caller named by --console-socket. */
int terminal_send(int socket, int master, struct error *err);

/* ---- on the host's side ---- */

enum { TERMINAL_CHUNK = 4096, TERMINAL_POLL_FDS = 3 };

struct terminal_relay {
	int master;  /* not owned; -1 when the container has hung up */
	int in, out; /* the caller's; in is -1 after its end, out is -1 when nobody reads it any
			more */
	bool raw;    /* `saved` is to be restored */
	struct termios saved;
	struct timespec last_output; /* CLOCK_MONOTONIC */
	struct terminal_bytes {
		char data[TERMINAL_CHUNK];
		size_t begin, end;
	} to_container, from_container;
};

/* For a container in the foreground, before its process can look or write: the container's terminal
 * takes over the window size of the caller's unless keep_size, and stops making CR LF of LF: the
 * caller's terminal, or the program that reads a pipe, does what it wants with line ends. */
int terminal_in_foreground(int master, bool keep_size, struct error *err);

/* Begins: the caller's terminal (standard input, if it is one) becomes raw, the container's stops
 * making CR LF of LF, and takes over the window size unless keep_size. The caller must ignore
 * SIGPIPE, and give back the terminal with terminal_relay_end(), also when it is told to exit by a
 * signal. */
int terminal_relay_begin(
	struct terminal_relay *relay, int master, bool keep_size, struct error *err);

/* Fills in what to poll(2) for: always TERMINAL_POLL_FDS entries, those without interest have fd
 * -1. */
void terminal_relay_want(const struct terminal_relay *relay, struct pollfd fds[TERMINAL_POLL_FDS]);

/* Copies what poll(2) found. Returns false when the container's end is closed and everything is
 * copied. */
bool terminal_relay_step(struct terminal_relay *relay, const struct pollfd fds[TERMINAL_POLL_FDS]);

/* Passes the window size on: at SIGWINCH. */
void terminal_relay_resize(const struct terminal_relay *relay);

/* Copies the output that is still there (call it after the container's end) and restores the
 * caller's terminal. If output went to a terminal within the last 20 ms, it waits until these are
 * over. */
void terminal_relay_end(struct terminal_relay *relay);
