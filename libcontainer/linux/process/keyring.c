/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/keyring.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/keyctl.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

/* keyctl_setperm(3): everything for the possessor; view, read, search and link for the owner. */
static const uint32_t permissions = 0x3f000000 | 0x00010000 | 0x00020000 | 0x00080000 | 0x00100000;

int keyring_join(const char *id, struct error *err)
{
	cleanup_free char *name = mem_printf("_ses.%s", id);
	long key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);

	if (key >= 0 && syscall(SYS_keyctl, KEYCTL_SETPERM, key, permissions) < 0)
		return error_errno(err, "set the permissions of the session keyring %s", name);
	if (key >= 0)
		return 0;
	if (errno != EDQUOT && errno != EACCES && errno != ENOSYS && errno != EPERM)
		return error_errno(err, "join the session keyring %s", name);
	log_warning("the container has no session keyring of its own: %s%s", error_words(errno),
		errno == EDQUOT ? "; /proc/sys/kernel/keys/maxkeys and root_maxkeys are the limits"
				: "");
	return 0;
}
