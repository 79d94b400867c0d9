/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What create and exec receive from their caller for a new process, and what they hand over to the
 * caller: descriptors and a terminal; the pid file and the pidfd.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct error;

/*
 * Checks that the caller passed on all descriptors 3 ... 3 + n - 1. One that the caller didn't open
 * could be a file that hull opened on the host: it must not reach the container. Returns 0 or -1.
 */
int handover_check_fds(unsigned n, struct error *err);

/*
 * Checks that some process will serve the terminal: this one, or the receiver at console_socket
 * (NULL: none). Returns 0 or -1.
 */
int handover_check_terminal(
	bool terminal, bool detached, const char *console_socket, struct error *err);

/*
 * Writes pid in decimal, without a newline, to a temporary file and renames it to path, so that a
 * watcher never reads a partial number. A device or a pipe (/dev/stdout) is written to instead. A
 * relative path is relative to the working directory.
 */
int handover_write_pid_file(const char *path, pid_t pid, struct error *err);

/* Undoes it: removes the file, but no device or pipe. */
void handover_remove_pid_file(const char *path);

/* Sends pidfd over the unix stream socket at path (--pidfd-socket). Keeps pidfd. */
int handover_send_pidfd(const char *path, int pidfd, struct error *err);
