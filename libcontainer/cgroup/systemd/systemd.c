/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The systemd driver: a transient scope for the container. systemd is told every limit that it
 * knows a property for, so that it keeps them; then all limits are written to cgroupfs, because
 * systemd says nothing about those that it couldn't set.
 *
 * D-Bus is spoken by a program of its own, hull-systemd, over a socket. While the scope is made
 * that program is its first process: so the cgroup is there before the container's process, which
 * is then born in it.
 */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/process.h"
#include "cgroup/internal.h"
#include "cgroup/systemd/gvariant.h"

extern char **environ;

struct cgroup_helper {
	pid_t pid;
	int socket;
	bool starting;   /* the answer to "start" hasn't been read */
	bool small_pids; /* TasksMax is left for later */
	struct cgroup_request request;
	const setting_list *settings;
};

enum {
	ANSWER_MAX = 8192,
	ANSWER_TIMEOUT = 60000, /* milliseconds: longer than hull-systemd waits for systemd */
	ANSWER_STEP = 1000
};

/* Up to this many tasks a limit waits until hull-systemd isn't in the unit any more. */
enum { TASKS_ALMOST_NONE = 16 };

/* ---- names ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/* What a unit's name can't have is written as systemd-escape(1) does: + is \x2b, and @, which makes
 * it an instance. */
static char *escape(struct arena *arena, const char *text)
{
	char *escaped = arena_alloc(arena, 4 * strlen(text) + 1), *to = escaped;

	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr(":-_.\\", *text))
			*to++ = *text;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
	*to = 0;
	return escaped;
}

int systemd_unit_name(struct arena *arena, const char *cgroups_path, const char *id, bool user,
	const char **slice, const char **unit, struct error *err)
{
	char *text = arena_strdup(arena,
		cgroups_path && *cgroups_path ? cgroups_path : arena_printf(arena, ":hull:%s", id));
	char *prefix = strchr(text, ':'), *name = prefix ? strchr(prefix + 1, ':') : NULL;

	if (!name || strchr(name + 1, ':'))
		return error_set(err, 0,
			"/linux/cgroupsPath: \"%s\" isn't of the form slice:prefix:name, which the systemd manager wants",
			cgroups_path);
	*prefix++ = 0;
	*name++ = 0;
	if (*text == 0)
		text = arena_strdup(arena, user ? "user.slice" : "system.slice");
	else if (strcmp(text, "-") == 0)
		text = arena_strdup(arena, "-.slice");
	if (!ends_with(text, ".slice") || strchr(text, '/'))
		return error_set(err, 0,
			"/linux/cgroupsPath: \"%s\" isn't the name of a slice, like system.slice",
			text);
	if (*name == 0 || strchr(name, '/') || strchr(prefix, '/'))
		return error_set(
			err, 0, "/linux/cgroupsPath: \"%s\" isn't the name of a unit", name);
	*slice = text;
	name = escape(arena, name);
	prefix = escape(arena, prefix);
	if (ends_with(name, ".slice"))
		*unit = name;
	else
		*unit = *prefix ? arena_printf(arena, "%s-%s.scope", prefix, name)
				: arena_printf(arena, "%s.scope", name);
	return 0;
}

/* ---- properties ---- */

static void put(struct buf *request, const char *text)
{
	buf_append(request, text, strlen(text) + 1);
}

static void put_property(
	struct buf *request, const char *name, const char *signature, const char *value)
{
	put(request, name);
	put(request, signature);
	put(request, value);
}

static void put_number(struct buf *request, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	put_property(request, name, "t", text);
}

