/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull completion: scripts for three shells, which ask hull itself for candidates (`hull completion
 * words WORD...`; the last word is the one under the cursor). The answers come from the tables of
 * options, so a new option needs no change here. An answer has one candidate per line, followed by
 * a tab and a description; `:files` and `:directories` make the shell complete paths.
 */
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "command.h"
#include "common_options.h"

static const struct {
	const char *shell, *text;
} scripts[] = {
	{ "bash",
		"# SPDX-License-Identifier: LGPL-2.1-or-later\n"
		"# bash completion for hull: hull itself provides the candidates\n"
		"_hull()\n"
		"{\n"
		"\tlocal line current=${COMP_WORDS[COMP_CWORD]}\n"
		"\n"
		"\t[[ $current != = ]] || current=\n"
		"\tCOMPREPLY=()\n"
		"\twhile IFS= read -r line; do\n"
		"\t\tcase $line in\n"
		"\t\t:files) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
		"<(compgen -f -- \"$current\") ;;\n"
		"\t\t:directories) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} "
		"COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
		"\t\t*) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
		"\t\tesac\n"
		"\tdone < <(\"${COMP_WORDS[0]}\" completion words "
		"\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
		"}\n"
		"complete -F _hull hull\n" },
	{ "zsh",
		"#compdef hull\n"
		"# SPDX-License-Identifier: LGPL-2.1-or-later\n"
		"# zsh completion for hull: hull itself provides the candidates\n"
		"_hull()\n"
		"{\n"
		"\tlocal line\n"
		"\tlocal -a candidates\n"
		"\n"
		"\tfor line in ${(f)\"$($words[1] completion words \"${(@)words[2,CURRENT]}\" "
		"2>/dev/null)\"}; do\n"
		"\t\tcase $line in\n"
		"\t\t:files) _files ;;\n"
		"\t\t:directories) _files -/ ;;\n"
		"\t\t*) candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
		"\t\tesac\n"
		"\tdone\n"
		"\t(( $#candidates == 0 )) || _describe hull candidates\n"
		"}\n"
		"if [ \"$funcstack[1]\" = _hull ]; then _hull \"$@\"; else compdef _hull hull; "
		"fi\n" },
	{ "fish",
		"# SPDX-License-Identifier: LGPL-2.1-or-later\n"
		"# fish completion for hull: hull itself provides the candidates\n"
		"function __hull_complete\n"
		"\tset -l words (commandline -opc)\n"
		"\tset -l current (commandline -ct)\n"
		"\tfor line in ($words[1] completion words $words[2..-1] \"$current\" "
		"2>/dev/null)\n"
		"\t\tswitch $line\n"
		"\t\t\tcase :files\n"
		"\t\t\t\t__fish_complete_path \"$current\"\n"
		"\t\t\tcase :directories\n"
		"\t\t\t\t__fish_complete_directories \"$current\"\n"
		"\t\t\tcase '*'\n"
		"\t\t\t\techo $line\n"
		"\t\tend\n"
		"\tend\n"
		"end\n"
		"complete -c hull -f -a '(__hull_complete)'\n" },
};

/* Where in the command line the cursor is. */
struct place {
	const struct command *command;    /* NULL: before the command */
	const struct option *argument_of; /* NULL: not the argument of an option */
	size_t arguments;                 /* number of arguments before it */
	bool options_over;                /* a word that starts with a dash isn't an option here */
};

struct completion {
	const struct command *const *commands;
	struct runtime rt; /* with --root from the words */
	const char *current;
	struct buf out;
};

static void candidate(struct completion *c, const char *text, const char *about)
{
	if (strncmp(text, c->current, strlen(c->current)) == 0)
		buf_printf(&c->out, "%s\t%s\n", text, about);
}

static const struct option *find_option(const struct option *table, const char *word)
{
	const char *name = word + strspn(word, "-");

	for (; table->name; table++)
		if (strcmp(table->name, name) == 0 || (name[0] == table->letter && name[1] == '\0'))
			return table;
	return NULL;
}

static void walk(struct completion *c, struct place *at, const char *const *words, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		const struct option *table = at->command ? at->command->options : global_options;
		const struct option *option;

		if (words[i][0] != '-' || words[i][1] == '\0' || at->options_over) {
			if (!at->command)
				at->command = command_find(c->commands, words[i]);
			else
				at->arguments++;
			at->options_over = at->options_over ||
				(at->command && at->arguments > 0 && at->command->stop_at_argument);
			continue;
		}
		if (strcmp(words[i], "--") == 0) {
			at->options_over = true;
			continue;
		}
		option = find_option(table, words[i]);
		if (!option || !option->argument || strchr(words[i], '='))
			continue;
		if (i + 2 == n) {
			at->argument_of = option;
			return;
		}
		i++;
		if (!at->command && strcmp(option->name, "root") == 0)
			c->rt.root = words[i];
	}
}

