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

/*
 * Sets err to the formatted sentence, followed by ": " and errnum in words unless errnum is 0.
 * Returns -1, so that a function can end with `return error_set(...)`, and sets errno to errnum
 * unless that is 0. A text that is too long is cut. err may be NULL.
 */
int error_set(struct error *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* The same with the current errno. */
int error_errno(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/*
 * Like error_set(), for errors about the container's program and its working directory, and for no
 * others: with the kernel's words for every errno. Engines search the runtime's messages for these
 * words, and conclude that the container's command is missing (status 127: "no such file or
 * directory", "not found") or can't be executed (126: "permission denied", "operation not
 * permitted", "is a directory").
 */
int error_of_program(struct error *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Prepends "context: " to the text. Returns -1. */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Appends "; hint", what the user can do. Returns -1. */
int error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* Copies another error to err. Returns -1. */
int error_copy(struct error *err, const struct error *from) __attribute__((cold));

/*
 * Returns errnum in words, in lower case; without the words that engines take for a failure of the
 * container's program (see error_of_program()). Static.
 */
const char *error_words(int errnum);
