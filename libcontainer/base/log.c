/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/text/quote.h"
#include "base/text/utf8.h"

enum { TEXT_MAX = ERROR_TEXT_MAX + 512 };

enum target { TARGET_FD, TARGET_SYSLOG, TARGET_JOURNAL };

static struct {
	enum target target;
	enum log_format format;
	enum log_level level;
	int fd;
	char *identifier; /* for syslog and the journal */
} settings = { .target = TARGET_FD, .level = LOG_LEVEL_INFO, .fd = STDERR_FILENO };

/* Replaces the target, if it is set. */
BESIDE_POOL struct {
	void (*write)(void *context, enum log_level level, const char *text);
	void *context;
} log_sink;

static const char *const level_names[] = { "error", "warning", "info", "debug" };
static const int level_priorities[] = { 3, 4, 6,
	7 }; /* syslog(3): LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG */

static void format_json(struct buf *out, enum log_level level, const char *text)
{
	cleanup_buf struct buf now = { 0 };
	struct json_writer *w = json_writer_new(0);

	clock_append(&now, false);
	json_map_open(w);
	json_member_string(w, "level", level_names[level]);
	json_member_string(w, "msg", text);
	json_member_string(w, "time", now.data);
	json_map_close(w);
	json_writer_finish(w, out);
	buf_puts(out, "\n");
}

static void format_text(struct buf *out, enum log_level level, const char *text)
{
	buf_puts(out, "time=\"");
	clock_append(out, false);
	buf_printf(out, "\" level=%s msg=", level_names[level]);
	quote_append(out, text, strlen(text));
	buf_puts(out, "\n");
}

/*
 * RFC 3164 as local syslog daemons accept it; without the time, which is optional and would have to
 * be local.
 */
static void format_syslog(struct buf *out, enum log_level level, const char *text)
{
	enum { FACILITY_USER = 1 << 3 };

	buf_printf(out, "<%d>%s[%d]: %s", FACILITY_USER | level_priorities[level],
		settings.identifier, (int)getpid(), text);
}

/*
 * The journal's native protocol, with MESSAGE in binary form (little-endian length), because it may
 * have several lines.
 */
static void format_journal(struct buf *out, enum log_level level, const char *text)
{
	size_t len = strlen(text);
	unsigned char size[8];

	for (size_t i = 0; i < sizeof size; i++)
		size[i] = (unsigned char)((uint64_t)len >> 8 * i);
	buf_printf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE\n", level_priorities[level],
		settings.identifier);
	buf_append(out, size, sizeof size);
	buf_append(out, text, len);
	buf_puts(out, "\n");
}

/* ---- for people ---- */

/*
 * Escapes text for a terminal: an error may quote what an image contains, which must not control
 * the terminal.
 */
static void append_harmless(struct buf *out, const char *text, size_t len)
{
	for (size_t n; len > 0; text += n, len -= n) {
		size_t valid = utf8_length(text, len);
		bool harmless =
			valid > 0 && (*text == '\n' || utf8_is_printable(utf8_point(text, valid)));

		n = valid > 0 ? valid : 1;
		buf_append(out, harmless ? text : "?", harmless ? n : 1);
	}
}

/* Returns true if colours are wanted (no-color.org). */
static bool in_colour(void)
{
	const char *unwanted = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return (unwanted == NULL || *unwanted == '\0') && terminal != NULL &&
		strcmp(terminal, "dumb") != 0;
}

/* Formats one line, "hull: error: what failed", and its hint on a separate line. */
static void format_for_people(struct buf *out, enum log_level level, const char *text, size_t len)
{
	static const char *const colours[] = { "\033[1;31m", "\033[1;33m", "", "" };
	const char *end = in_colour() && *colours[level] != '\0' ? "\033[0m" : "";
	const char *begin = *end != '\0' ? colours[level] : "";
	const char *hint = memmem(text, len, "; ", 2);
	size_t first = hint != NULL ? (size_t)(hint - text) : len;

	buf_printf(out, "hull: %s%s:%s ", begin, level_names[level], end);
	append_harmless(out, text, first);
	if (hint != NULL) {
		buf_puts(out, "\n  hint: ");
		append_harmless(out, hint + 2, len - first - 2);
	}
	buf_puts(out, "\n");
}

