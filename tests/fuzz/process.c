/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The other documents that a caller hands in: the process of `exec --process` and the resources of
 * `update
 * --resources`. Each input is read as both.
 */
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/mem.h"
#include "fuzz.h"
#include "spec/config.h"

/* What was accepted must be the same after it was written and read again. */
static void compare(const struct buf *once, const struct buf *twice)
{
	const char *again = twice->data != NULL ? twice->data : "(refused)";

	if (strcmp(once->data, again) == 0)
		return;
	fprintf(stderr, "violated: written twice is the same\n%s\n%s\n", once->data, again);
	abort();
}

static void read_process(const char *text, size_t len, struct buf *out)
{
	cleanup_arena struct arena arena = { 0 };
	struct oci_process process;
	struct error err;

	if (config_decode_process(&arena, &process, "process.json", text, len, &err) == 0)
		json_encode(out, &process_table, &process, 0);
}

static void read_resources(const char *text, size_t len, struct buf *out)
{
	cleanup_arena struct arena arena = { 0 };
	struct oci_resources resources;
	struct error err;

	if (config_decode_resources(&arena, &resources, "resources.json", text, len, &err) == 0)
		json_encode(out, &resources_table, &resources, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void (*const readers[])(
		const char *, size_t, struct buf *) = { read_process, read_resources };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		cleanup_buf struct buf once = { 0 }, twice = { 0 };

		readers[i]((const char *)data, size, &once);
		if (once.data == NULL)
			continue;
		readers[i](once.data, once.len, &twice);
		compare(&once, &twice);
	}
	return 0;
}
