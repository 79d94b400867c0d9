/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command of the command line: its name, its help, its options, and the function that runs it.
 * Each command has a file of its own; commands.c has the table.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "container/container.h"
#include "options.h"

struct command;

/* One call of a command. */
struct call {
	const struct runtime *rt;
	const struct command *const *commands; /* the table that contains it */
	void *options;                         /* the command's options, filled in */
	const char *const *args;               /* words that aren't options; NULL-terminated */
	size_t n;
	struct arena *arena; /* lives until the program exits */
};

struct command {
	const char *name;
	const char *summary;     /* shown after the name in lists */
	const char *arguments;   /* for the usage line, after the options */
	const char *description; /* whole sentences, lines of at most 78 columns, no newline at the
				    end */
	const char *example;     /* the same */
	const struct option *options;
	size_t options_size; /* size of the options */
	unsigned min, max;   /* number of arguments */
	bool stop_at_argument;
	const char *failure; /* prefix of errors; NULL: none */
	int failure_status;  /* exit status after an error; 0 means 1 */
	int (*run)(const struct call *call,
		struct error *err); /* returns the exit status, or -1 after an error */
};

/* The commands, in alphabetical order, NULL at the end. */
extern const struct command *const commands[];
extern const struct command checkpoint_command, completion_command, create_command, delete_command,
	doctor_command, events_command, exec_command, features_command, help_command, kill_command,
	list_command, mounts_command, pause_command, ps_command, restore_command, resume_command,
	run_command, spec_command, start_command, state_command, update_command, userns_command;
extern const struct option global_options[];

/* Returns the command with this name, or NULL. */
const struct command *command_find(const struct command *const *table, const char *name);

enum { EXIT_ERROR = 1, EXIT_NO_COMMAND = 3 };

/* Reports an unknown command and the most similar one. Returns EXIT_NO_COMMAND. */
int command_unknown(const struct command *const *table, const char *name);

/* Logs the error. If the log isn't standard error, prints it there as well. */
void print_error(const struct error *err);

/* Adds a hint if the failure is due to a feature that every container needs and this host lacks. */
void host_explain(struct error *err);

/* Writes all of text to standard output. Returns 0 or -1. */
int print(const struct buf *text, struct error *err);

/* Appends the output of `--help`: the program's if command is NULL. */
void help_text(struct buf *out, const struct command *const *table, const struct command *command);

/* Appends the output of `--version`. */
void version_text(struct buf *out);

/*
 * Appends the state as runc writes it. owner: value of that member. indent: see json_writer_new().
 */
void state_text(
	struct buf *out, const struct container_state *state, const char *owner, unsigned indent);

/*
 * Calls act(call, id, err) for the named container or, with regex, for each one whose ID matches
 * the extended regular expression. Continues after errors and logs all but the last. Returns 0, or
 * -1 if there was one.
 */
int match_each(const struct call *call, bool regex, const char *name,
	int (*act)(const struct call *call, const char *id, struct error *err), struct error *err);
