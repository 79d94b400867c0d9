/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser of options (see options.h). Its messages are worded as the flag package of Go does,
 * with which runc is written: people search for them.
 */
#include "options.h"

#include <string.h>

#include "base/error.h"

struct parser {
	const struct option *table;
	char *const *argv;
	int argc, next; /* argv[next] comes next */
	void *target;
	bool *help;
	struct arena *arena;
	struct error *err;
};

static void append(string_list *list, const char *text, struct arena *arena)
{
	*LIST_ADD(arena, list) = text;
}

int option_strings(const struct option *option, const char *text, void *target, struct arena *arena,
	struct error *err)
{
	(void)option, (void)err;
	append(target, text, arena);
	return 0;
}

static const struct option *find_name(const struct option *table, const char *name, size_t len)
{
	for (; table->name; table++)
		if (strncmp(table->name, name, len) == 0 && table->name[len] == '\0')
			return table;
	return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
	for (; table->name; table++)
		if (table->letter != '\0' && table->letter == letter)
			return table;
	return NULL;
}

/* shown: the option as the caller wrote it, without dashes. */
static int read_value(
	struct parser *p, const struct option *option, const char *shown, int len, const char *text)
{
	struct error why = { 0 };

	if (option->parse(option, text, (char *)p->target + option->offset, p->arena, &why) == 0)
		return 0;
	return error_set(
		p->err, 0, "invalid value \"%s\" for flag -%.*s: %s", text, len, shown, why.text);
}

/* text: what stands behind `=` or right behind the letter; NULL: nothing does. */
static int read_option(
	struct parser *p, const struct option *option, const char *shown, int len, const char *text)
{
	if (!text && !option->argument)
		text = "true";
	if (!text && p->next < p->argc)
		text = p->argv[p->next++];
	if (!text)
		return error_set(p->err, 0, "flag needs an argument: -%.*s", len, shown);
	return read_value(p, option, shown, len, text);
}

/* One-letter options behind a single dash: booleans may stand together, and before one with an
 * argument. */
static int read_letters(struct parser *p, const char *letters)
{
	for (const char *c = letters; *c != '\0'; c++) {
		const struct option *option = find_letter(p->table, *c);
		const char *rest = c + 1;

		if (*c == 'h' && !option) {
			*p->help = true;
			return 0;
		}
		if (!option)
			return error_set(p->err, 0, "flag provided but not defined: -%s", letters);
		if (*rest == '=')
			return read_option(p, option, c, 1, rest + 1);
		if (option->argument)
			return read_option(p, option, c, 1, *rest != '\0' ? rest : NULL);
		if (read_option(p, option, c, 1, NULL) < 0)
			return -1;
	}
	return 0;
}

static int read_word(struct parser *p, const char *word)
{
	bool one_dash = word[1] != '-';
	const char *name = word + (one_dash ? 1 : 2);
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option *option = find_name(p->table, name, len);

	if (!option && len == 1)
		option = find_letter(p->table, *name);
	if (option)
		return read_option(p, option, name, (int)len, value);
	if (strcmp(name, "help") == 0 || strcmp(name, "h") == 0) {
		*p->help = true;
		return 0;
	}
	if (one_dash)
		return read_letters(p, name);
	return error_set(p->err, 0, "flag provided but not defined: -%.*s", (int)len, name);
}

static int set_fallbacks(struct parser *p)
{
	for (const struct option *o = p->table; o->name; o++)
		if (o->fallback && read_value(p, o, o->name, (int)strlen(o->name), o->fallback) < 0)
			return -1;
	return 0;
}

int options_parse(const struct option *table, bool stop_at_argument, int argc, char *const *argv,
	void *target, string_list *arguments, bool *help, struct arena *arena, struct error *err)
{
	struct parser p = { table, argv, argc, 0, target, help, arena, err };
	bool ended = false;

	if (set_fallbacks(&p) < 0)
		return -1;
	while (p.next < argc) {
		const char *word = argv[p.next++];

		if (ended || word[0] != '-' || word[1] == '\0') {
			append(arguments, word, arena);
			ended = ended || stop_at_argument;
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else if (read_word(&p, word) < 0) {
			return -1;
		}
		if (*help)
			break;
	}
	return 0;
}
