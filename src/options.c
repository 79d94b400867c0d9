/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser of options (see options.h). Its messages are those of Go's flag package, which runc
 * uses, because people search for them.
 */
#include "options.h"

#include <string.h>

#include "base/error.h"

struct parser {
	struct parsing *p;
	int next; /* index of the next word */
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
	static struct error why;

	if (option->parse(option, text, (char *)p->p->target + option->offset, p->p->arena, &why) ==
		0)
		return 0;
	return error_set(
		p->err, 0, "invalid value \"%s\" for flag -%.*s: %s", text, len, shown, why.text);
}

/* text: the argument, if it is in the same word; NULL: it may be the next word. */
static int read_option(
	struct parser *p, const struct option *option, const char *shown, int len, const char *text)
{
	if (!text && !option->argument)
		text = "true";
	if (!text && p->next < p->p->argc)
		text = p->p->argv[p->next++];
	if (!text)
		return error_set(p->err, 0, "flag needs an argument: -%.*s", len, shown);
	return read_value(p, option, shown, len, text);
}

size_t options_distance(const char *text, size_t len, const char *other)
{
	enum { LONGEST = 32 };
	size_t row[LONGEST + 1], n = strlen(other);

	if (len > LONGEST || n > LONGEST)
		return NEAR_ENOUGH;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; i < len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t replaced = diagonal + (text[i] != other[j]), changed;

			diagonal = row[j + 1];
			changed = (row[j] < diagonal ? row[j] : diagonal) + 1;
			row[j + 1] = replaced < changed ? replaced : changed;
		}
	}
	/* A text with no character in common isn't similar. */
	return row[n] < len && row[n] < NEAR_ENOUGH ? row[n] : NEAR_ENOUGH;
}

static int undefined(struct parser *p, const char *name, size_t len)
{
	const struct option *nearest = NULL;
	size_t best = NEAR_ENOUGH;

	error_set(p->err, 0, "flag provided but not defined: -%.*s", (int)len, name);
	if (p->p->elsewhere && find_name(p->p->elsewhere, name, len))
		return error_hint(p->err, "write the global option --%.*s before the command",
			(int)len, name);
	for (const struct option *o = p->p->table; o->name; o++) {
		size_t distance = o->help ? options_distance(name, len, o->name) : NEAR_ENOUGH;

		if (distance < best) {
			best = distance;
			nearest = o;
		}
	}
	return nearest ? error_hint(p->err, "did you mean --%s", nearest->name) : -1;
}

/*
 * One-letter options after a single dash: booleans may be joined, and the last option may take an
 * argument.
 */
static int read_letters(struct parser *p, const char *letters)
{
	for (const char *c = letters; *c != '\0'; c++) {
		const struct option *option = find_letter(p->p->table, *c);
		const char *rest = c + 1;

		if (*c == 'h' && !option) {
			p->p->help = true;
			return 0;
		}
		if (!option)
			return undefined(p, letters, strlen(letters));
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
	const struct option *option = find_name(p->p->table, name, len);

	if (!option && len == 1)
		option = find_letter(p->p->table, *name);
	if (option)
		return read_option(p, option, name, (int)len, value);
	if (strcmp(name, "help") == 0 || strcmp(name, "h") == 0) {
		p->p->help = true;
		return 0;
	}
	if (one_dash)
		return read_letters(p, name);
	return undefined(p, name, len);
}

static int set_fallbacks(struct parser *p)
{
	for (const struct option *o = p->p->table; o->name; o++)
		if (o->fallback && read_value(p, o, o->name, (int)strlen(o->name), o->fallback) < 0)
			return -1;
	return 0;
}

int options_parse(struct parsing *parsing, struct error *err)
{
	struct parser p = { parsing, 0, err };
	bool ended = false;

	if (set_fallbacks(&p) < 0)
		return -1;
	while (p.next < parsing->argc && !parsing->help) {
		const char *word = parsing->argv[p.next++];

		if (ended || word[0] != '-' || word[1] == '\0') {
			append(&parsing->arguments, word, parsing->arena);
			ended = ended || parsing->stop_at_argument;
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else if (read_word(&p, word) < 0) {
			return -1;
		}
	}
	return 0;
}
