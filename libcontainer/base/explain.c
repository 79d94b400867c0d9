/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/explain.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static bool is_about(const struct explanation *row, const char *subject)
{
	size_t len = row->subject != NULL ? strlen(row->subject) : 0;

	if (len == 0)
		return true;
	if (subject == NULL)
		return false;
	if (row->subject[len - 1] == '*')
		return strncmp(row->subject, subject, len - 1) == 0;
	return strcmp(row->subject, subject) == 0;
}

int explain(const struct explanation *rows, const char *subject, const void *operation,
	struct error *err)
{
	int kept = errno;

	for (; err != NULL && rows->errnum != 0; rows++) {
		cleanup_buf struct buf why = { 0 };

		if (rows->errnum != err->code || !is_about(rows, subject) ||
			(rows->find != NULL && !rows->find(operation, &why)))
			continue;
		error_hint(err, "%s", why.len > 0 ? why.data : rows->text);
		break;
	}
	errno = kept;
	return -1;
}
