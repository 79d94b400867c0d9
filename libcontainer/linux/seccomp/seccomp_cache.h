/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiled seccomp filters, kept for the next container: a node starts the same few profiles all
 * day, and to read one and to compile it takes longer than anything else that hull computes.
 * RUNSTATEDIR/hull/@seccomp has a fixed number of files, so that nothing has to be removed: a hash
 * of the profile's text in config.json chooses the file, and another profile with the same hash
 * replaces it. A file holds the filter and the text that it was compiled from, which is compared as
 * a whole: a profile that is known need not even be parsed. If the directory isn't ours (as for an
 * unprivileged user), every filter is compiled.
 */
#pragma once
#include <stdbool.h>

#include "base/json/json.h"
#include "base/mem.h"
#include "spec/config.h"

/*
 * Looks in the text of a configuration for a profile whose filter is kept. Returns true if there is
 * one: *known says where, and contains the profile without its rules; the filter is in `program`,
 * which must be empty, and *flags. known->instead is valid as long as program->data. Only
 * config_read_around() finds out whether the text is really the configuration's /linux/seccomp.
 */
bool seccomp_cache_find(
	const struct buf *text, struct json_known *known, struct buf *program, unsigned *flags);

/* Keeps the filter of the configuration that was read from the text, unless it has a listener. */
void seccomp_cache_keep(const struct buf *text, const struct oci_seccomp *seccomp,
	const struct buf *program, unsigned flags);
