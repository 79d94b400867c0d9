/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a program isn't executed (base/explain.h): the interpreter of a script, the loader of a
 * dynamic program, another architecture, noexec, a variable that is too long, ...
 */
#pragma once

struct error;

/* The arguments of execve(2), and what the process was to become. */
struct execution_refused {
	const char *path;
	char *const *argv, *const *env;               /* NULL-terminated; argv isn't empty */
	const char *selinux_label, *apparmor_profile; /* NULL: those of its parent */
};

/*
 * Reports that execve(2), or the search for the program, failed with errnum, and the cause if it
 * can be found, for the effective user. The text starts like runc's, which engines match. Returns
 * -1.
 */
int exec_explain(const struct execution_refused *refused, int errnum, struct error *err);

/* Appends only the cause, to an error that has the errno. Returns -1. */
int exec_hint(const struct execution_refused *refused, struct error *err);
