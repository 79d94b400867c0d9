/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Terminals (process.terminal). The container's pty comes from its own devpts and is never opened
 * by a path that the container could have changed (CVE-2025-52565, CVE-2026-88264). For a container
 * in the foreground, hull relays between the pty and the caller's terminal.
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

/* Returns the root of the container's devpts (O_PATH), /dev/pts below rootfd; or -1. */
int terminal_devpts(int rootfd, struct error *err);

/*
 * Opens a pty of the devpts whose root directory is `devpts` (O_PATH suffices; checked). size may
 * be NULL. The slave belongs to uid, an ID of the container. Returns the master, and the slave in
 * *peer; or -1.
 */
int terminal_open(int devpts, const struct oci_box *size, uid_t uid, int *peer, struct error *err);

/*
 * Makes the slave the controlling terminal of a new session, and standard input, output and error.
 * Returns 0 or -1.
 */
int terminal_take(int peer, struct error *err);

/*
 * Bind-mounts the slave over /dev/console: target is an O_PATH fd of an existing file. Runs in the
 * devpts's mount namespace. Returns 0 or -1.
 */
int terminal_bind_console(int peer, int target, struct error *err);

/*
 * Reopens *peer through the devpts at /dev/pts below rootfd, after its mount was replaced by
 * another one of the same filesystem. Returns 0 or -1.
 */
int terminal_reopen(int *peer, int rootfd, struct error *err);

/* Sends the master to the receiver at --console-socket, unless that is NULL. Returns 0 or -1. */
int terminal_send(const char *console_socket, int master, struct error *err);

/* ---- host side ---- */

enum { TERMINAL_CHUNK = 4096, TERMINAL_POLL_FDS = 3 };

struct terminal_relay {
	int master;  /* borrowed; -1 after the container has hung up */
	int in, out; /* the caller's streams; in: -1 after end-of-file, out: -1 if the reader is
			gone */
	bool raw;    /* `saved` must be restored */
	struct termios saved;
	struct timespec last_output; /* CLOCK_MONOTONIC */
	struct terminal_bytes {
		char data[TERMINAL_CHUNK];
		size_t begin, end;
	} to_container, from_container;
};

/*
 * For a container in the foreground, before its process runs: copies the caller's window size
 * unless keep_size is set, and turns off the conversion of LF to CR LF, which is left to the
 * caller's terminal or the reader of a pipe. Returns 0 or -1.
 */
int terminal_in_foreground(int master, bool keep_size, struct error *err);

/*
 * Starts relaying. Makes the caller's terminal (standard input, if it is one) raw; the container's
 * gets its window size unless keep_size is set, and doesn't convert LF to CR LF. The caller must
 * ignore SIGPIPE, and call terminal_relay_end() even if it is terminated by a signal. Returns 0 or
 * -1.
 */
int terminal_relay_begin(
	struct terminal_relay *relay, int master, bool keep_size, struct error *err);

/* Fills in fds for poll(2): always TERMINAL_POLL_FDS entries; unused ones have fd -1. */
void terminal_relay_want(const struct terminal_relay *relay, struct pollfd fds[TERMINAL_POLL_FDS]);

/*
 * Copies what is ready according to poll(2). Returns false when the container's end is closed and
 * everything is copied.
 */
bool terminal_relay_step(struct terminal_relay *relay, const struct pollfd fds[TERMINAL_POLL_FDS]);

/* Copies the window size, on SIGWINCH. */
void terminal_relay_resize(const struct terminal_relay *relay);

/*
 * After the container has ended: copies remaining output and restores the caller's terminal. Waits
 * until 20 ms have passed since the last output to a terminal.
 */
void terminal_relay_end(struct terminal_relay *relay);
