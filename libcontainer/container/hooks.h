/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hooks (config.md, "POSIX-platform Hooks"). They run in the listed order, with the container's
 * state on standard input. A hook's environment is its `env` or, as in runc, that of the calling
 * process if it has none. A hook is killed when its timeout expires.
 */
#pragma once
#include "base/fd.h"
#include "spec/config.h"

struct error;

/* Where and as whom hooks run. */
struct hook_place {
	int directory; /* working directory, borrowed; -1: the caller's */
	int out, err;  /* standard output and error; -1: quote the output in the error message */
	/*
	 * Runs in the hook's process before execve(2), with only the standard streams and `needed`
	 * (or -1) open. NULL: the hook keeps hull's credentials and namespaces.
	 */
	int (*become)(void *context, struct error *err);
	void *context;
	int needed;
};

#define HOOK_PLACE(working_directory)                                              \
	(struct hook_place)                                                        \
	{                                                                          \
		.directory = working_directory, .out = -1, .err = -1, .needed = -1 \
	}

/*
 * For hooks of the host: runs them in the bundle with hull's credentials. Opens the files named by
 * the annotations run.oci.hooks.stdout and run.oci.hooks.stderr, relative to the bundle. Returns 0
 * or -1; close with hook_place_close().
 */
int hook_place_open(
	struct hook_place *place, const struct oci_config *config, int bundle, struct error *err);

/*
 * Closes out and err; directory belongs to the caller. Inline, so that delete doesn't load pages of
 * hooks.c.
 */
static inline void hook_place_close(struct hook_place *place)
{
	fd_close(&place->out);
	fd_close(&place->err);
}

/*
 * Runs the hooks in order and stops at the first that fails. name: the property, "prestart". state:
 * JSON for stdin. The error quotes the hook's output. Returns 0 or -1.
 */
int hooks_run(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place, struct error *err);

/* Runs all hooks (poststop): logs failures as warnings and continues. */
void hooks_run_all(const oci_hook_list *hooks, const char *name, const struct buf *state,
	const struct hook_place *place);
