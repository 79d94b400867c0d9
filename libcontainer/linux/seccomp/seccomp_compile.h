/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * linux.seccomp to the BPF program that says the same. A compiler of our own, because of what
 * libseccomp's program costs for an engine's default profile (370 names, 3 architectures): 12 ms to
 * generate, 1 ms to load (the kernel runs it for each number to fill its cache of what is always
 * allowed), and 300 instructions for a system call that isn't in that cache. Here the numbers of an
 * architecture are ranges with the same outcome in a balanced tree.
 *
 * The meaning is libseccomp's, and tests/unit/test_seccomp.c wants the same verdict from both
 * programs:
 *
 * - A rule without args decides for its system calls, whatever other rules say; of several such
 *   rules the first decides.
 * - Else the first rule whose args all match decides. The order is: a higher argument before a
 *   lower one; EQ, NE and MASKED_EQ before LT and LE before GE and GT; the narrower bound; as
 *   listed. A rule that begins with all args of an earlier one, and has more, comes too late.
 * - A rule with the same args as an earlier one and another action is an error.
 * - If an index comes twice in a rule's args, each of its conditions is a rule of its own (as in
 *   runc).
 * - On a 32-bit architecture the low half of an argument counts.
 * - On x86 and its like a rule for socket(), msgget() and their kin also holds for that call of
 *   socketcall(2) and ipc(2), whose other arguments a filter can't see.
 * - An architecture that isn't listed kills, and so does x32; this machine's own is always listed.
 *
 * Where several rules for one system call have more than one condition each, or LT and LE beyond 32
 * bits, libseccomp (2.5.4 and 2.6.0) loses some rules and lets others match too much; there, the
 * rules count. One thing is runc's: a system call with a higher number than any that the profile
 * names for that architecture is one that its author can't have known. It gets ENOSYS, so that
 * programs fall back to older ones, unless the default action lets it pass or hands it to somebody
 * (ALLOW, LOG, TRACE, NOTIFY).
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

/* seccomp has been validated (spec/rules/seccomp.c). Appends the program to `program` as an array
 * of struct sock_filter, and stores the flags for seccomp(2) in *flags:
 * SECCOMP_FILTER_FLAG_NEW_LISTENER is among them when something is SCMP_ACT_NOTIFY. The same
 * profile always gives the same program. fail_unknown: a name that isn't known is an error
 * (annotation run.oci.seccomp_fail_unknown_syscall); else it is skipped. Returns 0 or -1. */
int seccomp_compile(const struct oci_seccomp *seccomp, bool fail_unknown, struct buf *program,
	unsigned *flags, struct error *err);

/*
 * Compiles the program alone, for a machine of architecture `native` (SCMP_ARCH_...), in its byte
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
