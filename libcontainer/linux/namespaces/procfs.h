/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of procfs, opened through a handle: the root of a procfs that the caller vouches for, a
 * detached mount of its own (fsopen(2)). So hull never writes to what a container has mounted over
 * /proc or put in its place. Both the handle and the opened file are checked to be procfs. Neither
 * mounts nor magic links are crossed on the way (CVE-2019-16884, CVE-2025-52881).
 */
#pragma once

struct error;

/*
 * Opens a path relative to the handle ("thread-self/attr/exec"). flags: see open(2). Returns a
 * close-on-exec descriptor, or -1.
 */
int procfs_open(int procfd, const char *path, int flags, struct error *err);

/*
 * Writes text with one write(2). Returns 0, or -1 with errno; the error quotes text and /proc/path.
 */
int procfs_write(int procfd, const char *path, const char *text, struct error *err);
