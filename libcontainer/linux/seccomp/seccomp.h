/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loads a compiled seccomp filter (seccomp(2)). seccomp_compile.h compiles it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <linux/filter.h>

struct error;

/*
 * Loads the filter of n instructions for the calling process. flags: from seccomp_compile().
 * Returns 0; with SECCOMP_FILTER_FLAG_NEW_LISTENER the listener, close-on-exec and with the lowest
 * free number; or -1.
 */
int seccomp_filter_load(
	const struct sock_filter *program, size_t n, unsigned flags, struct error *err);

/*
 * Loads a filter with a listener, and gives that to pass(context, listener). Works with any filter,
 * even one that notifies on every system call: pass() runs in a thread without a filter, while the
 * caller spins. pass() should be quick. It has 64 kB of stack and shares everything with the
 * caller, even errno, so it must not use anything that isn't thread-safe. It should send the
 * listener, wait until it has been received, and return 0; otherwise the process exits. flags:
 * without SECCOMP_FILTER_FLAG_TSYNC. Returns 0 or -1.
 */
int seccomp_filter_load_notify(const struct sock_filter *program, size_t n, unsigned flags,
	int (*pass)(void *context, int listener), void *context, struct error *err);

/* Returns true if the kernel knows the flag, an index + 1 into seccomp_flag_names. */
bool seccomp_flag_supported(int flag);
