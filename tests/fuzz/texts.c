/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are neither hull's nor the caller's: mountinfo, subuid, and of the image passwd and
 * whatever shall be executed. The first byte of an input says which.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "directory.h"
#include "linux/ids/subids.h"
#include "linux/ids/user.h"
#include "linux/mount/mountinfo.h"
#include "linux/process/environment.h"
#include "linux/process/exec_refusals.h"

static char program[64];

static void read_mountinfo(struct arena *arena, const char *data, size_t size)
{
	mount_entries entries;

	mountinfo_parse(arena, data, size, &entries);
	for (size_t i = 0; i < entries.n; i++)
		require(entries.v[i].point != NULL && entries.v[i].type != NULL,
			"an entry is whole");
	mountinfo_of(&entries, "/a/b");
}

static void read_subids(struct arena *arena, const char *data, size_t size)
{
	subid_list ranges;
	string_list bad;

	subids_parse(arena, arena_strndup(arena, data, size), &ranges, &bad);
	for (size_t i = 0; i < ranges.n; i++)
		require(ranges.v[i].count > 0 &&
				(uint64_t)ranges.v[i].first + ranges.v[i].count <=
					(uint64_t)UINT32_MAX + 1,
			"a range is one");
}

static void read_passwd(struct arena *arena, const char *data, size_t size)
{
	put("etc/passwd", data, size);
	require(strchr(user_home(arena, directory, 7), '\n') == NULL,
		"a home directory is one line");
}

static void read_program(struct arena *arena, const char *data, size_t size)
{
	static const int errnums[] = { ENOENT, EACCES, ENOEXEC };
	struct error err = { 0 };

	(void)arena;
	put("program", data, size);
	for (size_t i = 0; i < ARRAY_SIZE(errnums); i++) {
		exec_explain(&(struct execution_refused){ program,
				     (char *[]){ (char *)program, NULL }, (char *[]){ NULL } },
			errnums[i], &err);
		require(err.text[0] != '\0', "there is an explanation");
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (make_base() != 0)
		return -1;
	snprintf(program, sizeof program, "%s/program", base);
	return mkdirat(directory, "etc", 0755);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct arena *, const char *, size_t) = { read_mountinfo,
		read_subids, read_passwd, read_program };
	cleanup_arena struct arena arena = { 0 };

	if (size > 0)
		readers[data[0] % 4](&arena, (const char *)data + 1, size - 1);
	return 0;
}
