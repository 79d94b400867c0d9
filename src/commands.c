/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands. A new command needs a file of its own and a row here.
 */
#include <string.h>

#include "command.h"

const struct command *const commands[] = {
	&checkpoint_command,
	&completion_command,
	&create_command,
	&delete_command,
	&doctor_command,
	&events_command,
	&exec_command,
	&features_command,
	&help_command,
	&kill_command,
	&list_command,
	&mounts_command,
	&pause_command,
	&ps_command,
	&restore_command,
	&resume_command,
	&run_command,
	&spec_command,
	&start_command,
	&state_command,
	&update_command,
	&userns_command,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

int no_such_command(const char *name)
{
	struct error err = { 0 };
	const char *nearest = NULL;
	size_t best = NEAR_ENOUGH;

	for (const struct command *const *c = commands; *c; c++) {
		size_t distance = text_distance(name, strlen(name), (*c)->name);

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
	report_error(&err);
	return EXIT_NO_COMMAND;
}
