/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hooks (config.md, "POSIX-platform Hooks"): run in the listed order with the container's state on standard input, in the
 * environment that the hook says (without `env`: in the calling process's, as runc has it), ended when their timeout is over.
 */
#pragma once
#include "spec/config.h"

struct error;

/* Runs them all; stops at the first that fails. name: the property ("prestart"). state: JSON. directory: fd of the working directory
 * or -1. The error carries what the hook wrote to standard error. */
int hooks_run(const hook_list *hooks, const char *name, const struct buf *state, int directory, struct error *err);

/* The same, but failures are logged as warnings and the rest still runs (poststop). */
void hooks_run_all(const hook_list *hooks, const char *name, const struct buf *state, int directory);
