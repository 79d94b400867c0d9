/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull ps: runs the host's ps(1) and filters its output by the processes of the container; or
 * prints their IDs.
 */
#include <ctype.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "command.h"
#include "common_options.h"

enum { FORMAT_TABLE = 1, FORMAT_JSON };

struct ps_options {
	int format;
};

static void json_text(struct buf *out, const struct pid_list *pids)
{
	buf_puts(out, pids->n == 0 ? "null" : "[");
	for (size_t i = 0; i < pids->n; i++)
		buf_printf(out, "%s%d", i == 0 ? "" : ",", pids->v[i]);
	buf_puts(out, pids->n == 0 ? "\n" : "]\n");
}

/*
 * Runs ps with args (NULL-terminated, including argv[0]) and appends its standard output and error
 * to out.
 */
static int run_ps(const char *const *args, struct buf *out, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int pipefd[2], code, status;
	cleanup_fd int in = -1;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return error_errno(err, "pipe");
	in = pipefd[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDERR_FILENO);
	code = posix_spawnp(&pid, "ps", &actions, NULL, (char *const *)args, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipefd[1]);
	if (code != 0) {
		error_set(err, code, "execute ps");
		return code == ENOENT ? error_hint(err, "install the package procps") : -1;
	}
	code = fd_read_all(in, out, err);
	fd_close(&in); /* a ps that still writes would never end */
	status = process_wait(pid);
	if (code < 0)
		return error_prefix(err, "read what ps says");
	if (status != 0)
		return error_set(err, 0, "exit status %d: %s", status, out->data ? out->data : "");
	return 0;
}

/* Returns the length of the line at text, including its newline. */
static size_t line_length(const char *text)
{
	size_t len = strcspn(text, "\n");

	return len + (text[len] == '\n');
}

/* The start of the column'th word of the line, from 0; NULL if there are fewer. */
static const char *find_word(const char *line, size_t column)
{
	const char *end = line + strcspn(line, "\n");

	for (line += strspn(line, " \t"); column > 0 && line < end; column--) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	return line < end ? line : NULL;
}

/* Returns the column with the heading PID, or -1. */
static int pid_column(const char *heading)
{
	const char *word;

	for (int column = 0; (word = find_word(heading, (size_t)column)); column++)
		if (strncmp(word, "PID", 3) == 0 &&
			(isspace((unsigned char)word[3]) || word[3] == '\0'))
			return column;
	return -1;
}

static bool has_pid(const struct pid_list *pids, const char *word)
{
	long pid = word ? strtol(word, NULL, 10) : 0;

	for (size_t i = 0; i < pids->n; i++)
		if (pids->v[i] == pid)
			return true;
	return false;
}

static int table_of(
	const struct pid_list *pids, const char *const *args, struct buf *out, struct error *err)
{
	cleanup_buf struct buf text = { 0 };
	size_t len;
	int column;

	if (run_ps(args, &text, err) < 0)
		return -1;
	column = text.data ? pid_column(text.data) : -1;
	if (column < 0)
		return error_set(err, 0, "couldn't find PID field in ps output");
	for (const char *line = text.data; *line != '\0'; line += len) {
		len = line_length(line);
		if (line == text.data || has_pid(pids, find_word(line, (size_t)column)))
			buf_append(out, line, len);
	}
	return 0;
}

static int ps(const struct call *call, struct error *err)
{
	const struct ps_options *o = call->options;
	cleanup_buf struct buf out = { 0 };
	const char **args = arena_alloc(call->arena, (call->n + 2) * sizeof *args);
	struct pid_list pids = { 0 };
	int result = container_ps(call->rt, call->args[0], &pids, err);

	args[0] = "ps";
	args[1] = "-ef";
	if (call->n > 1)
		memcpy(args + 1, call->args + 1, (call->n - 1) * sizeof *args);
	if (result == 0 && o->format == FORMAT_JSON)
		json_text(&out, &pids);
	else if (result == 0)
		result = table_of(&pids, args, &out, err);
	mem_free(pids.v);
	return result < 0 ? -1 : print(&out, err);
}

static const char *const formats[] = { "table", "json", NULL };

static const struct option options[] = {
	{ "format", 'f', "FORMAT", "table or json", option_choice,
		offsetof(struct ps_options, format), "table", formats },
	{ OPTION_END },
};

const struct command ps_command = {
	.name = "ps",
	.summary = "list the processes of a container",
	.arguments = "ID [PS-OPTION...]",
	.description =
		"Runs the host's ps(1) and shows the lines of the container's processes. "
		"PS-OPTIONs (default:\n"
		"-ef) are passed to ps; its output needs a column PID. hull's own options must "
		"precede ID.",
	.example = "  hull ps web -o pid,rss,args",
	.options = options,
	.options_size = sizeof(struct ps_options),
	.min = 1,
	.max = (unsigned)-1,
	.stop_at_argument = true,
	.run = ps,
};
