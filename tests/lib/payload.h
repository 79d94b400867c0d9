/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tracers that count what the runtime does, but not what it runs.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Returns true if the process executes one of the programs that the tests run in containers. */
static bool is_payload(pid_t pid)
{
	static const char *const programs[] = { "/true", "/pause", "/busybox" };
	char path[64], target[4096];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		size_t len = strlen(programs[i]);

		if ((size_t)n >= len && strcmp(target + n - len, programs[i]) == 0)
			return true;
	}
	return false;
}
