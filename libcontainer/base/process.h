/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes: identified by PID and start time, as the state file records them, or by pidfd.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/*
 * Reads field 22 of /proc/PID/stat: the start time in clock ticks since boot. *state (may be NULL):
 * the state letter (R, S, Z, X, T ...). Returns 0, or -1 with errno, ENOENT or ESRCH if there is no
 * such process.
 */
int process_start_time(pid_t pid, uint64_t *start_time, char *state);

/*
 * Returns a pidfd for the process with this PID and start time; or -1 with errno, ESRCH if it is
 * gone or a zombie.
 */
int process_open(pid_t pid, uint64_t start_time);

/*
 * Checks that the pidfd's process hasn't been reaped. If so, its PID wasn't reused, and what was
 * read from /proc/PID before is about that process. Returns 0; or -1 with errno ESRCH.
 */
int process_check(int pidfd, struct error *err);

/*
 * Returns a pidfd for a child of this process, or -1. Nobody else can reap a child, so a PID
 * reported by another process is trusted only if it is one.
 */
int process_open_child(pid_t pid, struct error *err);

/*
 * Waits for one child, handling EINTR. Returns its exit status, 128 + signal if it was killed, or
 * -1 on error.
 */
int process_wait(pid_t pid);

/*
 * Makes this process and everything it forks non-dumpable: without CAP_SYS_PTRACE in the user
 * namespace in which hull was executed, no process can attach to it or follow its links in /proc.
 * execve(2) undoes this. With fs.suid_dumpable=1, so does every change of IDs and every setns(2)
 * into somebody else's user namespace: call it again after those. Returns 0 or -1.
 */
int process_hide(struct error *err);

/* Work for process_apart(). giver: for process_give(). Returns 0 or -1. */
typedef int process_work(void *context, int giver, struct error *err);

/*
 * Runs work(context) in a child with separate memory and descriptors, for work in other namespaces.
 * namespaces: CLONE_NEW... of the child; born in a new user namespace, it stays non-dumpable, which
 * unshare(2) doesn't guarantee. Waits until it has ended. fds[]: the n descriptors that work passed
 * to process_give(), in order; the caller owns them. Returns 0; or -1 with work's error, and all
 * fds[] -1.
 */
int process_apart(uint64_t namespaces, process_work *work, void *context, int *fds, size_t n,
	struct error *err);

/*
 * In work: sends a copy of fd to the caller of process_apart(). Blocks while too many are in
 * transit.
 */
int process_give(int giver, int fd, struct error *err);
