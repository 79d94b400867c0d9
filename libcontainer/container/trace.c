/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container/trace.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

/* Higher than the descriptors that callers preserve for a container. */
enum { LOWEST_FD = 512 };

static void write_event(int fd, const char *text, int len)
{
	if (len > 0)
		(void)fd_write_all(fd, text, (size_t)len);
}

int trace_open(const char *path, struct error *err)
{
	static const char head[] = "[{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":1,"
				   "\"args\":{\"name\":\"host side\"}},\n"
				   "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":2,\"tid\":2,"
				   "\"args\":{\"name\":\"inside\"}}";
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	int high;

	if (fd < 0)
		return error_errno(err, "--trace: open %s", path);
	high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);
	if (high < 0)
		return error_errno(err, "--trace: open %s", path);
	write_event(high, head, sizeof head - 1);
	return high;
}

void trace_close(int fd)
{
	if (fd < 0)
		return;
	write_event(fd, "\n]\n", 3);
	fd_close(&fd);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t trace_begin(const struct trace *trace, const char *name)
{
	if (trace->log != NULL)
		log_debug("%s: %s", trace->log, name);
	return trace->fd < 0 ? 0 : now();
}

void trace_end(const struct trace *trace, const char *name, uint64_t begin)
{
	uint64_t duration;
	char event[256];

	if (trace->fd < 0)
		return;
	duration = now() - begin;
	/* microseconds, with the nanoseconds as a fraction */
	write_event(trace->fd, event,
		snprintf(event, sizeof event,
			",\n{\"name\":\"%s\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"ts\":%" PRIu64
			".%03u,\"dur\":%" PRIu64 ".%03u}",
			name, trace->side, trace->side, begin / 1000, (unsigned)(begin % 1000),
			duration / 1000, (unsigned)(duration % 1000)));
}
