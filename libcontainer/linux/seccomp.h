/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading a compiled seccomp filter (seccomp(2)). What is in it is seccomp_compile.h's.
 */
#pragma once
#include <linux/filter.h>
#include <stddef.h>

struct error;

/* Puts the filter of n instructions in force for the calling process. flags: of seccomp_compile(). Returns 0, or with
 * SECCOMP_FILTER_FLAG_NEW_LISTENER the listener, which is close-on-exec and gets the lowest free number. */
int seccomp_filter_load(const struct sock_filter *program, size_t n, unsigned flags, struct error *err);
