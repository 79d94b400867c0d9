/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hull features
 */
#include "command.h"
#include "common_options.h"

static int features(const struct call *call, struct error *err)
{
	cleanup_features struct features f = { 0 };
	cleanup_buf struct buf out = { 0 };

	(void)call;
	container_features(&f);
	json_encode(&out, &features_table, &f, 4);
	buf_puts(&out, "\n");
	return print(&out, err);
}

static const struct option options[] = { { OPTION_END } };

const struct command features_command = {
	.name = "features",
	.summary = "show the features of hull as JSON",
	.arguments = "",
	.description =
		"Prints the features document of the runtime-spec: the properties and values "
		"of config.json\n"
		"that hull supports. Engines read it.",
	.example = "  hull features",
	.options = options,
	.run = features,
};
