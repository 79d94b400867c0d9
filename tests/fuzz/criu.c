/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What CRIU says and writes, and the mounts of a container: each input is read as an answer, as an
 * image of files and of mounts, as the record of a checkpoint, and as a mountinfo.
 */
#include "linux/criu/criu.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "container/criu/externals.h"
#include "fuzz.h"
#include "linux/criu/criu_images.h"
#include "linux/mount/mountinfo.h"

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void read_answer(const uint8_t *data, size_t size)
{
	struct criu_answer answer;

	if (criu_decode(data, size, &answer) < 0)
		return;
	require(strlen(answer.script) < sizeof answer.script, "a script's name ends");
	require(strlen(answer.message) < sizeof answer.message, "a message ends");
}

static void edit_files(const uint8_t *data, size_t size)
{
	const char *names[] = { "file[1:2]", "" };
	const string_list list = { names, 2 };
	cleanup_buf struct buf once = { 0 }, twice = { 0 };

	if (criu_images_loosen(&once, data, size, &list) < 0)
		return;
	require(criu_images_loosen(&twice, once.data, once.len, &list) == 0,
		"what was edited is an image");
	require(same(&once, &twice), "edited twice is the same");
}

static void edit_mounts(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_buf struct buf once = { 0 }, twice = { 0 };
	peer_groups groups = { 0 };

	if (criu_images_groups(data, size, &arena, &groups) < 0)
		return;
	require(criu_images_cut(&once, data, size, &groups) == 0, "what has groups is an image");
	require(once.len <= size, "nothing is added");
	require(criu_images_cut(&twice, once.data, once.len, &groups) == 0,
		"what was edited is an image");
	require(same(&once, &twice), "edited twice is the same");
}

static void read_record(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct record record = { 0 };
	struct error err;

	if (json_decode(&arena, &(struct json_source){ "hull.json", (const char *)data, size },
		    &record_table, &record, &err) < 0)
		return;
	for (size_t i = 0; i < record.mounts.n; i++)
		require(record.mounts.v[i].point != NULL && record.mounts.v[i].options != NULL,
			"required properties are there");
}

static void read_mounts(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	mount_entries entries;

	mountinfo_parse(&arena, (const char *)data, size, &entries);
	for (size_t i = 0; i < entries.n; i++)
		require(strlen(entries.v[i].point) <= size && strlen(entries.v[i].type) <= size &&
				!mount_entry_has(&entries.v[i], " "),
			"fields are parts of a line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_answer(data, size);
	edit_files(data, size);
	edit_mounts(data, size);
	read_record(data, size);
	read_mounts(data, size);
	return 0;
}
