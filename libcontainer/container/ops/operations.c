/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on a running container through its cgroup: pause, resume, ps, update.
 */

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "container/ops/members.h"
#include "container/state/state.h"
#include "linux/intel_rdt.h"

int container_pause(const struct runtime *rt, const char *id, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err);

	if (state_fd < 0)
		return -1;
	switch (state_status(&state, state_fd)) {
	case CONTAINER_CREATED:
	case CONTAINER_RUNNING: return cgroup_freeze(&state.cgroup, true, err);
	default: return error_set(err, 0, "container not running");
	}
}

int container_resume(const struct runtime *rt, const char *id, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err);

	if (state_fd < 0)
		return -1;
	if (state_status(&state, state_fd) != CONTAINER_PAUSED)
		return error_set(err, 0, "container not paused");
	return cgroup_freeze(&state.cgroup, false, err);
}

/* Also works for stopped containers: they may have processes left, an empty cgroup, or none. */
int container_ps(const struct runtime *rt, const char *id, struct pid_list *pids, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load(rt, id, &state, err);
	bool stopped;

	*pids = (struct pid_list){ 0 };
	if (state_fd < 0)
		return -1;
	stopped = state_status(&state, state_fd) == CONTAINER_STOPPED;
	if (state.cgroup.path == NULL && state.own_pid_namespace && !stopped) {
		cleanup_fd int pidfd = process_open(state.pid, state.pid_start_time);

		return members_list(state.pid, pidfd, pids, err);
	}
	return cgroup_pids(&state.cgroup, pids, err) == 0 || stopped ? 0 : -1;
}

/* Creates a class of service for a container without one, as runc does. */
static int update_intel_rdt(
	struct state *state, int state_fd, const struct oci_intel_rdt *change, struct error *err)
{
	cleanup_fd int pidfd = process_open(state->pid, state->pid_start_time);
	cleanup_config struct oci_config config = { 0 };

	if (state_config(state_fd, &config, err) < 0)
		return -1;
	if (config.linux->intel_rdt != NULL || state->intel_rdt != NULL)
		return intel_rdt_update(config.linux->intel_rdt != NULL
				? config.linux->intel_rdt
				: &(struct oci_intel_rdt){ 0 },
			state->id, change, err);
	if (state->phase == CONTAINER_CREATING) /* create itself writes the state meanwhile */
		return error_set(err, 0, "/linux/intelRdt: the container is still being created");
	if (intel_rdt_plan(change, state->id, &state->arena, &state->intel_rdt, err) < 0 ||
		state_write(state_fd, state, err) < 0)
		return -1;
	if (intel_rdt_create(change, state->id, state->pid, err) < 0) {
		state->intel_rdt = NULL;
		state_write(state_fd, state, NULL);
		return -1;
	}
	if (pidfd < 0 || process_check(pidfd, NULL) < 0) {
		if (state->intel_rdt != NULL)
			intel_rdt_remove(state->intel_rdt, NULL);
		return error_set(err, 0, "container not running");
	}
	return 0;
}

/* Returns the rules of the last update or, without one, of the configuration. */
static const oci_device_rule_list *rules_now(
	const struct state *state, const struct oci_config *config)
{
	static const oci_device_rule_list none;

	if (state->devices.n > 0)
		return &state->devices;
	return config->linux->resources != NULL ? &config->linux->resources->devices : &none;
}

static int set_devices(struct state *state, const oci_device_rule_list *devices, struct error *err)
{
	const struct oci_resources wanted = { .devices = *devices };

	return cgroup_update(&state->cgroup, &wanted, &state->annotations, NULL, err);
}

/*
 * Sets the device rules if they have changed. Engines pass all resources to change one limit, and
 * this must not remove rules that a hook has added (a GPU). The state records device rules because
 * they can't be read back; other limits can. Returns 1 if they were set, 0 if not, -1.
 */
static int update_devices(struct state *state, int state_fd, const oci_device_rule_list *devices,
	const oci_device_rule_list *now, struct error *err)
{
	struct error problem;

	if (devices->n == 0 ||
		cgroup_same_devices(&(struct oci_resources){ .devices = *now },
			&(struct oci_resources){ .devices = *devices }, &state->annotations))
		return 0;
	if (state->phase == CONTAINER_CREATING) /* create itself writes the state meanwhile */
		return error_set(
			err, 0, "resources: /devices: the container is still being created");
	if (set_devices(state, devices, &problem) < 0) {
		if (state->rootless && (problem.code == EPERM || problem.code == EACCES)) {
			log_debug("no restriction of devices: %s", problem.text);
			return 0; /* like create */
		}
		set_devices(state, now,
			NULL); /* on v1 rules are written one by one; restore the old ones */
		return error_copy(err, &problem);
	}
	state->devices = *devices;
	return state_write(state_fd, state, err) == 0 ? 1 : -1;
}

/*
 * Applies devices and the class of service after the limits. The class takes one write; if that
 * fails, restores the device rules.
 */
static int update_rest(struct state *state, int state_fd, const oci_device_rule_list *devices,
	const struct oci_intel_rdt *rdt, struct error *err)
{
	const oci_device_rule_list before = state->devices;
	cleanup_config struct oci_config config = { 0 };
	int changed = 0;

	if (devices->n > 0) {
		if (state_config(state_fd, &config, err) < 0)
			return -1;
		changed = update_devices(state, state_fd, devices, rules_now(state, &config), err);
	}
	if (changed < 0)
		return -1;
	if (rdt == NULL || update_intel_rdt(state, state_fd, rdt, err) == 0)
		return 0;
	if (changed > 0) {
		state->devices = before;
		set_devices(state, rules_now(state, &config), NULL);
		state_write(state_fd, state, NULL);
	}
	return -1;
}

/* Limits aren't recorded in the state: the kernel has them. */
int container_update(const struct runtime *rt, const char *id,
	const struct oci_resources *resources, const struct oci_intel_rdt *rdt, struct error *err)
{
	cleanup_state_file struct state state = STATE_NONE;
	cleanup_fd int state_fd = state_load_whole(rt, id, &state, err);
	cleanup_cgroup_undo struct cgroup_undo undo = { 0 };
	struct oci_resources changed = *resources;

	if (state_fd < 0)
		return -1;
	if (state_status(&state, state_fd) == CONTAINER_STOPPED)
		return error_set(err, 0, "container not running");
	changed.devices = (oci_device_rule_list){ 0 };
	if (cgroup_update(&state.cgroup, &changed, &state.annotations, &undo, err) < 0)
		return -1;
	if (update_rest(&state, state_fd, &resources->devices, rdt, err) == 0)
		return 0;
	cgroup_revert(&state.cgroup, &undo);
	return -1;
}