/* A whole number, or "max", or on v1 "-1", which both mean infinity to systemd. */
static bool read_limit(const char *text, uint64_t *value)
{
	char *end;

	if (strcmp(text, "max") == 0 || strcmp(text, "-1") == 0)
		return *value = UINT64_MAX, true;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

static void put_limit(struct buf *request, const char *name, const char *value)
{
	uint64_t limit;

	if (read_limit(value, &limit))
		put_number(request, name, limit);
}

/* systemd refuses 0; the file says it exactly. */
static void put_tasks(struct buf *request, const char *name, const char *value)
{
	uint64_t limit;

	if (read_limit(value, &limit))
		put_number(request, name, limit ? limit : 1);
}

/* cpu.weight, io.weight: "100", for io.weight also "default 100". */
static void put_weight(struct buf *request, const char *name, const char *value)
{
	put_limit(request, name, strncmp(value, "default ", 8) == 0 ? value + 8 : value);
}

/* An idle cgroup is one of weight 0 to systemd. */
static void put_idle(struct buf *request, const char *name, const char *value)
{
	if (strcmp(value, "1") == 0)
		put_number(request, name, 0);
}

/* "QUOTA|max [PERIOD]" in microseconds. systemd stores whole per cents of a CPU: rounded up, so
 * that it never sets less than the exact value that is written to the file after it. */
static void put_quota(struct buf *request, const char *name, const char *value)
{
	uint64_t period = 100000, quota;
	char first[32];
	int n = sscanf(value, "%31s %" SCNu64, first, &period);

	if (n < 1 || !read_limit(first, &quota) || period == 0)
		return;
	if (n == 2)
		put_number(request, "CPUQuotaPeriodUSec", period);
	if (quota != UINT64_MAX)
		quota = (uint64_t)(((unsigned __int128)quota * 100 + period - 1) / period) * 10000;
	put_number(request, name, quota);
}

/* "0-2,5" as systemd's bit mask in bytes. */
static void put_cpus(struct buf *request, const char *name, const char *value)
{
	uint8_t mask[1024] = { 0 };
	unsigned first, last;
	size_t bytes = 0;
	int n;

	for (const char *at = value; *at; at += *at == ',') {
		if (sscanf(at, "%u%n", &first, &n) != 1)
			return;
		at += n;
		last = first;
		if (*at == '-' && sscanf(at + 1, "%u%n", &last, &n) == 1)
			at += n + 1;
		if (last >= 8 * sizeof mask || (*at && *at != ','))
			return;
		for (unsigned cpu = first; cpu <= last; cpu++)
			mask[cpu / 8] |= (uint8_t)(1 << cpu % 8);
		bytes = last / 8 + 1 > bytes ? last / 8 + 1 : bytes;
	}
	put(request, name);
	put(request, "ay");
	buf_printf(request, "%zu%c", bytes, 0);
	for (size_t i = 0; i < bytes; i++)
		buf_printf(request, "%u%c", mask[i], 0);
}

/* What systemd knows. It names I/O limits of devices by paths and rounds partitions to disks, and
 * leaves alone the devices that it wasn't told about: those limits are cgroupfs's only. */
static const struct translation {
	bool v2;
	const char *file, *property;
	void (*put)(struct buf *request, const char *name, const char *value);
} translations[] = {
	{ true, "memory.max", "MemoryMax", put_limit },
	{ true, "memory.high", "MemoryHigh", put_limit },
	{ true, "memory.low", "MemoryLow", put_limit },
	{ true, "memory.min", "MemoryMin", put_limit },
	{ true, "memory.swap.max", "MemorySwapMax", put_limit },
	{ true, "memory.zswap.max", "MemoryZSwapMax", put_limit },
	{ true, "cpu.weight", "CPUWeight", put_weight },
	{ true, "cpu.idle", "CPUWeight", put_idle },
	{ true, "cpu.max", "CPUQuotaPerSecUSec", put_quota },
	{ true, "cpuset.cpus", "AllowedCPUs", put_cpus },
	{ true, "cpuset.mems", "AllowedMemoryNodes", put_cpus },
	{ true, "io.weight", "IOWeight", put_weight },
	{ true, "pids.max", "TasksMax", put_tasks },
	{ false, "memory.limit_in_bytes", "MemoryLimit", put_limit },
	{ false, "cpu.shares", "CPUShares", put_limit },
	{ false, "cpu.max", "CPUQuotaPerSecUSec", put_quota },
	{ false, "blkio.weight", "BlockIOWeight", put_limit },
	{ false, "pids.max", "TasksMax", put_tasks },
};

void systemd_properties(const setting_list *settings, struct buf *request)
{
	for (size_t i = 0; i < settings->n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(translations); j++)
			if (translations[j].v2 == settings->v[i].v2 &&
				strcmp(translations[j].file, settings->v[i].file) == 0)
				translations[j].put(
					request, translations[j].property, settings->v[i].value);
}

/* ---- devices ---- */

/* Calls put for every driver of a major number, as systemd names it: "char-NAME". */
static size_t put_drivers(struct buf *list, const struct device_match *rule, const char *access)
{
	cleanup_buf struct buf text = { 0 };
	char *save = NULL, section = 0, name[64];
	long long major;
	size_t n = 0;

	if (file_read(AT_FDCWD, "/proc/devices", &text, NULL) < 0)
		return 0;
	for (char *line = strtok_r(text.data, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		if (*line == 'C' || *line == 'B')
			section = *line == 'C' ? 'c' : 'b';
		else if (section == rule->type && sscanf(line, "%lld %63s", &major, name) == 2 &&
			major == rule->major) {
			buf_printf(list, "%s-%s%c%s%c", section == 'c' ? "char" : "block", name, 0,
				access, 0);
			n++;
		}
	}
	return n;
}

static size_t put_device(struct buf *list, const struct device_match *rule)
{
	const char *kind = rule->type == 'c' ? "char" : "block";
	char access[4];

	if (!rule->access)
		return 0;
	snprintf(access, sizeof access, "%s%s%s", rule->access & DEVICE_READ ? "r" : "",
		rule->access & DEVICE_WRITE ? "w" : "", rule->access & DEVICE_MKNOD ? "m" : "");
	if (rule->major >= 0 && rule->minor < 0)
		return put_drivers(list, rule, access);
	if (rule->major < 0 && rule->minor >= 0)
		return 0; /* systemd has no words for it */
	if (rule->major < 0)
		buf_printf(list, "%s-*%c%s%c", kind, 0, access, 0);
	else
		buf_printf(list, "/dev/%s/%" PRId64 ":%" PRId64 "%c%s%c", kind, rule->major,
			rule->minor, 0, access, 0);
	return 1;
}

/* DevicePolicy and DeviceAllow, for v1, where systemd writes its own list whenever it sets anything
 * of the unit. */
static void append_devices(const struct device_exceptions *exceptions, struct buf *request)
{
	cleanup_buf struct buf list = { 0 };
	size_t n = 0;

	put_property(request, "DevicePolicy", "s", exceptions->allow ? "auto" : "strict");
	/* an empty list takes away what was there */
	put_property(request, "DeviceAllow", "a(ss)", "0");
	for (size_t i = 0; !exceptions->allow && i < exceptions->list.n; i++)
		n += put_device(&list, &exceptions->list.v[i]);
	if (n) {
		put(request, "DeviceAllow");
		put(request, "a(ss)");
		buf_printf(request, "%zu%c", n, 0);
		buf_append(request, list.data, list.len);
	}
}

/* ---- annotations ---- */

#define ANNOTATION "org.systemd.property."

/* What hull sets itself, and what makes systemd do something with other units than this one. */
static const char *const reserved[] = {
	"PIDs",
	"Slice",
	"Delegate",
	"DelegateControllers",
	"DelegateSubgroup",
	"Controller",
	"Scope",
	"Wants",
	"Requires",
	"Requisite",
	"BindsTo",
	"PartOf",
	"Upholds",
	"Conflicts",
	"WantedBy",
	"RequiredBy",
	"UpheldBy",
	"OnFailure",
	"OnSuccess",
	"PropagatesReloadTo",
	"ReloadPropagatedFrom",
	"PropagatesStopTo",
	"StopPropagatedFrom",
	"JoinsNamespaceOf",
	"RequiresMountsFor",
	"WantsMountsFor",
	"Triggers",
	"FailureAction",
	"SuccessAction",
	"StartLimitAction",
	"JobTimeoutAction",
	"JobTimeoutRebootArgument",
	"RebootArgument",
	"Markers",
	NULL,
};

static int check_name(const char *name, const char *key, struct error *err)
{
	if (*name < 'A' || *name > 'Z' ||
		name[strspn(
			name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")])
		return error_set(
			err, 0, "/annotations/%s: \"%s\" isn't the name of a property", key, name);
	for (size_t i = 0; reserved[i]; i++)
		if (strcmp(reserved[i], name) == 0)
			return error_set(err, 0,
				"/annotations/%s: %s can't be set by an annotation", key, name);
	return 0;
}

/* systemd takes times as microseconds in a uint64, NAMEUSec; written as NAMESec a value is seconds,
 * whole or with a fraction. */
static int convert_seconds(const char *key, struct buf *name, struct buf *signature,
	struct buf *values, struct error *err)
{
	double seconds;

	if (!ends_with(name->data, "Sec") || ends_with(name->data, "USec"))
		return 0;
	seconds = strtod(values->data, NULL);
	if (!strchr("nqiuxtd", *signature->data) || signature->data[1] ||
		!(seconds >= 0 && seconds < 1e12))
		return error_set(err, 0, "/annotations/%s: a time is a number of seconds", key);
	strcpy(name->data + name->len - 3, "");
	name->len -= 3;
	buf_puts(name, "USec");
	buf_clear(signature);
	buf_append(signature, "t", 2);
	buf_clear(values);
	buf_printf(values, "%.0f%c", seconds * 1e6, 0);
	return 0;
}

int systemd_annotations(const string_map *annotations, struct buf *request, struct error *err)
{
	for (size_t i = 0; annotations && i < annotations->n; i++) {
		const char *key = annotations->v[i].key;
		cleanup_buf struct buf name = { 0 }, signature = { 0 }, values = { 0 };

		if (strncmp(key, ANNOTATION, strlen(ANNOTATION)) != 0)
			continue;
		buf_puts(&name, key + strlen(ANNOTATION));
		if (check_name(name.data, key, err) < 0)
			return -1;
		if (gvariant_read(annotations->v[i].value, &signature, &values, err) < 0)
			return error_prefix(err, "/annotations/%s", key);
		if (convert_seconds(key, &name, &signature, &values, err) < 0 ||
			check_name(name.data, key, err) < 0)
			return -1;
		put(request, name.data);
		put(request, signature.data);
		buf_append(request, values.data, values.len);
	}
	return 0;
}

/* ---- the helper ---- */

/* Starts hull-systemd with one end of a socket as its standard input. */
static int helper_start(struct cgroup_helper *helper, bool user, struct error *err)
{
	const char *directory = secure_getenv("HULL_LIBEXECDIR");
	cleanup_free char *program =
		mem_printf("%s/hull-systemd", directory ? directory : LIBEXECDIR "/hull");
	char *argv[] = { program, (char *)(user ? "user" : "system"), NULL };
	posix_spawn_file_actions_t actions;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_aside(err, errno, "socketpair");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO);
	errno = posix_spawn(&helper->pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	helper->socket = pair[0];
	if (errno) {
		helper->pid = 0;
		error_aside(err, errno, "%s: run", program);
		if (err && err->code == ENOENT)
			error_hint(err,
				"it is the part of hull that talks to systemd; --cgroup-manager=cgroupfs does without it");
		fd_close(&helper->socket);
	}
	fd_close(&pair[1]);
	return helper->pid ? 0 : -1;
}

static void helper_end(struct cgroup_helper *helper)
{
	if (helper->socket >= 0)
		shutdown(helper->socket,
			SHUT_RDWR); /* processes that were cloned meanwhile may hold copies of it */
	fd_close(&helper->socket);
	if (helper->pid)
		process_wait(helper->pid);
	helper->pid = 0;
}

/* In the unit, whose slice somebody has frozen. systemd does that on v2 only. */
static bool is_frozen(pid_t pid)
{
	cleanup_free char *path = cgroup_is_v2() ? cgroup_v2_path(pid) : NULL;
	cleanup_free char *events = mem_printf(CGROUP_ROOT "%s/cgroup.events", path ? path : "");
	char text[256];
	uint64_t frozen = 0;

	return path && cgroup_read(AT_FDCWD, events, text, sizeof text) > 0 &&
		cgroup_key(text, "frozen", &frozen) && frozen;
}

static int wait_for_answer(struct cgroup_helper *helper, struct error *err)
{
	struct pollfd answer = { helper->socket, POLLIN, 0 };

	for (int waited = 0; poll(&answer, 1, ANSWER_STEP) == 0; waited += ANSWER_STEP) {
		bool frozen = is_frozen(helper->pid);

		if (!frozen && waited < ANSWER_TIMEOUT)
			continue;
		kill(helper->pid, SIGKILL); /* frozen, it doesn't see that the socket is closed */
		return frozen ? error_set(err, 0, "the slice of the container's unit is frozen")
			      : error_set(err, ETIMEDOUT, "hull-systemd doesn't answer");
	}
	return 0;
}

/* The answer of the helper; *text points to what follows "ok" in it. */
static int helper_answer(
	struct cgroup_helper *helper, char answer[ANSWER_MAX], const char **text, struct error *err)
{
	size_t no_fds = 0;
	const char *code, *sentence;
	ssize_t len;

	if (wait_for_answer(helper, err) < 0)
		return -1;
	len = fd_recv(helper->socket, answer, ANSWER_MAX - 1, NULL, &no_fds);
	if (len <= 0)
		return error_set(err, len < 0 ? errno : 0, "hull-systemd ended without an answer"),
		       error_hint(err,
			       "a limit of memory may be too small even for it, the first process of the unit");
	answer[len] = 0;
	*text = answer + strlen(answer) + (strlen(answer) < (size_t)len);
	if (strcmp(answer, "ok") == 0)
		return 0;
	code = *text;
	sentence = code + strlen(code) + (code + strlen(code) < answer + len);
	if (err)
		err->code = 0;
	error_set(err, 0, "%s", sentence);
	if (err)
		err->code = atoi(code);
	return -1;
}

static int helper_call(struct cgroup_helper *helper, const struct buf *request, struct error *err)
{
	char answer[ANSWER_MAX];
	const char *text;

	if (fd_send(helper->socket, request->data, request->len, NULL, 0) < 0)
		return error_aside(err, errno, "hull-systemd: send a request");
	return helper_answer(helper, answer, &text, err);
}

/* One request to a helper of its own. */
static int one_call(struct cgroup *cgroup, const struct buf *request, struct error *err)
{
	struct cgroup_helper helper = { .socket = -1 };
	int result;

	if (helper_start(&helper, cgroup->user_manager, err) < 0)
		return -1;
	result = helper_call(&helper, request, err);
	helper_end(&helper);
	return result;
}

/* ---- the driver ---- */

static bool is_slice(const struct cgroup *cgroup)
{
	return ends_with(cgroup->scope, ".slice");
}

static void put_unit_properties(
	const struct cgroup *cgroup, const char *slice, const char *id, struct buf *request)
{
	cleanup_free char *description = mem_printf("hull container %s", id);

	put_property(request, "Description", "s", description);
	if (is_slice(cgroup)) {
		put_property(request, "Wants", "as", "1");
		put(request, slice);
	} else {
		put_property(request, "Slice", "s", slice);
		put_property(request, "Delegate", "b", "true");
		/* the container isn't stopped before its engine is, and a failed scope isn't kept
		 */
		put_property(request, "CollectMode", "s", "inactive-or-failed");
	}
	put_property(request, "DefaultDependencies", "b", "false");
	put_property(request, "MemoryAccounting", "b", "true");
	put_property(request, "CPUAccounting", "b", "true");
	put_property(request, cgroup->layout == CGROUP_V2 ? "IOAccounting" : "BlockIOAccounting",
		"b", "true");
	put_property(request, "TasksAccounting", "b", "true");
}

/* On v2 a program of hull's own restricts devices, and systemd knows nothing of it. */
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
	append_devices(&exceptions, request);
	return 0;
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
	/* Who may use the system manager's own socket uses it; everybody else has a manager of
	 * their own. */
	cgroup->user_manager = access("/run/systemd/private", W_OK) < 0;
	if (systemd_unit_name(cgroup->arena, request->cgroups_path, request->id,
		    cgroup->user_manager, &slice, &cgroup->scope, err) < 0)
		return -1;
	*kept = *settings;
	*helper = (struct cgroup_helper){
		.socket = -1, .starting = true, .request = *request, .settings = kept
	};
	helper->small_pids = cgroup->late && atoll(cgroup->late->value) < TASKS_ALMOST_NONE &&
		strcmp(cgroup->late->value, "max") != 0;
	put(&text, "start");
	put(&text, cgroup->scope);
	put(&text, is_slice(cgroup) ? "-" : "self");
	put(&text, is_slice(cgroup) ? cgroup->scope : slice);
	put_unit_properties(cgroup, slice, request->id, &text);
	if (!helper->small_pids)
		systemd_properties(settings, &text);
	else
		for (size_t i = 0; i < settings->n; i++)
			if (&settings->v[i] != cgroup->late)
				systemd_properties(&(setting_list){ &settings->v[i], 1 }, &text);
	if (put_devices(cgroup, request->resources, request->annotations, &text, err) < 0 ||
		systemd_annotations(request->annotations, &text, err) < 0 ||
		helper_start(helper, cgroup->user_manager, err) < 0)
		return -1;
	cgroup->helper = helper;
	if (fd_send(helper->socket, text.data, text.len, NULL, 0) < 0)
		return error_aside(err, errno, "hull-systemd: send a request");
	return 0;
}

/* A cgroup below the unit's takes the place of the container's; hull-systemd goes ahead: with a
 * process in it a cgroup gives no controllers to those below. */
static int make_subgroup(
	struct cgroup *cgroup, const char *unit, const char *name, struct error *err)
{
	struct cgroup_hierarchy *unified = cgroup_unified(cgroup);
	cleanup_free char *directory = mem_printf("%s%s/%s", unified->mount, unit, name);
	cleanup_fd int fd = -1;
	char text[24];

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return error_aside(err, errno, "make the cgroup %s", directory);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof text, "%d", cgroup->helper->pid);
	if (fd < 0 || cgroup_write(fd, "cgroup.procs", text) < 0)
		return error_aside(err, errno, "cgroup %s: put hull-systemd into it", directory);
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
	char answer[ANSWER_MAX];
	const char *path = "";

	if (!helper->starting)
		return 0;
	helper->starting = false;
	if (helper_answer(helper, answer, &path, err) < 0)
		return -1;
	path = arena_strdup(cgroup->arena, path);
	if (name && make_subgroup(cgroup, path, name, err) < 0)
		return -1;
	if (name)
		path = arena_printf(cgroup->arena, "%s/%s", path, name);
	if (cgroup_make_all(cgroup, &helper->request, path, helper->settings, err) < 0) {
		if (is_slice(cgroup)) /* it doesn't end with hull-systemd */
			systemd_stop(cgroup, NULL);
		return -1;
	}
	if (name)
		cgroup_unified(cgroup)->made = 1;
	return 0;
}

/* False when systemd knows none of the settings. */
static bool put_set(const struct cgroup *cgroup, const setting_list *settings, struct buf *request)
{
	size_t empty;

	put(request, "set");
	put(request, cgroup->scope);
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
		put(&text, "attach");
		put(&text, cgroup->scope);
		buf_printf(&text, "%d%c", pid, 0);
		result = helper_call(helper, &text, err);
	} else {
		result = cgroup_enter_hierarchies(cgroup, pid, cloned, err);
	}
	if (result == 0 && helper->small_pids) {
		buf_clear(&text);
		put_set(cgroup, &(setting_list){ cgroup->late, 1 }, &text);
		result = helper_call(helper, &text, err);
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

	put(&text, "stop");
	put(&text, cgroup->scope);
	return one_call(cgroup, &text, err);
}

void systemd_close(struct cgroup *cgroup)
{
	helper_end(cgroup->helper);
	cgroup->helper = NULL;
}
