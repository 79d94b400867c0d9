/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/capabilities.h"

#include <ctype.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

#define BIT(capability) (UINT64_C(1) << (capability))

int capability_from_name(const char *name)
{
	cap_value_t capability;

	/* libcap also accepts lower case and numbers; the specification doesn't. */
	if (strncmp(name, "CAP_", 4) != 0)
		return -1;
	for (const char *c = name; *c != '\0'; c++)
		if (islower((unsigned char)*c))
			return -1;
	return cap_from_name(name, &capability) == 0 ? capability : -1;
}

void capability_name(int capability, struct buf *name)
{
	char *text = cap_to_name(capability);

	if (text == NULL) {
		buf_printf(name, "%d", capability);
		return;
	}
	for (char *c = text; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	buf_puts(name, text);
	cap_free(text);
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

static void append_names(struct buf *names, uint64_t bits)
{
	for (int i = 0; i < 64; i++) {
		if (!(bits & BIT(i)))
			continue;
		buf_puts(names, names->len > 0 ? ", " : "");
		capability_name(i, names);
	}
}

/* Warns about capabilities that can't be granted, and returns the others. */
static uint64_t grantable(uint64_t wanted, uint64_t possible, const char *set, const char *why)
{
	cleanup_buf struct buf names = { 0 };

	if ((wanted & ~possible) == 0)
		return wanted;
	append_names(&names, wanted & ~possible);
	log_warning("/process/capabilities/%s: left out %s: %s", set, names.data, why);
	return wanted & possible;
}

/*
 * Warns of permitted capabilities that execve(2) drops, because they are neither bounding nor
 * inherited (capabilities(7), "Transformation of capabilities during execve()").
 */
static void warn_of_loss(const struct capability_sets *sets)
{
	uint64_t lost = (sets->permitted | sets->effective) &
		~(sets->bounding | sets->inheritable | sets->ambient);
	cleanup_buf struct buf names = { 0 };

	if (lost == 0)
		return;
	append_names(&names, lost);
	log_warning(
		"/process/capabilities/bounding: lacks %s, which the permitted or effective set "
		"has: the process loses them when it is executed",
		names.data);
}

/*
 * capset(2) takes 64 bits as two halves, the lower one first. libcap's cap_t does the same with
 * memory from malloc(), which is expensive in a process that was just cloned.
 */
static uint64_t both(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

static int get_own(uint64_t *permitted, uint64_t *inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*permitted = both(data[0].permitted, data[1].permitted);
	*inheritable = both(data[0].inheritable, data[1].inheritable);
	return 0;
}

static int set_own(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int half = 0; half < 2; half++)
		data[half] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(effective >> 32 * half),
			.permitted = (uint32_t)(permitted >> 32 * half),
			.inheritable = (uint32_t)(inheritable >> 32 * half),
		};
	return (int)syscall(SYS_capset, &header, data);
}

/* Reduces the sets to what capset(2) accepts from this process; each set bounds the next. */
static int reduce(struct capability_sets *sets, struct error *err)
{
	uint64_t permitted, inheritable, bounding;

	if (get_own(&permitted, &inheritable) < 0)
		return error_errno(err, "/process/capabilities: capget");
	/*
	 * Assume that permitted capabilities are in the bounding set: asking would take a system
	 * call for each.
	 */
	bounding = permitted;
	for (int i = 0; i < cap_max_bits(); i++)
		if ((sets->bounding & ~permitted & BIT(i)) && cap_get_bound(i) == 1)
			bounding |= BIT(i);
	sets->bounding = grantable(sets->bounding, bounding, "bounding",
		"the runtime doesn't have them in its own bounding set");
	sets->permitted =
		grantable(sets->permitted, permitted, "permitted", "the runtime doesn't have them");
	sets->effective = grantable(
		sets->effective, sets->permitted, "effective", "not in the permitted set");
	sets->inheritable = grantable(sets->inheritable, inheritable | (permitted & sets->bounding),
		"inheritable", "not in the bounding set");
	sets->ambient = grantable(sets->ambient, sets->permitted & sets->inheritable, "ambient",
		"not in both the permitted and the inheritable set");
	warn_of_loss(sets);
	return 0;
}

int capabilities_drop_bounding(struct capability_sets *sets, struct error *err)
{
	if (reduce(sets, err) < 0)
		return -1;
	for (int i = 0; i < cap_max_bits(); i++) {
		/* Dropping costs no more than asking whether it is needed. */
		if ((sets->bounding & BIT(i)) || cap_drop_bound(i) == 0)
			continue;
		if (cap_get_bound(i) == 1)
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
	if (set_own(sets->effective | held, sets->permitted | held, sets->inheritable) < 0)
		return error_errno(err, "/process/capabilities: capset");
	return 0;
}

int capabilities_apply(const struct capability_sets *sets, uint64_t held, struct error *err)
{
	if (capabilities_limit(sets, held, err) < 0)
		return -1;
	/* hull's caller may have set some. (cap_reset_ambient() asks for each one first.) */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(err, "/process/capabilities/ambient: clear");
	for (int i = 0; i < cap_max_bits(); i++)
		if ((sets->ambient & BIT(i)) && cap_set_ambient(i, CAP_SET) < 0)
			return error_errno(
				err, "/process/capabilities/ambient: raise capability %d", i);
	return 0;
}
