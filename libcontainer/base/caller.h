/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel shows of hull's caller in /proc/PID: the command line and the environment.
 */
#pragma once
struct arena;

/*
 * Copies the words of the command line into arena, and remembers where the originals are. argv and
 * environ must be as main() got them. Returns the copies, NULL-terminated.
 */
char **caller_take_words(struct arena *arena, int argc, char **argv);

/*
 * Clears the caller's command line and environment, which others read in /proc/PID/cmdline and
 * /proc/PID/environ: the process is "hull init" there. For a child that a container is going to
 * see; only for it, as it has its own copy of the memory. Strings from getenv(3) are gone, and
 * environ is empty.
 */
void caller_forget(void);
