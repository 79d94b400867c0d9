/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiled seccomp filters, kept for later containers: a node uses the same few profiles all day,
 * and nothing else that hull computes takes longer than compiling one. RUNSTATEDIR/hull/@seccomp
 * has a fixed number of files, so nothing has to be removed: a hash of the profile chooses the
 * file, and a profile with the same hash replaces another one. A file holds the filter and
 * everything that it was compiled from, which is compared as a whole. If the directory isn't ours
 * (as for an unprivileged user), every filter is compiled.
 */
#pragma once
#include <stdbool.h>

#include "base/mem.h"
#include "spec/config.h"

struct error;

/* Like seccomp_compile(), with a cache. `program` must be empty. */
int seccomp_filter(const struct oci_seccomp *seccomp, bool fail_unknown, struct buf *program,
	unsigned *flags, struct error *err);
