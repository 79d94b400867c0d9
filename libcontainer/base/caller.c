/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/caller.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pool.h"

/* The kernel stores the arguments contiguously, followed by the environment. */
BESIDE_POOL char **caller_words;

char **caller_take_words(struct arena *arena, int argc, char **argv)
{
	char **words = arena_alloc(arena, ((size_t)argc + 1) * sizeof *words);

	for (int i = 0; i < argc; i++)
		words[i] = arena_strdup(arena, argv[i]);
	caller_words = argv;
	return words;
}

void caller_forget(void)
{
	static const char shown[] = "hull\0init";
	static char *none[] = { NULL };
	char **last = caller_words, *begin, *end;

	if (last == NULL || last[0] == NULL)
		return;
	begin = last[0];
	if (environ != NULL && environ[0] != NULL)
		last = environ;
	while (last[1] != NULL)
		last++;
	end = last[0] + strlen(last[0]) + 1;
	environ = none;
	memset(begin, 0, (size_t)(end - begin));
	if ((size_t)(end - begin) > sizeof shown)
		memcpy(begin, shown, sizeof shown);
}
