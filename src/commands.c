/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands. A new command is a file of its own and a row here.
 */
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
