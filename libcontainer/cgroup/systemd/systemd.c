/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The systemd driver: a transient scope for the container. systemd is told every limit for which it
 * has a property, so that it keeps them. Then all limits are written to cgroupfs, because systemd
 * doesn't report those that it couldn't set.
 *
 * A separate program, hull-systemd, speaks D-Bus; hull talks to it over a socket. It is the scope's
 * first process. So the cgroup exists before the container's process, which is then born in it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/systemd/internal.h"

struct cgroup_helper {
	struct helper process;
	bool starting;   /* the answer to "start" is outstanding */
	bool small_pids; /* TasksMax is set later */
	struct cgroup_request request;
	const setting_list *settings;
};

/* Limits of up to this many tasks are set only after hull-systemd has left the unit. */
enum { TASKS_ALMOST_NONE = 16 };

/* One request, with a separate helper. */
static int one_call(struct cgroup *cgroup, const struct buf *request, struct error *err)
{
	struct helper helper = { .socket = -1 };
	int result;

	if (helper_start(&helper, cgroup->user_manager, err) < 0)
		return -1;
	result = helper_call(&helper, request, err);
	helper_end(&helper);
	return result;
}

static bool is_slice(const struct cgroup *cgroup)
{
	const char *end = strrchr(cgroup->scope, '.');

	return end && strcmp(end, ".slice") == 0;
}

static void put_unit_properties(
	const struct cgroup *cgroup, const char *slice, const char *id, struct buf *request)
{
	cleanup_free char *description = mem_printf("hull container %s", id);

	request_text(request, "Description", description);
	if (is_slice(cgroup)) {
		request_property(request, PROPERTY_STRINGS, "Wants");
		request_count(request, 1);
		request_string(request, slice);
	} else {
		request_text(request, "Slice", slice);
		request_bool(request, "Delegate", true);
		/* Don't stop the container before its engine; don't keep a failed scope. */
		request_text(request, "CollectMode", "inactive-or-failed");
	}
	request_bool(request, "DefaultDependencies", false);
	request_bool(request, "MemoryAccounting", true);
	request_bool(request, "CPUAccounting", true);
	request_bool(
		request, cgroup->layout == CGROUP_V2 ? "IOAccounting" : "BlockIOAccounting", true);
	request_bool(request, "TasksAccounting", true);
}

/* On v2, hull's own program restricts devices, and systemd isn't involved. */
static int put_devices(struct cgroup *cgroup, const struct oci_resources *resources,
	const string_map *annotations, struct buf *request, struct error *err)
{
	struct device_exceptions exceptions;
	device_rules rules;
	bool v2;

	if (!cgroup_of_controller(cgroup, "devices", &v2) || v2)
		return 0;
	if (device_rules_read(cgroup->arena, resources, annotations, &rules, err) < 0 ||
		device_exceptions_read(cgroup->arena, &rules, &exceptions, err) < 0)
		return -1;
	systemd_device_properties(&exceptions, request);
	return 0;
}

/* Appends all limits; with small_pids, except the one that is set later. */
static void put_limits(const struct cgroup *cgroup, bool small_pids, const setting_list *settings,
	struct buf *text)
{
	if (!small_pids)
		systemd_properties(settings, text);
	else
		for (size_t i = 0; i < settings->n; i++)
			if (&settings->v[i] != cgroup->late)
				systemd_properties(&(setting_list){ &settings->v[i], 1 }, text);
}

int systemd_create(struct cgroup *cgroup, const struct cgroup_request *request,
	const setting_list *settings, struct error *err)
{
	struct cgroup_helper *helper = arena_alloc(cgroup->arena, sizeof *helper);
	setting_list *kept = arena_alloc(cgroup->arena, sizeof *kept);
	cleanup_buf struct buf text = { 0 };
	const char *slice = "";

	if (access("/run/systemd/system", F_OK) < 0)
		return error_set(err, 0,
			       "systemd isn't running here: /run/systemd/system is missing"),
		       error_hint(err, "--cgroup-manager=cgroupfs does without it");
	/*
	 * A caller that may use the system manager's private socket uses that manager; others use
	 * their user manager.
	 */
	cgroup->user_manager = access("/run/systemd/private", W_OK) < 0;
	cgroup->scope = systemd_unit_name(cgroup->arena, request->cgroups_path, request->id,
		cgroup->user_manager, &slice, err);
	if (!cgroup->scope)
		return -1;
	*kept = *settings;
	*helper = (struct cgroup_helper){
		.process.socket = -1, .starting = true, .request = *request, .settings = kept
	};
	helper->small_pids = cgroup->late && atoll(cgroup->late->value) < TASKS_ALMOST_NONE &&
		strcmp(cgroup->late->value, "max") != 0;
	request_string(&text, "start");
	request_string(&text, cgroup->scope);
	request_string(&text, is_slice(cgroup) ? "-" : "self");
	request_string(&text, is_slice(cgroup) ? cgroup->scope : slice);
	put_unit_properties(cgroup, slice, request->id, &text);
	put_limits(cgroup, helper->small_pids, settings, &text);
	systemd_annotations(request->annotations, &text);
	if (put_devices(cgroup, request->resources, request->annotations, &text, err) < 0 ||
		helper_start(&helper->process, cgroup->user_manager, err) < 0)
		return -1;
	cgroup->helper = helper;
	return helper_send(&helper->process, &text, err);
}

