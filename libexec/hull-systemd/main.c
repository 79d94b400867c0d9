/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull-systemd MANAGER: speaks D-Bus with systemd for hull, which doesn't link libsystemd. MANAGER:
 * `system` or `user`. Standard input is the socket to hull; cgroup/systemd/protocol.h describes the
 * messages.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "cgroup/systemd/protocol.h"
#include "message.h"

#define MANAGER_NAME "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE MANAGER_NAME ".Manager"

enum { JOB_TIMEOUT = 30 /* seconds */ };

#define cleanup_bus_error __attribute__((cleanup(sd_bus_error_free)))

/* ---- calls ---- */

struct client {
	sd_bus *bus;
	/* the job to wait for */
	const char *job;
	char result[32]; /* "" while it runs */
};

/* Prepares a call to the manager whose first argument is the unit. */
static int new_call(struct client *c, const char *method, const char *unit, sd_bus_message **m)
{
	int r = sd_bus_message_new_method_call(
		c->bus, m, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, method);

	return r < 0 ? r : sd_bus_message_append_basic(*m, 's', unit);
}

static int fail(
	struct error *err, int r, const sd_bus_error *problem, const char *what, const char *unit)
{
	if (problem && sd_bus_error_is_set(problem) && problem->message)
		return error_set(err, 0, "systemd: %s %s: %s", what, unit, problem->message);
	return error_set(err, r < 0 ? -r : 0, "systemd: %s %s", what, unit);
}

static int on_job_removed(sd_bus_message *m, void *context, sd_bus_error *problem)
{
	struct client *c = context;
	const char *path, *unit, *result;
	uint32_t id;

	(void)problem;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 && c->job &&
		strcmp(path, c->job) == 0)
		snprintf(c->result, sizeof c->result, "%s", result);
	return 0;
}

static uint64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* Sends m, whose reply is a job, and waits until that is done. */
static int run_job(struct client *c, sd_bus_message *m, const char *what, const char *unit,
	sd_bus_error *problem, struct error *err)
{
	cleanup_message sd_bus_message *reply = NULL;
	uint64_t end = seconds_now() + JOB_TIMEOUT;
	int r = sd_bus_call(c->bus, m, 0, problem, &reply);

	if (r < 0 || (r = sd_bus_message_read(reply, "o", &c->job)) < 0)
		return fail(err, r, problem, what, unit);
	*c->result = 0;
	while (!*c->result) {
		r = sd_bus_process(c->bus, NULL);
		if (r == 0 && seconds_now() >= end)
			r = -ETIMEDOUT;
		else if (r == 0)
			r = sd_bus_wait(c->bus, 1000000);
		if (r < 0)
			return fail(err, r, NULL, what, unit);
	}
	c->job = NULL;
	if (strcmp(c->result, "done") != 0)
		return error_set(
			err, 0, "systemd: %s %s: the job ended with \"%s\"", what, unit, c->result);
	return 0;
}

/*
 * Returns a string property of the unit, which the caller frees. interface: the unit's own, or
 * `Unit`.
 */
static char *unit_property(
	struct client *c, const char *unit, const char *interface, const char *name)
{
	cleanup_free char *path = NULL, *full = mem_printf(MANAGER_NAME ".%s", interface);
	char *value = NULL;

	if (sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path) < 0 ||
		sd_bus_get_property_string(c->bus, MANAGER_NAME, path, full, name, NULL, &value) <
			0)
		return NULL;
	return value;
}

static void reset_failed(struct client *c, const char *unit)
{
	sd_bus_call_method(c->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "ResetFailedUnit",
		NULL, NULL, "s", unit);
}

static int stop(struct client *c, const char *unit, struct error *err)
{
	cleanup_message sd_bus_message *m = NULL;
	cleanup_bus_error sd_bus_error problem = SD_BUS_ERROR_NULL;
	int r = new_call(c, "StopUnit", unit, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "s", "replace");
	if (r < 0)
		return fail(err, r, NULL, "stop", unit);
	r = run_job(c, m, "stop", unit, &problem, err);
	if (r < 0 && sd_bus_error_has_name(&problem, MANAGER_NAME ".NoSuchUnit"))
		return 0;
	reset_failed(c, unit);
	return r;
}

static bool has_processes(struct client *c, const char *unit)
{
	cleanup_message sd_bus_message *reply = NULL;
	const char *path, *command;
	uint32_t pid;

	if (sd_bus_call_method(c->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
		    "GetUnitProcesses", NULL, &reply, "s", unit) < 0 ||
		sd_bus_message_enter_container(reply, 'a', "(sus)") < 0)
		return true;
	return sd_bus_message_read(reply, "(sus)", &path, &pid, &command) > 0;
}

