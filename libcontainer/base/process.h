/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes of the host as the state file remembers them: a pid with the start time that makes it
 * unique.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
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

/* Asks the pidfd again: what was read meanwhile from /proc/PID, by number, is said of its process
 * and of nobody who got the number after it. -1 with errno ESRCH when it has been reaped. */
int process_check(int pidfd, struct error *err);

/* A pidfd for a child of this process, which can't be reaped by anybody else: a number that another
 * process told is only believed if it is one. -1 with err set. */
int process_open_child(pid_t pid, struct error *err);

/* waitpid for one child, through EINTR. Returns the exit status as a shell gives it: code, or 128 +
 * signal; -1 on error. */
int process_wait(pid_t pid);

/* Makes this process non-dumpable, and with it every process that it forks: nobody without
 * CAP_SYS_PTRACE over the user namespace in which hull was executed may attach to it, or follow its
 * links in /proc. execve(2) undoes this; with fs.suid_dumpable=1 so does every change of IDs and
 * every setns(2) into a user namespace that somebody else made: then call it again. */
int process_hide(struct error *err);

/* What process_apart() runs. giver: for process_give(). Returns 0, or -1 with err set. */
typedef int process_work(void *context, int giver, struct error *err);

/* Runs work(context) in a child process that has its own copy of the memory and of the descriptors:
 * for what has to be done in other namespaces. namespaces: CLONE_NEW... that the child is born in;
 * so it stays non-dumpable in a new user namespace, which unshare(2) doesn't guarantee. Waits until
 * it has ended. fds[] gets, in their order, the n descriptors that work gave (process_give()); they
 * are the caller's. Returns 0, or -1 with err as work set it; then fds[] is all -1. */
int process_apart(uint64_t namespaces, process_work *work, void *context, int *fds, size_t n,
	struct error *err);

/* In work: hands a copy of fd over to the caller of process_apart(). Blocks while too many are on
 * their way. */
int process_give(int giver, int fd, struct error *err);
