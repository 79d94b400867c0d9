/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `--version`.
 */
#include "version.h"

#include <seccomp.h>

#include "command.h"

/* Line for line as runc has it, under hull's own name: Docker takes name and version from the line
 * with "version", everybody the commit and the version of the specification from theirs. A line
 * with "runc version" would make go-runc, podman and people take hull's number for one of runc's;
 * without it go-runc has no number, as it has none of crun. */
void version_text(struct buf *out)
{
	const struct scmp_version *seccomp = seccomp_version();

	buf_printf(out,
		"hull version " HULL_VERSION "\ncommit: " HULL_COMMIT "\nspec: " OCI_VERSION_MAX
		"\nlibseccomp: %u.%u.%u\n",
		seccomp->major, seccomp->minor, seccomp->micro);
}
