/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What create and exec get from their caller for a new process and give back: descriptors, the
 * terminal; the pid file, the pidfd.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct error;

/* That the descriptors 3 ... 3 + n - 1, which the new process shall have, were passed on by the
 * caller: a number that is free, or was until hull itself opened something, would let one of the
 * host's files into the container. */
int preserved_fds_check(unsigned n, struct error *err);

/* That a terminal has somebody who serves it: this process, or whoever gets it over the console
 * socket (NULL: nobody). */
int terminal_options_check(
	bool terminal, bool detached, const char *console_socket, struct error *err);

/* The pid in decimal, without a newline, written beside the path and renamed: whoever watches it
 * never reads half a number. A relative path is relative to the caller's working directory. */
int pid_file_write(const char *path, pid_t pid, struct error *err);

/* Sends the pidfd over the unix stream socket at `path` (--pidfd-socket). */
int pidfd_hand_over(const char *path, int pidfd, struct error *err);
