/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For the fuzzers of what reads files: a directory, which is removed at the end. */
#pragma once
#include "../lib/remove_tree.h"
#include "base/fd.h"
#include "fuzz.h"

static char base[] = "/tmp/hull-fuzz.XXXXXX";
static int directory = -1;

static inline void remove_base(void)
{
	remove_tree(AT_FDCWD, base);
}

static inline int make_base(void)
{
	require(mkdtemp(base) != NULL, "there is a directory");
	directory = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(directory >= 0, "it can be opened");
	return atexit(remove_base);
}

static inline void put(const char *name, const void *data, size_t size)
{
	cleanup_fd int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	require(fd >= 0 && fd_write_all(fd, data, size) == 0, "the input can be written to a file");
}
