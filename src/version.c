/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `--version`.
 */
#include "version.h"

#include <seccomp.h>

#include "command.h"

/*
 * The lines are runc's with hull's name. Docker reads name and version from the line with
 * "version"; every engine reads commit and specification version from theirs. With "runc version",
 * go-runc, podman and people would take hull's version for runc's; without it go-runc has no
 * version, as for crun.
 */
void version_text(struct buf *out)
{
	const struct scmp_version *seccomp = seccomp_version();

	buf_printf(out,
		"hull version " HULL_VERSION "\ncommit: " HULL_COMMIT "\nspec: " OCI_VERSION_MAX
		"\nlibseccomp: %u.%u.%u\n",
		seccomp->major, seccomp->minor, seccomp->micro);
}
