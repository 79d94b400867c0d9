/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull list
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/passwd.h"
#include "command.h"
#include "common_options.h"

enum { FORMAT_TABLE = 1, FORMAT_JSON };
enum { COLUMNS = 6 };

struct list_options {
	int format;
	bool quiet;
};

struct listing {
	const struct list_options *options;
	struct arena *arena;
	struct buf json, ids;
	string_list cells; /* COLUMNS a row */
};

/* Returns a user's name from /etc/passwd, or #UID. */
static const char *user_name(uid_t uid, struct arena *arena)
{
	const char *name = passwd_name_of(arena, uid);

	return name ? name : arena_printf(arena, "#%u", uid);
}

/* Returns the width of UTF-8 text on a terminal, approximated by its number of characters. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

/*
 * A column has the width of its widest cell plus three spaces, at least 12; the last one isn't
 * padded.
 */
static void table_text(struct buf *out, const string_list *cells)
{
	size_t rows = cells->n / COLUMNS;
	size_t width[COLUMNS];

	for (size_t c = 0; c < COLUMNS; c++) {
		width[c] = 12;
		for (size_t r = 0; r < rows; r++) {
			size_t w = text_width(cells->v[r * COLUMNS + c]) + 3;

			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (size_t r = 0; r < rows; r++) {
		for (size_t c = 0; c < COLUMNS; c++) {
			const char *cell = cells->v[r * COLUMNS + c];

			buf_printf(out, "%s%*s", cell,
				c + 1 < COLUMNS ? (int)(width[c] - text_width(cell)) : 0, "");
		}
		buf_puts(out, "\n");
	}
}

static void add_row(struct listing *l, const char *const row[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++)
		*LIST_ADD(l->arena, &l->cells) = arena_strdup(l->arena, row[i]);
}

static int add_container(
	void *context, const struct container_state *state, const struct error *problem)
{
	struct listing *l = context;

	if (problem) {
		log_warning("container %s: %s", state->id, problem->text);
		return 0;
	}
	if (l->options->quiet) {
		buf_printf(&l->ids, "%s\n", state->id);
	} else if (l->options->format == FORMAT_JSON) {
		buf_puts(&l->json, l->json.len == 0 ? "[" : ",");
		state_text(&l->json, state, user_name(state->owner, l->arena), 0);
		while (l->json.len > 0 && l->json.data[l->json.len - 1] == '\n')
			l->json.data[--l->json.len] = '\0';
	} else {
		char pid[16];

		snprintf(pid, sizeof pid, "%d", state->pid);
		add_row(l,
			(const char *[COLUMNS]){ state->id, pid,
				container_status_names[state->status - 1], state->bundle,
				state->created, user_name(state->owner, l->arena) });
	}
	return 0;
}

static int list(const struct call *call, struct error *err)
{
	struct listing l = { .options = call->options, .arena = call->arena };
	cleanup_buf struct buf out = { 0 };
	int result;

	add_row(&l, (const char *[COLUMNS]){ "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" });
	result = container_list(call->rt, add_container, &l, err);
	if (l.options->quiet)
		buf_append(&out, l.ids.data, l.ids.len);
	else if (l.options->format == FORMAT_JSON)
		buf_printf(&out, "%s\n",
			l.json.len == 0 ? "null" : (buf_puts(&l.json, "]"), l.json.data));
	else
		table_text(&out, &l.cells);
	buf_free(&l.json);
	buf_free(&l.ids);
	return result < 0 ? -1 : print(&out, err);
}

static const char *const formats[] = { "table", "json", NULL };

static const struct option options[] = {
	{ "format", 'f', "FORMAT", "table or json", option_choice,
		offsetof(struct list_options, format), "table", formats },
	{ "quiet", 'q', NULL, "print only the IDs", option_bool,
		offsetof(struct list_options, quiet) },
	{ OPTION_END },
};

const struct command list_command = {
	.name = "list",
	.summary = "list containers",
	.arguments = "",
	.description =
		"Lists the containers in the state root (see the global option --root), sorted "
		"by ID.",
	.example = "  hull --root /run/containerd/runc/k8s.io list",
	.options = options,
	.options_size = sizeof(struct list_options),
	.run = list,
};
