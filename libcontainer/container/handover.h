/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What create and exec give their caller about a new process: the pid file, the pidfd.
 */
#pragma once
#include <sys/types.h>

struct error;

/* The pid in decimal, without a newline, written beside the path and renamed: whoever watches it never reads half a number. A
 * relative path is relative to the caller's working directory. */
int pid_file_write(const char *path, pid_t pid, struct error *err);

/* Sends the pidfd over the unix stream socket at `path` (--pidfd-socket). */
int pidfd_hand_over(const char *path, int pidfd, struct error *err);
