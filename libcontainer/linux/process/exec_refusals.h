/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a program isn't executed (base/explain.h): the interpreter of a script, the loader of a
 * dynamic program, another architecture, noexec, a variable that is too long, ...
 */
#pragma once

struct error;

/* What execve(2) was given. */
struct execution_refused {
	const char *path;
	char *const *argv, *const *env; /* end with NULL; argv has a first element */
};

/* After execve(2), or the search for the program, has failed with errnum: the error, with the cause
 * as far as it can be found out, for the effective user. Its text begins as runc's does, on which
 * engines rely. Returns -1. */
int exec_explain(const struct execution_refused *refused, int errnum, struct error *err);

/* Appends only the cause, to an error with the errno. Returns -1. */
int exec_hint(const struct execution_refused *refused, struct error *err);
