/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `events`: the statistics of a container, once or repeatedly, and its out-of-memory kills.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/process.h"
#include "container/state/state.h"
#include "linux/intel_rdt.h"

/* ---- network interfaces ---- */

/* The columns of proc_pid_net(5), dev, that are in runc's statistics. */
static const struct {
	const char *name;
	unsigned column;
} counters[] = {
	{ "RxBytes", 0 },
	{ "RxPackets", 1 },
	{ "RxErrors", 2 },
	{ "RxDropped", 3 },
	{ "TxBytes", 8 },
	{ "TxPackets", 9 },
	{ "TxErrors", 10 },
	{ "TxDropped", 11 },
};
enum { COLUMNS = 16 };

static void put_interface(struct json_writer *w, const char *name, const uint64_t columns[COLUMNS])
{
	json_map_open(w);
	json_member_string(w, "Name", name);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		json_member_uint(w, counters[i].name, columns[counters[i].column]);
	}
	json_map_close(w);
}

/* One line, "eth0: 1 2 3 ..."; skips the loopback device. */
static void put_line(struct json_writer *w, char *line)
{
	char *next = strchr(line, ':');
	uint64_t columns[COLUMNS];

	if (next == NULL)
		return;
	*next++ = '\0';
	line += strspn(line, " ");
	for (size_t i = 0; i < COLUMNS; i++)
		columns[i] = strtoull(next, &next, 10);
	if (strcmp(line, "lo") != 0)
		put_interface(w, line, columns);
}

static bool shares_network(pid_t pid)
{
	char path[32];
	struct stat own, theirs;

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	return stat("/proc/self/ns/net", &own) < 0 || stat(path, &theirs) < 0 ||
		(own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino);
}

/*
 * The interfaces of the container's network namespace; null if it shares the host's or has ended.
 */
static void put_network_interfaces(struct json_writer *w, pid_t pid, int pidfd)
{
	cleanup_buf struct buf text = { 0 };
	char path[32];

	json_key(w, "network_interfaces");
	snprintf(path, sizeof path, "/proc/%d/net/dev", pid);
	if (shares_network(pid) || file_read(AT_FDCWD, path, &text, NULL) < 0 ||
		process_check(pidfd, NULL) < 0) {
		json_null(w);
		return;
	}
	json_array_open(w);
	for (char *rest = text.data, *line; (line = strsep(&rest, "\n")) != NULL;)
		put_line(w, line);
	json_array_close(w);
}

/* ---- statistics ---- */

struct watched {
	struct state state;
	struct oci_config config;
	int state_fd, pidfd;
};

static int put_intel_rdt(struct json_writer *w, struct watched *c, struct error *err)
{
	static const struct oci_intel_rdt by_update = { 0 };
	const struct oci_intel_rdt *config = c->config.linux->intel_rdt;

	if (config == NULL && c->state.intel_rdt != NULL)
		config = &by_update;
	json_key(w, "intel_rdt");
	json_map_open(w);
	if (config != NULL && intel_rdt_stats(config, c->state.id, w, err) < 0)
		return -1;
	json_map_close(w);
	return 0;
}

static int put_statistics(struct json_writer *w, struct watched *c, struct error *err)
{
	json_map_open(w);
	if (cgroup_stats(&c->state.cgroup, w, err) < 0 || put_intel_rdt(w, c, err) < 0)
		return -1;
	put_network_interfaces(w, c->state.pid, c->pidfd);
	json_map_close(w);
	return 0;
}

static int statistics(struct watched *c, struct buf *out, struct error *err)
{
	struct json_writer *w = json_writer_new(0);
	cleanup_buf struct buf text = { 0 };
	int result = put_statistics(w, c, err);

	json_writer_finish(w, &text);
	if (result == 0)
		buf_append(out, text.data, text.len);
	return result;
}

static int watch(struct watched *c, const struct runtime *rt, const char *id, struct error *err)
{
	*c = (struct watched){ .state = STATE_NONE, .state_fd = -1, .pidfd = -1 };
	c->state_fd = state_load(rt, id, &c->state, err);
	if (c->state_fd < 0 || state_config(c->state_fd, &c->config, err) < 0)
		return -1;
	c->pidfd = process_open(c->state.pid, c->state.pid_start_time);
	if (c->pidfd < 0 && errno != ESRCH)
		return error_errno(err, "open the container's init");
	return c->pidfd < 0 ? error_set(err, 0, "container with id %s is not running", id) : 0;
}

static void unwatch(struct watched *c)
{
	fd_close(&c->state_fd);
	fd_close(&c->pidfd);
	config_free(&c->config);
	state_free(&c->state);
}

int container_stats(const struct runtime *rt, const char *id, struct buf *out, struct error *err)
{
	__attribute__((cleanup(unwatch))) struct watched c;

	return watch(&c, rt, id, err) < 0 ? -1 : statistics(&c, out, err);
}

/* ---- the stream ---- */

typedef int (*listener)(void *context, enum container_event event, const char *data);

static int make_timer(uint64_t interval, struct error *err)
{
	struct timespec every = { .tv_sec = (time_t)(interval / 1000),
		.tv_nsec = (long)(interval % 1000) * 1000000 };
	cleanup_fd int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &(struct itimerspec){ every, every }, NULL) < 0)
		return error_errno(err, "set a timer of %llu ms", (unsigned long long)interval);
	return fd_take(&fd);
}

/* Reports the kills since the last call, one event each. Stops watching a cgroup that is gone. */
static int report_kills(struct cgroup_oom *oom, listener each, void *context)
{
	int kills = cgroup_oom_read(oom), result = 0;

	for (int i = 0; i < kills && result == 0; i++)
		result = each(context, CONTAINER_EVENT_OOM, NULL);
	if (kills < 0)
		cgroup_oom_close(oom);
	return result;
}

static int report_statistics(
	struct watched *c, int timer, listener each, void *context, struct error *err)
{
	cleanup_buf struct buf data = { 0 };
	uint64_t expired;

	if (read(timer, &expired, sizeof expired) < 0)
		return 0;
	if (statistics(c, &data, err) < 0)
		return -1;
	return each(context, CONTAINER_EVENT_STATS, data.data);
}

/* An OOM kill often ends the container at once: report it before returning. */
static int stream(struct watched *c, int timer, struct cgroup_oom *oom, listener each,
	void *context, struct error *err)
{
	int result = 0;

	while (result == 0) {
		struct pollfd fds[] = { { c->pidfd, POLLIN, 0 }, { oom->fd, POLLIN, 0 },
			{ timer, POLLIN, 0 } };

		if (poll(fds, 3, -1) < 0)
			continue;
		if (oom->fd >= 0 && (fds[0].revents != 0 || fds[1].revents != 0))
			result = report_kills(oom, each, context);
		if (fds[0].revents != 0)
			return result;
		if (result == 0 && fds[2].revents != 0)
			result = report_statistics(c, timer, each, context, err);
	}
	return result;
}

int container_events(const struct runtime *rt, const char *id, uint64_t interval, listener each,
	void *context, struct error *err)
{
	__attribute__((cleanup(unwatch))) struct watched c;
	cleanup_fd int timer = -1;
	struct cgroup_oom oom = { .fd = -1, .file = -1, .above = -1 };
	struct error problem;
	int result;

	if (watch(&c, rt, id, err) < 0)
		return -1;
	if (cgroup_oom_open(&c.state.cgroup, &oom, &problem) < 0)
		log_warning("%s", problem.text);
	timer = make_timer(interval, err);
	result = timer < 0 ? -1 : stream(&c, timer, &oom, each, context, err);
	cgroup_oom_close(&oom);
	return result;
}
