/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiles linux.seccomp to a BPF program. hull has its own compiler because libseccomp's programs
 * are slow to generate, load and run (docs/decisions/0027). Here the system call numbers of an
 * architecture become a balanced tree of ranges with the same outcome.
 *
 * The meaning is libseccomp's; tests/unit/test_seccomp.c requires the same verdict from both
 * programs:
 *
 * - A rule without args decides for its system calls, whatever other rules say. The first of
 *   several such rules decides.
 * - Otherwise the first rule whose args all match decides. The order is: a higher argument before a
 *   lower one; EQ, NE and MASKED_EQ before LT and LE before GE and GT; the narrower bound; the
 *   order in the profile. A rule that begins with all args of an earlier one, and has more, comes
 *   too late.
 * - A rule with the same args as an earlier one and another action is an error.
 * - If an index occurs twice in a rule's args, each of its conditions is a rule of its own (as in
 *   runc).
 * - On a 32-bit architecture only the low half of an argument counts.
 * - On x86 and similar architectures, a rule for socket(), msgget() and their relatives also
 *   applies to that call of socketcall(2) and ipc(2), whose other arguments a filter can't see.
 * - An architecture that isn't listed kills, and so does x32. This machine's own is always listed.
 *
 * If several rules for one system call have more than one condition each, or LT and LE beyond 32
 * bits, libseccomp (2.5.4 and 2.6.0) loses some rules and lets others match too much; hull follows
 * the rules. One thing is as in runc: if a system call's number is higher than any that the profile
 * names for that architecture, its author can't have known it. It returns ENOSYS, so that programs
 * fall back to older calls, unless the default action is ALLOW, LOG, TRACE or NOTIFY.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <linux/seccomp.h>

#include "spec/config.h"

struct error;

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/*
 * Appends the program to `program`, as an array of struct sock_filter, and stores the flags for
 * seccomp(2) in *flags, with SECCOMP_FILTER_FLAG_NEW_LISTENER if an action is SCMP_ACT_NOTIFY.
 * seccomp must have been validated (spec/rules/seccomp.c). The same profile always gives the same
 * program. fail_unknown: an unknown name is an error (annotation
 * run.oci.seccomp_fail_unknown_syscall); else it is skipped. Returns 0 or -1.
 */
int seccomp_compile(const struct oci_seccomp *seccomp, bool fail_unknown, struct buf *program,
	unsigned *flags, struct error *err);

/*
 * Compiles only the program, for a machine of architecture `native` (SCMP_ARCH_...), in its byte
 * order except for the instructions themselves.
 */
int seccomp_compile_for(uint32_t native, const struct oci_seccomp *seccomp, bool fail_unknown,
	struct buf *program, struct error *err);

/* Returns this machine's SCMP_ARCH_... */
uint32_t seccomp_native_token(void);

/*
 * Returns SCMP_ARCH_... of <seccomp.h> for an index + 1 into seccomp_arch_names; 0 if this
 * libseccomp doesn't know it.
 */
uint32_t seccomp_arch_token(int arch);

/* Returns the flag of seccomp(2) for an index + 1 into seccomp_flag_names. */
unsigned seccomp_flag_bit(int flag);
