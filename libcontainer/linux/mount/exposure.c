/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/mount/exposure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

bool exposure_exists(const char *path)
{
	cleanup_free char *above = realpath(path, NULL);
	struct statvfs fs;
	struct stat st;

	if (above == NULL || statvfs(above, &fs) < 0 || fs.f_flag & ST_NOSUID)
		return false;
	for (char *slash; (slash = strrchr(above, '/')) != NULL && slash != above;) {
		*slash = '\0';
		if (stat(above, &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
	}
	return stat("/", &st) == 0 && st.st_mode & S_IXOTH;
}

int exposure_policy(const char *text, enum exposure_policy *policy, struct error *err)
{
	*policy = text == NULL              ? EXPOSURE_BY_ORIGIN
		: strcmp(text, "warn") == 0 ? EXPOSURE_WARN
					    : EXPOSURE_REFUSE;
	if (*policy != EXPOSURE_REFUSE || strcmp(text, "refuse") == 0)
		return 0;
	return error_set(err, 0,
		"/annotations/io.hull.idmap.exposed: expected refuse or warn, found \"%s\"", text);
}

int exposure_guard(
	const char *property, const char *path, enum exposure_policy policy, struct error *err)
{
	struct error what;

	if (!exposure_exists(path))
		return 0;
	error_set(&what, 0,
		"%s: other users of the host can reach the ID-mapped %s: a set-uid file that root "
		"of the container makes "
		"there is one of host root for them",
		property, path);
	error_hint(&what, "close a directory above it (chmod o-x %.*s), or mount it with nosuid",
		(int)(strrchr(path, '/') - path), path);
	if (policy == EXPOSURE_REFUSE)
		return error_copy(err, &what);
	log_warning("%s", what.text);
	return 0;
}
