/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output that several commands share.
 */
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "command.h"

int print(const struct buf *text, struct error *err)
{
	if (fd_write_all(STDOUT_FILENO, text->data, text->len) < 0)
		return error_errno(err, "write to standard output");
	return 0;
}

void print_error(const struct error *err)
{
	log_error("%s", err->text);
	if (log_is_elsewhere())
		log_to_caller(err->text);
}
