/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes of the host as the state file remembers them: a pid with the start time that makes it
 * unique.
 */
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct error;

/* Field 22 of /proc/PID/stat, in clock ticks since boot. *state (may be NULL) gets the state letter
 * (R, S, Z, X, T ...). Returns 0, or -1 with errno ENOENT or ESRCH when there is no such process.
 */
int process_start_time(pid_t pid, uint64_t *start_time, char *state);

/* A pidfd for the process that had this pid and start time. -1 with errno ESRCH when it is gone (or
 * a zombie). */
int process_open(pid_t pid, uint64_t start_time);

/* waitpid for one child, through EINTR. Returns the exit status as a shell gives it: code, or 128 +
 * signal; -1 on error. */
int process_wait(pid_t pid);

/* Runs work(context) in a child that shares memory and descriptors with this process, which waits
 * meanwhile: for what needs other namespaces for a moment. Returns what work returns; -1 with errno
 * when there is no child, or it was killed. */
int process_apart(int (*work)(void *context), void *context);
