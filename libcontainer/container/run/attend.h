/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Serves a container process in the foreground until it ends: relays its terminal, forwards
 * signals, reaps orphans.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct error;

/*
 * Blocks the signals that attend() forwards, so that none gets lost before it and none interrupts
 * create halfway.
 */
void attend_begin(void);

/* Lets signals interrupt again. */
void attend_end(void);

/*
 * Waits for pid, a child of this process. console: the pty's master or -1; keep_size: its window
 * size was given by the configuration. Returns the exit status as a shell gives it, -1 on error.
 */
int attend(pid_t pid, int pidfd, int console, bool keep_size, struct error *err);
