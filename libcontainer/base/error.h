/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors: what failed, in words. A function that can fail takes a `struct error *` as its last
 * argument and returns -1 (or NULL) after filling it in. An error is a plain value of fixed size
 * without pointers, so it travels over the sync socket between the two sides of `create` as it is,
 * and filling it in never allocates.
 *
 * On a path that every command takes, an error that is rarely filled in is a static variable: on
 * the stack, its page would be touched each time.
 */
#pragma once
#include <errno.h>
#include <stdarg.h>

enum { ERROR_TEXT_MAX = 4096 };

struct error {
	int code; /* the errno, or 0 if there is none */
	char text[ERROR_TEXT_MAX];
};

/* Sets err to the formatted sentence, followed by ": " and errnum in words unless errnum is 0.
 * Always returns -1, so that a failing function ends with `return error_set(...)`, with errno set
 * to errnum, where that isn't 0. A text that is too long is cut. err may be NULL: nobody asked. */
int error_set(struct error *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* The same with the current errno. */
int error_errno(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* The same as error_set() for what isn't about the container's program: the words for ENOENT,
 * EACCES and EPERM are others than error_words() has. Engines search a failure's text for "no such
 * file or directory", "permission denied" and "operation not permitted", and conclude from them
 * that the container's command is missing (status 127) or can't be executed (126). */
int error_aside(struct error *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Prepends "context: " to the text. Always returns -1. */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Appends "; hint": what the user can do about it. Always returns -1. */
int error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* Sets err to a copy of another error. Always returns -1. */
int error_copy(struct error *err, const struct error *from) __attribute__((cold));

/* errnum in words, beginning with a small letter ("no such file or directory"): engines match these
 * texts as Go writes them. */
const char *error_words(int errnum);
