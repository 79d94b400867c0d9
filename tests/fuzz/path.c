/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths against a hostile root filesystem: whatever the path, what is opened or made lies inside. */
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNS_PER_TREE = 64 };

static char base[] = "/tmp/hull-fuzz-path.XXXXXX";
static int root = -1;

static void remove_tree(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(fd, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	unlinkat(dirfd, name, fd < 0 ? 0 : AT_REMOVEDIR);
}

static void end(void)
{
	fd_close(&root);
	remove_tree(AT_FDCWD, base);
}

static void check(_Bool good)
{
	if (!good) {
		end();
		__builtin_trap();
	}
}

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
	cleanup_free char *name = mem_printf("%s/root", base);

	check(mkdir(name, 0755) == 0);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(root >= 0 && mkdirat(root, "a", 0755) == 0 && mkdirat(root, "a/b", 02755) == 0);
	check(mknodat(root, "f", S_IFREG | 0644, 0) == 0 && mknodat(root, "a/p", S_IFIFO | 0644, 0) == 0);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		check(symlinkat(links[i][0], root, links[i][1]) == 0);
}

static void inside(int fd)
{
	char link[FD_PATH_MAX], where[8192];
	cleanup_free char *prefix = mem_printf("%s/root", base);
	ssize_t len;

	if (fd < 0)
		return;
	len = readlink(fd_path(link, fd), where, sizeof where - 1);
	check(len > 0);
	where[len] = '\0';
	check(path_is_below(where, prefix));
	close(fd);
}

static void lexical(const char *path)
{
	cleanup_free char *once = path_clean(path), *twice = path_clean(once);

	check(strcmp(once, twice) == 0);
	check(*once != '\0' && (path[0] == '/') == (once[0] == '/'));
	check(once[0] != '/' || strstr(once, "/../") == NULL);
	check(path[0] != '/' || path_is_below(path, once));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (mkdtemp(base) == NULL)
		return 1;
	atexit(end);
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
		remove_tree(AT_FDCWD, base);
		check(mkdir(base, 0700) == 0);
		begin();
	}
	return 0;
}
