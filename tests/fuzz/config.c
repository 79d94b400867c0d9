/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * config.json: whatever comes, reading it ends with a configuration or with an error that says
 * something; and what has been read is the same after it was written and read again, in one line as
 * with indentation.
 */
#include "spec/config.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "fuzz.h"

/* Reads text, by the tables alone, and writes it. False: it isn't one. */
static int round_trip(const char *text, size_t len, unsigned indent, struct buf *out)
{
	struct oci_config config = { 0 };
	struct error err = { 0 };
	int result = json_decode(&config.arena, &(struct json_source){ "config.json", text, len },
		&config_table, &config, &err);

	if (result == 0)
		json_encode(out, &config_table, &config, indent);
	else
		require(err.text[0] != '\0', "an error has a text");
	config_free(&config);
	return result == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf once = { 0 }, twice = { 0 }, indented = { 0 }, thrice = { 0 };
	struct oci_config config;
	struct error err = { 0 };

	if (config_decode(&config, "config.json", (const char *)data, size, &err) < 0)
		require(err.text[0] != '\0' && strlen(err.text) < sizeof err.text,
			"an error has a text");
	require(config.linux != NULL, "linux is always there");
	config_free(&config);

	if (!round_trip((const char *)data, size, 0, &once))
		return 0;
	require(round_trip(once.data, once.len, 0, &twice), "what was written can be read");
	require(strcmp(once.data, twice.data) == 0, "written twice is the same");
	require(round_trip(once.data, once.len, JSON_TABS, &indented),
		"what was written can be read");
	require(round_trip(indented.data, indented.len, 0, &thrice),
		"what was indented can be read");
	require(strcmp(once.data, thrice.data) == 0, "indentation changes nothing");
	return 0;
}
