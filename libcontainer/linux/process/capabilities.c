/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/capabilities.h"

#include <string.h>
#include <sys/prctl.h>
#include <linux/capability.h>

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"

#define BIT(capability) (UINT64_C(1) << (capability))

/* clang-format off */
#define NAME(capability) [CAP_##capability] = "CAP_" #capability
static const char known[][24] = {
	NAME(CHOWN), NAME(DAC_OVERRIDE), NAME(DAC_READ_SEARCH), NAME(FOWNER), NAME(FSETID), NAME(KILL), NAME(SETGID),
	NAME(SETUID), NAME(SETPCAP), NAME(LINUX_IMMUTABLE), NAME(NET_BIND_SERVICE), NAME(NET_BROADCAST),
	NAME(NET_ADMIN), NAME(NET_RAW), NAME(IPC_LOCK), NAME(IPC_OWNER), NAME(SYS_MODULE), NAME(SYS_RAWIO),
	NAME(SYS_CHROOT), NAME(SYS_PTRACE), NAME(SYS_PACCT), NAME(SYS_ADMIN), NAME(SYS_BOOT), NAME(SYS_NICE),
	NAME(SYS_RESOURCE), NAME(SYS_TIME), NAME(SYS_TTY_CONFIG), NAME(MKNOD), NAME(LEASE), NAME(AUDIT_WRITE),
	NAME(AUDIT_CONTROL), NAME(SETFCAP), NAME(MAC_OVERRIDE), NAME(MAC_ADMIN), NAME(SYSLOG), NAME(WAKE_ALARM),
	NAME(BLOCK_SUSPEND), NAME(AUDIT_READ), NAME(PERFMON), NAME(BPF), NAME(CHECKPOINT_RESTORE),
};
/* clang-format on */
enum { KNOWN = ARRAY_SIZE(known) };

int capability_from_name(const char *name)
{
	const size_t prefix = strlen("CAP_");

	if (strncmp(name, known[0], prefix) != 0)
		return -1;
	for (int i = 0; i < KNOWN; i++)
		if (known[i][prefix] == name[prefix] && strcmp(known[i], name) == 0)
			return i;
	return -1;
}

void capability_name(int capability, struct buf *name)
{
	if (capability < KNOWN)
		buf_puts(name, known[capability]);
	else
		buf_printf(name, "%d", capability);
}

static uint64_t resolve(const string_list *names, const char *set)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < names->n; i++) {
		int capability = capability_from_name(names->v[i]);

		if (capability < 0)
			log_warning(
				"/process/capabilities/%s/%zu: \"%s\" is not known and left out",
				set, i, names->v[i]);
		else
			bits |= BIT(capability);
	}
	return bits;
}

void capabilities_resolve(const struct oci_capabilities *config, struct capability_sets *sets)
{
	*sets = (struct capability_sets){ 0 };
	if (config == NULL)
		return;
	sets->bounding = resolve(&config->bounding, "bounding");
	sets->effective = resolve(&config->effective, "effective");
	sets->inheritable = resolve(&config->inheritable, "inheritable");
	sets->permitted = resolve(&config->permitted, "permitted");
	sets->ambient = resolve(&config->ambient, "ambient");
}

/* Says which of the wanted capabilities are not to be had, and returns the others. */
static uint64_t grantable(uint64_t wanted, uint64_t possible, const char *set, const char *why)
{
	cleanup_buf struct buf names = { 0 };

	if ((wanted & ~possible) == 0)
		return wanted;
	for (int i = 0; i < 64; i++) {
		if (!(wanted & ~possible & BIT(i)))
			continue;
		buf_puts(&names, names.len > 0 ? ", " : "");
		capability_name(i, &names);
	}
	log_warning("/process/capabilities/%s: left out %s: %s", set, names.data, why);
	return wanted & possible;
}

/* Reduces the sets to what capset(2) will take from this process, in the order in which one set
 * bounds the next. */
static int reduce(struct capability_sets *sets, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint64_t permitted, inheritable, bounding;

	if (syscall(SYS_capget, &header, data) < 0)
		return error_errno(err, "/process/capabilities: capget");
	permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	/* What is permitted is taken for bounding as well: that saves a system call for each. */
	bounding = permitted;
	for (int i = 0; i < 64; i++)
		if ((sets->bounding & ~permitted & BIT(i)) &&
			prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bounding |= BIT(i);
	sets->bounding = grantable(sets->bounding, bounding, "bounding",
		"the runtime hasn't them in its own bounding set");
	sets->permitted = grantable(
		sets->permitted, permitted, "permitted", "the runtime hasn't them itself");
	sets->effective = grantable(
		sets->effective, sets->permitted, "effective", "not in the permitted set");
	sets->inheritable = grantable(sets->inheritable, inheritable | (permitted & sets->bounding),
		"inheritable", "not in the bounding set");
	sets->ambient = grantable(sets->ambient, sets->permitted & sets->inheritable, "ambient",
		"not in both the permitted and the inheritable set");
	return 0;
}

int capabilities_drop_bounding(struct capability_sets *sets, struct error *err)
{
	if (reduce(sets, err) < 0)
		return -1;
	for (int i = 0; i < 64; i++) {
		/* A drop costs no more than asking whether there is something to drop. */
		if ((sets->bounding & BIT(i)) || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			break; /* the end of the kernel's list */
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			return error_set(err, EPERM,
				"/process/capabilities/bounding: drop capability %d", i);
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_errno(
			err, "/process/capabilities: keep capabilities while the user changes");
	return 0;
}

int capabilities_limit(const struct capability_sets *sets, uint64_t held, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)((sets->effective | held) >> 32 * i);
		data[i].permitted = (uint32_t)((sets->permitted | held) >> 32 * i);
		data[i].inheritable = (uint32_t)(sets->inheritable >> 32 * i);
	}
	return syscall(SYS_capset, &header, data) < 0
		? error_errno(err, "/process/capabilities: capset")
		: 0;
}

int capabilities_apply(const struct capability_sets *sets, uint64_t held, struct error *err)
{
	if (capabilities_limit(sets, held, err) < 0)
		return -1;
	/* What the caller of the runtime had there. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(err, "/process/capabilities/ambient: clear");
	for (int i = 0; i < 64; i++)
		if ((sets->ambient & BIT(i)) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return error_errno(
				err, "/process/capabilities/ambient: raise capability %d", i);
	return 0;
}
