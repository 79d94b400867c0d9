/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/passwd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"

/* name:password:UID:GID:comment:home:shell, or name:password:GID:members */
static bool parse_line(char *line, enum account_kind kind, struct account *account)
{
	enum { NAME, ID = 2, HOME = 5, FIELDS };
	char *fields[FIELDS] = { NULL }, *end;
	uintmax_t id; /* wider than an ID, so that too large a number is seen */

	for (size_t n = 0; n < FIELDS && line != NULL; n++)
		fields[n] = strsep(&line, ":");
	if (fields[ID] == NULL || *fields[NAME] == '\0' || fields[ID][0] < '0' ||
		fields[ID][0] > '9')
		return false;
	id = strtoumax(fields[ID], &end, 10);
	if (*end != '\0' || id > UINT32_MAX)
		return false;
	*account = (struct account){ fields[NAME], (uint32_t)id,
		kind == ACCOUNT_USER ? fields[HOME] : NULL };
	return true;
}

bool passwd_next(char **text, enum account_kind kind, struct account *account)
{
	char *line;

	while ((line = strsep(text, "\n")) != NULL)
		if (parse_line(line, kind, account))
			return true;
	return false;
}

char *passwd_read(enum account_kind kind, struct buf *buf)
{
	file_read(AT_FDCWD, kind == ACCOUNT_USER ? "/etc/passwd" : "/etc/group", buf, NULL);
	buf_puts(buf, "");
	return buf->data;
}

const char *passwd_name_of(struct arena *arena, uid_t uid)
{
	cleanup_buf struct buf buf = { 0 };
	char *text = passwd_read(ACCOUNT_USER, &buf);
	struct account account;

	while (passwd_next(&text, ACCOUNT_USER, &account))
		if (account.id == uid)
			return arena_strdup(arena, account.name);
	return NULL;
}

uid_t passwd_uid_of(const char *name)
{
	cleanup_buf struct buf buf = { 0 };
	char *text = passwd_read(ACCOUNT_USER, &buf);
	struct account account;

	while (passwd_next(&text, ACCOUNT_USER, &account))
		if (strcmp(account.name, name) == 0)
			return account.id;
	return (uid_t)-1;
}
