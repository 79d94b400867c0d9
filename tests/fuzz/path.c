/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths against a hostile root filesystem: whatever the path, what is opened or made lies inside.
 */
#include "base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "directory.h"

enum { RUNS_PER_TREE = 64 };

static int root = -1;

/* A root filesystem in which one letter is enough to come across each kind of file. */
static void begin(void)
{
	static const char *const links[][2] = {
		{ "/", "l" },
		{ "..", "u" },
		{ "../../../..", "v" },
		{ "a/b", "m" },
		{ "/tmp", "t" },
		{ "dangling", "g" },
		{ "/dangling/x/", "h" },
		{ "o", "o" },
		{ "p/../q", "q" },
		{ "/proc/self/root", "r" },
	};

	require(mkdirat(directory, "root", 0755) == 0, "there is a root");
	root = openat(directory, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	require(mkdirat(root, "a", 0755) == 0 && mkdirat(root, "a/b", 02755) == 0,
		"it has directories");
	require(mknodat(root, "f", S_IFREG | 0644, 0) == 0 &&
			mknodat(root, "a/p", S_IFIFO | 0644, 0) == 0,
		"it has files");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		require(symlinkat(links[i][0], root, links[i][1]) == 0, "it has symlinks");
}

static void inside(int fd)
{
	char link[FD_PATH_MAX], where[8192];
	cleanup_free char *prefix = mem_printf("%s/root", base);
	ssize_t len;

	if (fd < 0)
		return;
	len = readlink(fd_path(link, fd), where, sizeof where - 1);
	require(len > 0, "what was opened has a path");
	where[len] = '\0';
	require(path_is_below(where, prefix), "what was opened lies inside");
	close(fd);
}

static void lexical(const char *path)
{
	cleanup_free char *once = path_clean(path), *twice = path_clean(once);

	require(strcmp(once, twice) == 0, "cleaned twice is the same");
	require(*once != '\0' && (path[0] == '/') == (once[0] == '/'), "what is absolute stays so");
	require(once[0] != '/' || strstr(once, "/../") == NULL, "nothing leads above the root");
	require(path[0] != '/' || path_is_below(path, once), "a path lies at itself");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (make_base() != 0)
		return -1;
	begin();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;
	cleanup_free char *path = NULL;
	struct error err = { 0 };
	const char *name;

	if (size == 0)
		return 0;
	path = mem_printf("%.*s", (int)size - 1, (const char *)data + 1);
	lexical(path);
	switch (data[0] % 4) {
	case 0: inside(path_open(root, path, O_PATH | (data[0] & 4 ? O_NOFOLLOW : 0), &err)); break;
	case 1: inside(path_make_directory(root, path, 0755, &err)); break;
	case 2: inside(path_make_file(root, path, 0644, &err)); break;
	case 3: inside(path_open_parent(root, path, &name, &err)); break;
	}
	if (++runs % RUNS_PER_TREE == 0) {
		fd_close(&root);
		remove_tree(directory, "root");
		begin();
	}
	return 0;
}