/*
 * Removes a unit of the same name that an earlier container has left behind: failed, or without
 * processes.
 */
static int clear_leftover(struct client *c, const char *unit, struct error *err)
{
	cleanup_free char *state = unit_property(c, unit, "Unit", "ActiveState");

	if (state && strcmp(state, "failed") != 0 && strcmp(state, "inactive") != 0) {
		if (has_processes(c, unit))
			return error_set(err, EEXIST,
				"systemd: start %s: a unit of this name is running", unit);
		return stop(c, unit, err);
	}
	reset_failed(c, unit);
	return 0;
}

/* True if it has the name of a slice, isn't running, and has no unit file. */
static bool is_new_slice(struct client *c, const char *slice)
{
	static const struct {
		const char *property, *value;
	} wanted[] = { { "ActiveState", "inactive" }, { "FragmentPath", "" },
		{ "LoadState", "loaded" } };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		cleanup_free char *value = unit_property(c, slice, "Unit", wanted[i].property);

		if (!value || strcmp(value, wanted[i].value) != 0)
			return false;
	}
	return true;
}

/*
 * Lists the slice and its parents by name (a.slice of a-b.slice) that don't exist yet: systemd
 * stops them when no unit needs them. Omits slices that others or the administrator created.
 */
static int append_slices(struct client *c, sd_bus_message *m, const char *slice, const char *unit)
{
	size_t end = strlen(slice) - strlen(".slice");
	int r = sd_bus_message_open_container(m, 'a', "(sa(sv))");

	for (size_t n = end; r >= 0 && n; n--) {
		cleanup_free char *name = mem_printf("%.*s.slice", (int)n, slice);

		if ((n < end && slice[n] != '-') || strcmp(name, unit) == 0)
			continue;
		if (!is_new_slice(c, name))
			break;
		r = sd_bus_message_append(m, "(sa(sv))", name, 1, "StopWhenUnneeded", "b", true);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* A unit to start; self: with this process in it. */
struct unit {
	const char *name, *slice;
	bool self;
	struct request properties;
};

static int start_once(
	struct client *c, const struct unit *unit, sd_bus_error *problem, struct error *err)
{
	cleanup_message sd_bus_message *m = NULL;
	int r = new_call(c, "StartTransientUnit", unit->name, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "s", "fail");
	if (r >= 0 && message_append_properties(m, unit->properties, unit->self, err) < 0)
		return -1;
	if (r >= 0)
		r = append_slices(c, m, unit->slice, unit->name);
	if (r < 0)
		return fail(err, r, NULL, "start", unit->name);
	return run_job(c, m, "start", unit->name, problem, err);
}

static int start(struct client *c, struct request words, struct buf *answer, struct error *err)
{
	cleanup_bus_error sd_bus_error problem = SD_BUS_ERROR_NULL;
	const char *unit = request_word(&words), *whom = request_word(&words),
		   *slice = request_word(&words), *end = strrchr(unit, '.');
	const struct unit wanted = { unit, slice, strcmp(whom, "self") == 0, words };
	bool is_slice = end && strcmp(end, ".slice") == 0;
	cleanup_free char *path = NULL;

	if (words.bad)
		return error_set(err, EINVAL, "a request to start a unit is cut off");
	/*
	 * systemd would use the running unit instead, and its processes must not become the
	 * container's
	 */
	if (is_slice && !is_new_slice(c, unit))
		return error_set(err, EEXIST,
			"systemd: start %s: there is a slice of this name, or it can't have it",
			unit);
	if (start_once(c, &wanted, &problem, err) < 0) {
		if (!sd_bus_error_has_name(&problem, MANAGER_NAME ".UnitExists") ||
			clear_leftover(c, unit, err) < 0)
			return -1;
		sd_bus_error_free(&problem);
		if (start_once(c, &wanted, &problem, err) < 0)
			return -1;
	}
	path = unit_property(c, unit, is_slice ? "Slice" : "Scope", "ControlGroup");
	if (!path || !*path)
		return error_set(err, 0, "systemd: %s has no cgroup", unit);
	buf_append(answer, path, strlen(path) + 1);
	return 0;
}

static int set(struct client *c, struct request words, struct error *err)
{
	cleanup_message sd_bus_message *m = NULL;
	cleanup_bus_error sd_bus_error problem = SD_BUS_ERROR_NULL;
	const char *unit = request_word(&words);
	int r = new_call(c, "SetUnitProperties", unit, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "b", true);
	if (r >= 0 && message_append_properties(m, words, false, err) < 0)
		return -1;
	if (r >= 0)
		r = sd_bus_call(c->bus, m, 0, &problem, NULL);
	return r < 0 ? fail(err, r, &problem, "set properties of", unit) : 0;
}

static int attach(struct client *c, struct request words, struct error *err)
{
	cleanup_bus_error sd_bus_error problem = SD_BUS_ERROR_NULL;
	const char *unit = request_word(&words);
	uint32_t pid = request_uint32(&words);
	int r;

	if (words.bad)
		return error_set(err, EINVAL, "a request to attach a process is cut off");
	r = sd_bus_call_method(c->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE,
		"AttachProcessesToUnit", &problem, NULL, "ssau", unit, "", 1, pid);
	return r < 0 ? fail(err, r, &problem, "attach a process to", unit) : 0;
}

/* ---- the connection ---- */

/*
 * Opens the manager's private socket, without a bus: only callers with full control over the
 * manager can open it.
 */
static int open_private(sd_bus **bus, const char *runtime_directory)
{
	cleanup_free char *address = mem_printf("unix:path=%s/systemd/private", runtime_directory);
	int r = sd_bus_new(bus);

	if (r >= 0)
		r = sd_bus_set_address(*bus, address);
	if (r >= 0)
		r = sd_bus_start(*bus);
	if (r < 0) {
		sd_bus_unref(*bus);
		*bus = NULL;
	}
	return r;
}

static int open_manager(struct client *c, bool user, struct error *err)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *usual = mem_printf("/run/user/%u", geteuid());
	int r = open_private(&c->bus, !user ? "/run" : directory && *directory ? directory : usual);

	if (r < 0)
		r = user ? sd_bus_open_user(&c->bus) : sd_bus_open_system(&c->bus);
	if (r < 0) {
		error_set(
			err, -r, "connect to the %s service manager", user ? "user's" : "system's");
		return user
			? error_hint(err,
				  "it needs a login session or lingering (loginctl enable-linger), "
				  "and XDG_RUNTIME_DIR")
			: -1;
	}
	r = sd_bus_match_signal(c->bus, NULL, sd_bus_is_bus_client(c->bus) ? MANAGER_NAME : NULL,
		MANAGER_PATH, MANAGER_INTERFACE, "JobRemoved", on_job_removed, c);
	return r < 0 ? error_set(err, -r, "listen for systemd's jobs") : 0;
}

static int serve(struct client *c, struct request words, struct buf *answer, struct error *err)
{
	const char *command = request_word(&words);

	if (strcmp(command, "start") == 0)
		return start(c, words, answer, err);
	if (strcmp(command, "set") == 0)
		return set(c, words, err);
	if (strcmp(command, "attach") == 0)
		return attach(c, words, err);
	if (strcmp(command, "stop") == 0)
		return stop(c, request_word(&words), err);
	return error_set(err, EINVAL, "unknown request \"%s\"", command);
}

/* unconnected: why there is no manager; NULL if there is one. */
static int answer_to(struct client *c, const struct error *unconnected, char *request, size_t len,
	struct buf *answer, struct error *err)
{
	if (len == SYSTEMD_REQUEST_MAX)
		return error_set(err, 0, "more properties than fit into a request of %d kB",
			SYSTEMD_REQUEST_MAX >> 10);
	return unconnected != NULL
		? error_copy(err, unconnected)
		: serve(c, (struct request){ request, request + len, false }, answer, err);
}

int main(int argc, char **argv)
{
	struct client client = { 0 };
	char *request = mem_alloc(SYSTEMD_REQUEST_MAX + 1);
	struct error unconnected, problem;
	bool connected;
	ssize_t len;

	if (argc != 2 || (strcmp(argv[1], "system") != 0 && strcmp(argv[1], "user") != 0)) {
		fputs("hull-systemd is run by hull\n", stderr);
		return 1;
	}
	close_range(STDERR_FILENO + 1, ~0U, 0); /* descriptors that hull's caller left open */
	/* Its unit may be stopped; it must exit only when hull tells it to. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	connected = open_manager(&client, strcmp(argv[1], "user") == 0, &unconnected) == 0;
	while ((len = read(STDIN_FILENO, request, SYSTEMD_REQUEST_MAX)) > 0) {
		cleanup_buf struct buf answer = { 0 };

		request[len] = 0;
		buf_append(&answer, "ok", sizeof "ok");
		if (answer_to(&client, connected ? NULL : &unconnected, request, (size_t)len,
			    &answer, &problem) < 0) {
			int32_t code = problem.code;

			buf_clear(&answer);
			buf_append(&answer, "error", sizeof "error");
			buf_append(&answer, &code, sizeof code);
			buf_append(&answer, problem.text, strlen(problem.text) + 1);
		}
		if (fd_send(STDIN_FILENO, answer.data, answer.len, NULL, 0) < 0)
			break;
	}
	_exit(0); /* the kernel closes everything, and faster */
}