/*
 * Makes a cgroup below the unit's the container's. First moves hull-systemd there, because a cgroup
 * with processes can't enable controllers for its children.
 */
static int make_subgroup(
	struct cgroup *cgroup, const char *unit, const char *name, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);
	cleanup_free char *directory = mem_printf("%s%s/%s", unified->mount, unit, name);
	cleanup_fd int fd = -1;
	char text[24];

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return error_errno(err, "make the cgroup %s", directory);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof text, "%d", cgroup->helper->process.pid);
	if (fd < 0 || cgroup_write(fd, "cgroup.procs", text) < 0)
		return error_errno(err, "cgroup %s: put hull-systemd into it", directory);
	return 0;
}

static const char *subgroup(const struct cgroup *cgroup, const struct cgroup_request *request)
{
	const char *name = cgroup_annotation(request->annotations, "run.oci.systemd.subgroup");

	return cgroup->layout == CGROUP_V2 && name && *name ? name : NULL;
}

int systemd_ready(struct cgroup *cgroup, struct error *err)
{
	struct cgroup_helper *helper = cgroup->helper;
	const char *name = subgroup(cgroup, &helper->request);
	char answer[SYSTEMD_ANSWER_MAX];
	const char *path = "";

	if (!helper->starting)
		return 0;
	helper->starting = false;
	if (helper_answer(&helper->process, answer, &path, err) < 0)
		return -1;
	path = arena_strdup(cgroup->arena, path);
	if (name && make_subgroup(cgroup, path, name, err) < 0)
		return -1;
	if (name)
		path = arena_printf(cgroup->arena, "%s/%s", path, name);
	if (cgroup_make_all(cgroup, &helper->request, path, helper->settings, err) < 0) {
		if (is_slice(cgroup)) /* a slice doesn't end with hull-systemd, so stop it */
			systemd_stop(cgroup, NULL);
		return -1;
	}
	if (name)
		cgroup_unified(cgroup)->made = 1;
	return 0;
}

/* Returns false if systemd has none of the settings. */
static bool put_set(const struct cgroup *cgroup, const setting_list *settings, struct buf *request)
{
	size_t empty;

	request_string(request, "set");
	request_string(request, cgroup->scope);
	empty = request->len;
	systemd_properties(settings, request);
	return request->len > empty;
}

int systemd_enter(struct cgroup *cgroup, pid_t pid, bool cloned, struct error *err)
{
	struct cgroup_helper *helper = cgroup->helper;
	cleanup_buf struct buf text = { 0 };
	int result = 0;

	if (!cloned && cgroup->user_manager && cgroup->fd < 0) {
		request_string(&text, "attach");
		request_string(&text, cgroup->scope);
		buf_append(&text, &(uint32_t){ (uint32_t)pid }, sizeof(uint32_t));
		result = helper_call(&helper->process, &text, err);
	} else {
		result = cgroup_enter_hierarchies(cgroup, pid, cloned, err);
	}
	if (result == 0 && helper->small_pids) {
		buf_clear(&text);
		put_set(cgroup, &(setting_list){ cgroup->late, 1 }, &text);
		result = helper_call(&helper->process, &text, err);
	}
	systemd_close(cgroup);
	return result;
}

int systemd_update(struct cgroup *cgroup, const setting_list *settings,
	const struct oci_resources *resources, const string_map *annotations, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	bool something = put_set(cgroup, settings, &text);
	size_t len = text.len;

	if (resources->devices.n && put_devices(cgroup, resources, annotations, &text, err) < 0)
		return -1;
	return something || text.len > len ? one_call(cgroup, &text, err) : 0;
}

int systemd_stop(struct cgroup *cgroup, struct error *err)
{
	cleanup_buf struct buf text = { 0 };

	request_string(&text, "stop");
	request_string(&text, cgroup->scope);
	return one_call(cgroup, &text, err);
}

void systemd_close(struct cgroup *cgroup)
{
	helper_end(&cgroup->helper->process);
	cgroup->helper = NULL;
}
