/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a program can't be executed (base/explain.h): the interpreter of a script, the loader of a
 * dynamic program, another architecture, noexec, a variable that is too long, ...
 */
#pragma once

struct error;

/* The arguments of execve(2), and the labels that the process would get. */
struct execution_refused {
	const char *path;
	char *const *argv, *const *env;               /* NULL-terminated; argv isn't empty */
	const char *selinux_label, *apparmor_profile; /* NULL: inherited */
};

/*
 * Reports that execve(2), or the search for the program, failed with errnum for the effective user,
 * with the cause if it can be found. The text starts like runc's, which engines match. Returns -1.
 */
int exec_explain(const struct execution_refused *refused, int errnum, struct error *err);

/* Appends only the cause, to an error whose code is the errno. Returns -1. */
int exec_hint(const struct execution_refused *refused, struct error *err);
