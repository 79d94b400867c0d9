/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdlib.h>

/*
 * Skips a test that needs what qemu's user emulation hasn't got: seccomp(2), bpf(2), a process with
 * one thread, which a new user namespace wants, and the execution of a program by its loader.
 * tests/cross/check runs the tests there. (A macro: it needs <cmocka.h>.)
 */
#define SKIP_IF_EMULATED()                                  \
	do {                                                \
		const char *runner = getenv("UNIT_RUNNER"); \
		if (runner != NULL && *runner != '\0')      \
			skip();                             \
	} while (0)
