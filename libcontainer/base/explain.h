/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel's refusals mean. An errno says little ("invalid argument"); what it means depends
 * on the operation, and often only a look at the system tells which of several causes it was. Each
 * floor that knows a kind of operation keeps one table of rows for it:
 *
 *	cgroup/settings/refusals.c           a write to a cgroup's file, mkdir of a cgroup
 *	linux/namespaces/refusals.c          clone3(2), unshare(2)
 *	linux/process/environment.c          execve(2)
 *
 * How to add a row: find the table of the operation; add a line with the errno, the object that it
 * is about (NULL: any), and either a text, or a function that looks whether this is the cause and
 * writes the figures into `why`. Rows are tried from the first to the last and the first that
 * applies wins: put what is certain before what is likely, and a row without a function last. The
 * function only reads, may fail silently (return false), and names paths and numbers, with what can
 * be done about it. Add a test that provokes the refusal and looks for the sentence.
 */
#pragma once
#include <stdbool.h>

struct buf;
struct error;

struct explanation {
	int errnum;          /* the errno that the row is about */
	const char *subject; /* what was operated on: its name, or how it begins with a "*" at the
				end; NULL: anything */
	/* True if this is the cause; appends the sentence to `why`, unless `text` says it all.
	 * operation: what explain() was given. NULL: it always is. */
	bool (*find)(const void *operation, struct buf *why);
	const char *text; /* the sentence, where `find` appends none */
};
#define EXPLANATIONS_END \
	{                \
		0        \
	}

/* Appends to err, whose code is the errno, the hint of the first row that applies; none may. rows
 * end with EXPLANATIONS_END. subject may be NULL. Changes neither err->code nor errno. Always
 * returns -1. err may be NULL. */
int explain(const struct explanation *rows, const char *subject, const void *operation,
	struct error *err) __attribute__((cold));
