/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `spec`: makes a configuration to start from.
 */
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "container/create/userns_options.h"

struct chooser {
	const struct runtime *rt;
	const char *name;
};

/*
 * Without subordinate IDs, chooses IDs that no user of the host has and that are outside the
 * kubelet's range.
 */
static int choose_unclaimed(uint32_t size, struct id_block *block, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	subid_list taken;
	uint32_t first;

	if (subids_taken(&arena, &taken, err) < 0)
		return -1;
	subids_reserve_kubelet(&arena, &taken);
	first = subids_free(&taken, size);
	if (first == 0)
		return error_set(err, 0, "--userns=auto: no %u IDs in a row are free", size);
	*block = (struct id_block){ first, first, size };
	return 0;
}

static int choose(void *context, uint32_t size, struct id_block *block, struct error *err)
{
	struct chooser *c = context;
	struct error problem = { 0 };

	if (ranges_choose(c->rt, c->name, size, block, &problem) == 0)
		return 0;
	if (problem.code != ENOENT)
		return error_set(err, 0, "%s", problem.text);
	return choose_unclaimed(size, block, err);
}

int container_spec(const struct runtime *rt, const char *name, bool rootless,
	const struct userns_options *userns, struct buf *out, struct error *err)
{
	cleanup_config struct oci_config config = { 0 };
	struct chooser chooser = { rt, name };

	config_default(&config, rootless, geteuid(), getegid(), NULL);
	if (cgroup_is_v2())
		config_add_namespace(&config, NAMESPACE_CGROUP);
	if (userns_options_apply(userns, &config, choose, &chooser, err) < 0 ||
		config_validate(&config, "config.json", err) < 0)
		return -1;
	config_encode(out, &config);
	return 0;
}
