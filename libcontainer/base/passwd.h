/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * passwd(5) and group(5), read as text: the C library's readers may load NSS modules, which a
 * static program can't, and the file may be an image's. A line that isn't an entry is skipped.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct buf;

enum account_kind { ACCOUNT_USER, ACCOUNT_GROUP };

struct account {
	const char *name;
	uint32_t id;      /* UID or GID */
	const char *home; /* NULL: no such field (every group) */
};

/*
 * Reads the next entry of a file's text and advances *text. account's strings point into the text,
 * which is modified. Returns false at the end.
 */
bool passwd_next(char **text, enum account_kind kind, struct account *account);

/*
 * Appends the host's /etc/passwd or /etc/group to buf and returns its text; "" if it can't be read.
 */
char *passwd_read(enum account_kind kind, struct buf *buf);

/* Returns the name of a user of the host, in arena; NULL if /etc/passwd doesn't have the ID. */
const char *passwd_name_of(struct arena *arena, uid_t uid);

/* Returns the UID of a user of the host; (uid_t)-1 if /etc/passwd doesn't have the name. */
uid_t passwd_uid_of(const char *name);
