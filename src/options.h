/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options of the command line, driven by tables. A row has an option's names, its help text, the
 * reader of its argument, and the place in a struct for the result. Help, completions and the tests
 * of the manual pages use the same tables.
 *
 * All forms that runc accepts are accepted: `--name value`, `--name=value`, `-n value`, `-n=value`,
 * `-nvalue`, one-letter booleans together (`-df`), `--flag=false`, and one dash before a long name
 * (`-name value`). Options may precede and follow other arguments; `--` ends them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json/json.h"
#include "base/mem.h"
#include "spec/config.h"

struct error;
struct option;

/*
 * Reads text into *target; memory comes from arena. Returns 0, or -1 after filling in err with what
 * text should be.
 */
typedef int option_parser(const struct option *option, const char *text, void *target,
	struct arena *arena, struct error *err);

struct option {
	const char *name;     /* without dashes; NULL ends a table */
	char letter;          /* 0: none */
	const char *argument; /* its name in help; NULL: a boolean without argument */
	const char *help;     /* one line; NULL: accepted but hidden */
	option_parser *parse;
	size_t offset;              /* of the target */
	const char *fallback;       /* default argument; NULL: the target stays zero */
	const char *const *choices; /* of option_choice, NULL-terminated */
};

/* Input and results of parsing. */
struct parsing {
	const struct option *table;
	const struct option
		*elsewhere;    /* options valid elsewhere, for error messages; NULL: none */
	bool stop_at_argument; /* everything after the first argument is an argument */
	int argc;
	char *const *argv; /* argv[0] is the first word */
	void *target;
	struct arena *arena;
	/* results */
	string_list arguments; /* the words that aren't options */
	bool help;             /* --help or -h was given; later words weren't read */
};

/*
 * Sets the fallbacks, then reads the words into *target. Returns 0; or -1 with an error that
 * suggests the most similar option.
 */
int options_parse(struct parsing *parsing, struct error *err);

/*
 * Returns the edit distance between the first len characters of text and `other`; at most
 * NEAR_ENOUGH.
 */
enum { NEAR_ENOUGH = 3 };
size_t options_distance(const char *text, size_t len, const char *other);

/* ---- readers of arguments, and the targets they expect ---- */
option_parser option_bool;     /* bool */
option_parser option_opt_bool; /* struct opt_bool */
option_parser option_string;   /* const char *; must not be empty */
option_parser option_text;     /* const char *; may be empty */
option_parser option_strings;  /* string_list: appends one */
option_parser option_choice;   /* int: 1 + index into choices */
option_parser option_fd;       /* int: a descriptor; -1: none */
option_parser option_count;    /* unsigned: a number of descriptors */
option_parser option_int64;    /* struct opt_int64 */
option_parser option_uint64;   /* struct opt_uint64 */
option_parser option_uint16;   /* struct opt_uint16 */
option_parser option_bytes;    /* struct opt_int64: 512, 10k, 1.5g, -1 for unlimited */
option_parser option_duration; /* uint64_t, milliseconds: 5s, 100ms, 1m30s; over 0 */
option_parser option_gids;     /* LIST(uint32_t): appends one or several, separated by commas */
option_parser option_user;     /* struct exec_user: UID or UID:GID, numbers */
option_parser option_ignore;   /* nothing: the option is obsolete */

/* ---- values in arguments ---- */

/* Returns false unless all of text is decimal digits with a value up to max. */
bool option_parse_uint64(const char *text, uint64_t max, uint64_t *value);

/*
 * Parses a number, or a name with or without SIG, in any case, RTMIN, RTMAX, RTMIN+N, RTMAX-N.
 * Returns -1 if it isn't a signal.
 */
int option_parse_signal(const char *text);
