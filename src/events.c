/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull events: prints each event as one line of JSON.
 */
#include "command.h"
#include "common_options.h"

struct events_options {
	uint64_t interval; /* milliseconds */
	bool stats;
};

struct listener {
	const char *id;
	struct error *err;
};

/* An ID has no characters that JSON would escape. */
static int print_event(const char *type, const char *id, const char *data, struct error *err)
{
	cleanup_buf struct buf line = { 0 };

	buf_printf(&line, "{\"type\":\"%s\",\"id\":\"%s\"%s%s}\n", type, id,
		data ? ",\"data\":" : "", data ? data : "");
	return print(&line, err);
}

static int on_event(void *context, enum container_event event, const char *data)
{
	struct listener *l = context;

	return print_event(event == CONTAINER_EVENT_OOM ? "oom" : "stats", l->id, data, l->err);
}

static int events(const struct call *call, struct error *err)
{
	const struct events_options *o = call->options;
	struct listener listener = { call->args[0], err };
	cleanup_buf struct buf data = { 0 };

	if (!o->stats)
		return container_events(
			call->rt, listener.id, o->interval, on_event, &listener, err);
	if (container_stats(call->rt, listener.id, &data, err) < 0)
		return -1;
	return print_event("stats", listener.id, data.data, err);
}

static const struct option options[] = {
	{ "interval", 0, "DURATION", "time between two sets of statistics", option_duration,
		offsetof(struct events_options, interval), "5s" },
	{ "stats", 0, NULL, "print the statistics once and exit", option_bool,
		offsetof(struct events_options, stats) },
	{ OPTION_END },
};

const struct command events_command = {
	.name = "events",
	.summary = "show statistics and out-of-memory kills of a container",
	.arguments = "ID",
	.description =
		"Prints one line of JSON for each set of statistics and for each out-of-memory "
		"kill, until the\n"
		"container ends.",
	.example = "  hull events --stats web",
	.options = options,
	.options_size = sizeof(struct events_options),
	.min = 1,
	.max = 1,
	.run = events,
};
