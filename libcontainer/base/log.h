/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logging in runc's formats: `time="..." level=error msg="..."` or one JSON object per line, to
 * standard error, a file, syslog or the journal. If standard error is a terminal, the text format
 * is for people instead: `hull: error: ...`, with each hint on a line of its own. The settings are
 * the only global state of the library. A process inside a container has no log of its own:
 * log_to_sink() passes its lines to the sync socket.
 */
#pragma once
#include <stdbool.h>

struct error;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/*
 * Opens the log. target: NULL for standard error, a path (opened for appending), or `file:PATH`,
 * `syslog:IDENT`, `journald:IDENT`. Returns 0 or -1.
 */
int log_open(const char *target, enum log_format format, enum log_level level, struct error *err);

/* Sends all further lines to sink(context, level, text): for processes inside a container. */
void log_to_sink(
	void (*sink)(void *context, enum log_level level, const char *text), void *context);

/* Logs a line that another process of hull sent to its sink. */
void log_line(enum log_level level, const char *text);

/* Returns true if the log isn't standard error: the command line then also prints errors there. */
bool log_is_elsewhere(void);

/* Prints an error to standard error, whatever the log's target is. */
void log_to_caller(const char *text);

/* Returns true if lines of this level are logged. */
bool log_enabled(enum log_level level);

/* Log a line at that level. Never fail: nobody could be told. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
void log_debug_line(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
/* Evaluates its arguments only at level debug. */
#define log_debug(...)                               \
	do {                                         \
		if (log_enabled(LOG_LEVEL_DEBUG))    \
			log_debug_line(__VA_ARGS__); \
	} while (0)