/* Formats each line of the text separately: there may be several violations. */
static void format_lines_for_people(struct buf *out, enum log_level level, const char *text)
{
	for (const char *line = text; *line != '\0'; line += line[0] == '\n') {
		size_t len = strcspn(line, "\n");

		if (len > 0)
			format_for_people(out, level, line, len);
		line += len;
	}
}

void log_to_caller(const char *text)
{
	cleanup_buf struct buf out = { 0 };

	if (isatty(STDERR_FILENO)) {
		format_lines_for_people(&out, LOG_LEVEL_ERROR, text);
	} else {
		append_harmless(&out, text, strlen(text));
		buf_puts(&out, "\n");
	}
	fd_write_all(STDERR_FILENO, out.data, out.len);
}

/* Engines read the log from files and pipes, people from a terminal. */
static bool people_read_it(void)
{
	static struct opt_bool terminal;

	if (settings.format != LOG_FORMAT_TEXT || settings.fd != STDERR_FILENO)
		return false;
	if (!terminal.set)
		terminal = (struct opt_bool){ true, isatty(STDERR_FILENO) };
	return terminal.value;
}

static void write_to_target(enum log_level level, const char *text)
{
	cleanup_buf struct buf line = { 0 };

	switch (settings.target) {
	case TARGET_FD:
		(people_read_it() ? format_lines_for_people
				: settings.format == LOG_FORMAT_JSON
				? format_json
				: format_text)(&line, level, text);
		fd_write_all(settings.fd, line.data,
			line.len); /* a failure can't be reported anywhere */
		break;
	case TARGET_SYSLOG:
		format_syslog(&line, level, text);
		send(settings.fd, line.data, line.len, MSG_NOSIGNAL);
		break;
	case TARGET_JOURNAL:
		format_journal(&line, level, text);
		send(settings.fd, line.data, line.len, MSG_NOSIGNAL);
		break;
	}
}

void log_line(enum log_level level, const char *text)
{
	int errnum = errno;

	if (!log_enabled(level))
		return;
	if (log_sink.write != NULL)
		log_sink.write(log_sink.context, level, text);
	else
		write_to_target(level, text);
	errno = errnum;
}

static int connect_datagram(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, "--log: connect to %s", path);
	return fd_take(&sock);
}

/* Returns the text after prefix, or NULL if target doesn't start with it. */
static const char *after(const char *target, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(target, prefix, len) == 0 ? target + len : NULL;
}

static int open_file(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

	return fd < 0 ? error_errno(err, "--log: open %s", path) : fd;
}

int log_open(const char *target, enum log_format format, enum log_level level, struct error *err)
{
	const char *identifier = NULL;
	enum target kind = TARGET_FD;
	int fd;

	if (target == NULL || *target == '\0') {
		fd = STDERR_FILENO;
	} else if ((identifier = after(target, "syslog:")) != NULL) {
		kind = TARGET_SYSLOG;
		fd = connect_datagram("/dev/log", err);
	} else if ((identifier = after(target, "journald:")) != NULL) {
		kind = TARGET_JOURNAL;
		fd = connect_datagram("/run/systemd/journal/socket", err);
	} else {
		const char *path = after(target, "file:");

		fd = open_file(path ? path : target, err);
	}
	if (fd < 0)
		return -1;
	if (settings.fd != STDERR_FILENO)
		close(settings.fd);
	mem_free(settings.identifier);
	settings.identifier =
		mem_strdup(identifier != NULL && *identifier != '\0' ? identifier : "hull");
	log_sink.write = NULL;
	settings.target = kind;
	settings.format = format;
	settings.level = level;
	settings.fd = fd;
	return 0;
}

void log_to_sink(void (*sink)(void *context, enum log_level level, const char *text), void *context)
{
	log_sink.write = sink;
	log_sink.context = context;
}

bool log_is_elsewhere(void)
{
	return log_sink.write != NULL || settings.target != TARGET_FD ||
		settings.fd != STDERR_FILENO;
}

bool log_enabled(enum log_level level)
{
	return level <= settings.level;
}

#define LOG_FUNCTION(name, level)                      \
	void name(const char *fmt, ...)                \
	{                                              \
		char text[TEXT_MAX];                   \
		va_list ap;                            \
                                                       \
		if (!log_enabled(level))               \
			return;                        \
		va_start(ap, fmt);                     \
		vsnprintf(text, sizeof text, fmt, ap); \
		va_end(ap);                            \
		log_line(level, text);                 \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug_line, LOG_LEVEL_DEBUG)
