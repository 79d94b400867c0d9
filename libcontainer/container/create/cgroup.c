/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/create/cgroup.h"

#include <signal.h>

#include "base/log.h"
#include "container/criu/criu_job.h"
#include "linux/ids/userns.h"

static int record_cgroup(void *context, const struct cgroup *cgroup, struct error *err)
{
	struct setup *c = context;
	struct state state = c->state;
	bool first = !c->recorded;

	state.cgroup = *cgroup;
	state.exec = NULL; /* exec is refused while the container is being created */
	c->recorded = true;
	return first ? state_write_first(c->state_fd, &state, err)
		     : state_write(c->state_fd, &state, err);
}

/*
 * The state already contains the planned cgroup. Writes it again only if a different one was
 * created.
 */
static int record_made_cgroup(struct setup *c, struct error *err)
{
	const struct cgroup *cgroup = &c->state.cgroup;
	bool as_planned = cgroup->hierarchies.n > 0;

	for (size_t i = 0; i < cgroup->hierarchies.n; i++)
		as_planned = as_planned && cgroup->hierarchies.v[i].made > 0;
	return as_planned ? 0 : record_cgroup(c, cgroup, err);
}

int setup_make_cgroup(struct setup *c, struct error *err)
{
	struct cgroup unit;
	const struct oci_linux *linux = c->config.linux;
	struct cgroup_request request = {
		.manager = (int)c->rt->cgroup_manager,
		.cgroups_path = linux->cgroups_path,
		.id = c->options->id,
		.rootless = c->rootless,
		.resources = c->purpose == RESTORE
			? criu_job_early_limits(c->criu, linux->resources)
			: linux->resources,
		.annotations = &c->config.annotations,
		.planned = record_cgroup,
		.context = c,
	};

	if (cgroup_create(&c->state.cgroup, &c->arena, &request, err) < 0)
		return -1;
	if (c->state.cgroup.helper == NULL)
		return record_made_cgroup(c, err);
	/* systemd is still creating the unit, so no directories exist yet */
	unit = c->state.cgroup;
	unit.hierarchies.n = 0;
	return record_cgroup(c, &unit, err);
}

void setup_remove_cgroup(struct setup *c)
{
	struct error err;

	if (c->state.cgroup.path != NULL &&
		(cgroup_signal(&c->state.cgroup, SIGKILL, &err) < 0 ||
			cgroup_remove(&c->state.cgroup, &err) < 0))
		log_warning("%s", err.text);
	cgroup_close(&c->state.cgroup);
}

int setup_await_cgroup(struct setup *c, struct error *err)
{
	bool by_systemd = c->state.cgroup.helper != NULL;

	return cgroup_ready(&c->state.cgroup, err) < 0 ||
			(by_systemd && record_made_cgroup(c, err) < 0)
		? -1
		: 0;
}

int setup_delegate_cgroup(struct setup *c, struct error *err)
{
	const char *name = config_annotation(&c->config, "run.oci.delegate-cgroup");
	uint32_t user = c->config.process != NULL ? c->config.process->user.uid : 0;
	int64_t owner = c->uid_mappings.n > 0 ? id_mappings_to_host(&c->uid_mappings, user) : user;

	if (name == NULL || name[0] == '\0')
		return 0;
	if (cgroup_delegate_below(
		    &c->state.cgroup, name, (uid_t)(owner >= 0 ? owner : 0), c->pid, err) < 0)
		return error_prefix(err, "/annotations/run.oci.delegate-cgroup");
	return 0;
}
