/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds commands by name. The table is a parameter, because commands use it too (help, completion).
 */
#include "command.h"

#include <string.h>

const struct command *command_find(const struct command *const *table, const char *name)
{
	for (const struct command *const *c = table; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

int command_unknown(const struct command *const *table, const char *name)
{
	struct error err = { 0 };
	const char *nearest = NULL;
	size_t best = NEAR_ENOUGH;

	for (const struct command *const *c = table; *c; c++) {
		size_t distance = options_distance(name, strlen(name), (*c)->name);

		if (distance < best) {
			best = distance;
			nearest = (*c)->name;
		}
	}
	error_set(&err, 0, "no such command: \"%s\"", name);
	if (nearest)
		error_hint(
			&err, "did you mean `hull %s`? `hull --help` lists the commands", nearest);
	else
		error_hint(&err, "`hull --help` lists the commands");
	print_error(&err);
	return EXIT_NO_COMMAND;
}
