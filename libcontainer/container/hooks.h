/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hooks (config.md, "POSIX-platform Hooks"): run in the listed order with the container's state on
 * standard input, in the environment that the hook says (without `env`: in the calling process's,
 * as runc has it), ended when their timeout is over.
 */
#pragma once
#include "base/fd.h"
#include "spec/config.h"

struct error;

/* Where they run, and as whom. */
struct hook_place {
	int directory; /* the working directory; -1: the caller's */
	int out, err;  /* standard output and error; -1: what they write is for the error message */
	/* In the hook's process, which has only its standard streams and `needed` (or -1) open
	 * then; execve(2) follows. NULL: it stays what its parent is. */
	int (*become)(void *context, struct error *err);
	void *context;
	int needed;
};

#define HOOK_PLACE(working_directory)                                              \
	(struct hook_place)                                                        \
	{                                                                          \
		.directory = working_directory, .out = -1, .err = -1, .needed = -1 \
	}

/* In `directory`, as who hull is. Opens the files that the annotations run.oci.hooks.stdout and
 * run.oci.hooks.stderr name, relative to the bundle. */
int hook_place_open(
	struct hook_place *place, const struct oci_config *config, int bundle, struct error *err);

/* Not the directory. Here, for every delete does it, and what hooks are run by is elsewhere in the
 * program. */
static inline void hook_place_close(struct hook_place *place)
{
	fd_close(&place->out);
	fd_close(&place->err);
}

/* Runs them all; stops at the first that fails. name: the property ("prestart"). state: JSON. The
 * error carries what the hook wrote. */
int hooks_run(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place, struct error *err);

/* The same, but failures are logged as warnings and the rest still runs (poststop). */
void hooks_run_all(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place);
