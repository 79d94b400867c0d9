/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading a compiled seccomp filter (seccomp(2)). What is in it is
 * seccomp_compile.h's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <linux/filter.h>

struct error;

/* Puts the filter of n instructions in force for the calling process. flags: of seccomp_compile().
 * Returns 0, or with SECCOMP_FILTER_FLAG_NEW_LISTENER the listener, which is close-on-exec and gets
 * the lowest free number. */
int seccomp_filter_load(
	const struct sock_filter *program, size_t n, unsigned flags, struct error *err);

/* The same for a filter with a listener, which is handed to pass(context, listener). Whatever the
 * filter says, even if every system call is for the listener to decide: pass() runs in a thread of
 * its own that has no filter, while the caller waits without a system call (so pass() should not
 * take long, nor use what isn't meant for threads: it shares everything with the caller, errno
 * included, and has 64 kB of stack). It should send the listener to somebody, wait until that one
 * has it, and return 0; where it doesn't, the process ends. flags: without
 * SECCOMP_FILTER_FLAG_TSYNC. Returns 0 or -1. */
int seccomp_filter_load_notify(const struct sock_filter *program, size_t n, unsigned flags,
	int (*pass)(void *context, int listener), void *context, struct error *err);

/* Whether this kernel knows the flag, an index + 1 into seccomp_flag_names. */
bool seccomp_flag_supported(int flag);
