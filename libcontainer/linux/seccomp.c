/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/seccomp.h"

#include <linux/seccomp.h>

#include "base/error.h"
#include "base/sys.h"

int seccomp_filter_load(const struct sock_filter *program, size_t n, unsigned flags, struct error *err)
{
	struct sock_fprog filter = { .len = (unsigned short)n, .filter = (struct sock_filter *)program };
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);

	if (listener >= 0)
		return listener;
	error_errno(err, "/linux/seccomp: load the filter of %zu instructions", n);
	if (err != NULL && err->code == EINVAL)
		return error_hint(err, "this kernel has no seccomp filters, or doesn't know one of /linux/seccomp/flags");
	if (err != NULL && err->code == EACCES)
		return error_hint(err, "without /process/noNewPrivileges this needs CAP_SYS_ADMIN");
	return -1;
}
