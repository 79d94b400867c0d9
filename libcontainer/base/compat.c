/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/compat.h"

#include "base/list.h"

#ifndef __GLIBC__
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

int scandirat(int dirfd, const char *path, struct dirent ***list,
	int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **))
{
	char place[64 + PATH_MAX];

	snprintf(place, sizeof place, "/proc/self/fd/%d/%s", dirfd, path);
	return scandir(place, list, filter, compare);
}

/* Errors for which musl has other words. */
static const struct {
	int errnum;
	const char *words;
} words[] = {
	{ EIO, "Input/output error" },
	{ ECHILD, "No child processes" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EBUSY, "Device or resource busy" },
	{ EXDEV, "Invalid cross-device link" },
	{ EMFILE, "Too many open files" },
	{ ENOTTY, "Inappropriate ioctl for device" },
	{ ESPIPE, "Illegal seek" },
	{ EDOM, "Numerical argument out of domain" },
	{ ERANGE, "Numerical result out of range" },
	{ EDEADLK, "Resource deadlock avoided" },
	{ ENAMETOOLONG, "File name too long" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ ETIME, "Timer expired" },
	{ EREMOTE, "Object is remote" },
	{ EOVERFLOW, "Value too large for defined data type" },
	{ EUSERS, "Too many users" },
	{ ENOTSOCK, "Socket operation on non-socket" },
	{ EMSGSIZE, "Message too long" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EADDRINUSE, "Address already in use" },
	{ EADDRNOTAVAIL, "Cannot assign requested address" },
	{ ENETUNREACH, "Network is unreachable" },
	{ EISCONN, "Transport endpoint is already connected" },
	{ ENOTCONN, "Transport endpoint is not connected" },
	{ ESHUTDOWN, "Cannot send after transport endpoint shutdown" },
	{ ETIMEDOUT, "Connection timed out" },
	{ EHOSTUNREACH, "No route to host" },
	{ EINPROGRESS, "Operation now in progress" },
	{ EUCLEAN, "Structure needs cleaning" },
	{ EDQUOT, "Disk quota exceeded" },
};

const char *strerrordesc_np(int errnum)
{
	const char *text = strerror(errnum);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].errnum == errnum)
			return words[i].words;
	/* musl's text for unknown numbers. */
	return strcmp(text, strerror(-1)) != 0 ? text : NULL;
}
#endif