static int add_id(void *context, const struct container_state *state, const struct error *problem)
{
	candidate(context, state->id,
		problem ? problem->text : container_status_names[state->status - 1]);
	return 0;
}

/* word: name of an argument in the usage line. */
static void complete_argument(struct completion *c, const char *word, size_t len)
{
	if (strncmp(word, "ID", len) == 0) {
		container_list(&c->rt, add_id, c, NULL);
	} else if (strncmp(word, "DIR", len) == 0) {
		buf_puts(&c->out, ":directories\n");
	} else if (strncmp(word, "FILE", len) == 0 || strncmp(word, "SOCKET", len) == 0 ||
		strncmp(word, "TARGET", len) == 0) {
		buf_puts(&c->out, ":files\n");
	} else if (strncmp(word, "[COMMAND]", len) == 0) {
		for (const struct command *const *command = c->commands; *command; command++)
			candidate(c, (*command)->name, (*command)->summary);
	} else if (memchr(word, '|', len)) {
		cleanup_free char *copy = mem_strdup(word);
		char *rest = copy, *choice;

		copy[len] = '\0';
		while ((choice = strsep(&rest, "|")))
			candidate(c, choice, "");
	}
}

static void complete_option(struct completion *c, const struct option *table)
{
	bool has_argument = strchr(c->current, '=');

	for (; table->name; table++) {
		cleanup_free char *name = mem_printf("--%s", table->name);

		if (table->help && !has_argument)
			candidate(c, name, table->help);
		for (size_t i = 0; has_argument && table->choices && table->choices[i]; i++) {
			cleanup_free char *whole = mem_printf("%s=%s", name, table->choices[i]);

			candidate(c, whole, "");
		}
	}
	candidate(c, "--help", "show help");
}

static void complete(struct completion *c, const struct place *at)
{
	const char *word = at->command ? at->command->arguments : "[COMMAND]";

	if (at->argument_of) {
		for (size_t i = 0; at->argument_of->choices && at->argument_of->choices[i]; i++)
			candidate(c, at->argument_of->choices[i], "");
		complete_argument(c, at->argument_of->argument, strlen(at->argument_of->argument));
		return;
	}
	if (*c->current == '-' && !at->options_over) {
		complete_option(c, at->command ? at->command->options : global_options);
		return;
	}
	for (size_t i = 0; i < at->arguments && *word != '\0'; i++)
		word += strcspn(word, " ") + (word[strcspn(word, " ")] == ' ');
	if (*word != '\0')
		complete_argument(c, word, strcspn(word, " "));
}

static int complete_words(
	const struct call *call, const char *const *words, size_t n, struct error *err)
{
	struct completion c = { .commands = call->commands, .rt = *call->rt, .current = "" };
	struct place at = { 0 };
	const char **plain = arena_alloc(call->arena, (n + 1) * sizeof *plain);
	size_t count = 0;
	int result;

	/* bash splits `--format=json` into three words. */
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], "=") != 0)
			plain[count++] = words[i];
		else if (i + 1 == n)
			plain[count++] = "";
	if (count > 0)
		c.current = plain[count - 1];
	walk(&c, &at, plain, count);
	complete(&c, &at);
	result = print(&c.out, err);
	buf_free(&c.out);
	return result;
}

static int completion(const struct call *call, struct error *err)
{
	const char *shell = call->args[0];

	if (strcmp(shell, "words") == 0)
		return complete_words(call, call->args + 1, call->n - 1, err);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcmp(scripts[i].shell, shell) == 0) {
			cleanup_buf struct buf out = { 0 };

			buf_puts(&out, scripts[i].text);
			return print(&out, err);
		}
	}
	return error_set(err, 0, "no completion for \"%s\": expected bash, zsh or fish", shell);
}

static const struct option options[] = { { OPTION_END } };

const struct command completion_command = {
	.name = "completion",
	.summary = "print a completion script for a shell",
	.arguments = "bash|zsh|fish",
	.description = "Prints a script with which a shell completes hull's commands, options and "
		       "container IDs.",
	.example = "  source <(hull completion bash)",
	.options = options,
	.min = 1,
	.max = (unsigned)-1,
	.stop_at_argument = true,
	.run = completion,
};
