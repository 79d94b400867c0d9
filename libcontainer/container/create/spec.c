/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `spec`: a configuration to start from.
 */
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "container/create/userns_options.h"

struct chooser {
	const struct runtime *rt;
	const char *name;
};

static int choose(void *context, uint32_t size, struct id_block *block, struct error *err)
{
	struct chooser *c = context;
	struct error problem = { 0 };

	if (ranges_choose(c->rt, c->name, size, block, &problem) == 0)
		return 0;
	if (problem.code != ENOENT)
		return error_set(err, 0, "%s", problem.text);
	*block = (struct id_block){ 100000, 100000, size };
	return 0;
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
