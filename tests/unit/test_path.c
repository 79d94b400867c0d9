/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "base/sys.h"
#include "support.h"

/* Each test has a directory with a root filesystem in `root` and, beside it, the host's `canary`,
 * which must stay as it is: one empty directory "target" and one file "secret". */
static int root = -1, canary = -1;

static int set_up(void **state)
{
	int dir;

	if (make_base(state) < 0)
		return -1;
	dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(dir, "root", 0755);
	mkdirat(dir, "canary", 0755);
	root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	canary = openat(dir, "canary", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(openat(canary, "secret", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	mkdirat(canary, "target", 0755);
	close(dir);
	return root < 0 || canary < 0;
}

static int tear_down(void **state)
{
	fd_close(&root);
	fd_close(&canary);
	return remove_base(state);
}

static unsigned entries(int dirfd, const char *name)
{
	DIR *dir = fdopendir(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

static void canary_lives(void)
{
	struct stat st;

	assert_int_equal(entries(canary, "."), 2);
	assert_int_equal(entries(canary, "target"), 0);
	assert_int_equal(fstatat(canary, "secret", &st, 0), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(canary, "target", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static char *outside(const char *name)
{
	return mem_printf("%s/canary/%s", base, name);
}

static bool same_file(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static mode_t mode_of(int dirfd, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode;
}

/* path_make_directory() must give the directory `where` (a path without symlinks, in root). */
static void makes(const char *path, const char *where)
{
	cleanup_fd int fd = path_make_directory(root, path, 0750, &err);

	if (fd < 0)
		print_error("%s\n", err.text);
	assert_true(fd >= 0);
	assert_true(same_file(fd, root, where));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_PATH);
	canary_lives();
}

static void refuses(const char *path, int errnum)
{

	assert_int_equal(path_make_directory(root, path, 0755, &err), -1);
	assert_int_equal(err.code, errnum);
	assert_true(strlen(path) >= PATH_MAX || strstr(err.text, path) != NULL);
	canary_lives();
}

static void directories_with_their_parents(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	makes("/a/b/c", "a/b/c");
	assert_int_equal(mode_of(root, "a"), S_IFDIR | 0755);
	assert_int_equal(mode_of(root, "a/b"), S_IFDIR | 0755);
	assert_int_equal(mode_of(root, "a/b/c"), S_IFDIR | 0750);
	assert_int_equal(umask(mask), 077);
	makes("a//b/./c///", "a/b/c");
	makes("a/b/new/.", "a/b/new");
	makes("/", ".");
	makes("", ".");
	makes(".", ".");
	makes("///", ".");
}

static void setgid_is_not_inherited(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(root, "shared", 0755), 0);
	assert_int_equal(fchmodat(root, "shared", 02775, 0), 0);
	makes("shared/a/b", "shared/a/b");
	assert_int_equal(mode_of(root, "shared/a"), S_IFDIR | 0755);
	assert_int_equal(mode_of(root, "shared/a/b"), S_IFDIR | 0750);
	assert_int_equal(mode_of(root, "shared"), S_IFDIR | 02775);
}

static void dots_stay_inside(void **state)
{
	(void)state;
	makes("/../../../a", "a");
	makes("a/../../../../b/c", "b/c");
	makes("b/c/../../new/../newer", "newer");
	makes("..", ".");
}

static void symlinks_mean_what_the_container_means(void **state)
{
	cleanup_free char *absolute = outside("target");

	(void)state;
	assert_int_equal(symlinkat(absolute, root, "absolute"), 0);
	assert_int_equal(symlinkat("../canary/target", root, "relative"), 0);
	assert_int_equal(symlinkat("../../../../../../../../../..", root, "up"), 0);
	assert_int_equal(symlinkat("/", root, "slash"), 0);
	assert_int_equal(symlinkat("relative", root, "chain"), 0);
	makes("absolute", absolute + 1);
	makes("relative/x", "canary/target/x");
	makes("chain/y", "canary/target/y");
	makes("up/z", "z");
	makes("slash/slash/w", "w");
	makes("slash", ".");
}

static void dangling_symlinks_are_made_inside(void **state)
{
	cleanup_free char *absolute = outside("fresh");

	(void)state;
	assert_int_equal(symlinkat(absolute, root, "link"), 0);
	assert_int_equal(symlinkat("d1/d2/", root, "slashed"), 0);
	assert_int_equal(symlinkat("link", root, "chain"), 0);
	makes("chain", absolute + 1);
	makes("link", absolute + 1);
	makes("slashed", "d1/d2");
	makes("slashed/../d3", "d1/d3");
}

static void loops_end(void **state)
{
	char name[16], target[16];

	(void)state;
	assert_int_equal(symlinkat("loop", root, "loop"), 0);
	assert_int_equal(symlinkat("b/x", root, "a"), 0);
	assert_int_equal(symlinkat("a/x", root, "b"), 0);
	assert_int_equal(symlinkat("grow/grow/new", root, "grow"), 0);
	refuses("loop", ELOOP);
	refuses("a/c", ELOOP);
	refuses("grow/x", ELOOP);
	/* A dangling chain of 40 is followed, one of 41 isn't. */
	for (int i = 0; i < 41; i++) {
		snprintf(name, sizeof name, "l%d", i);
		snprintf(target, sizeof target, "l%d", i + 1);
		assert_int_equal(symlinkat(i == 40 ? "end" : target, root, name), 0);
	}
	refuses("l0", ELOOP);
	makes("l1", "end");
}

static void what_is_in_the_way(void **state)
{
	char long_name[NAME_MAX + 2];
	cleanup_free char *deep = mem_alloc(PATH_MAX + 100);

	(void)state;
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	refuses(long_name, ENAMETOOLONG);
	for (int i = 0; i < PATH_MAX + 98; i += 2)
		memcpy(deep + i, "d/", 2);
	refuses(deep, ENAMETOOLONG);
	close(openat(root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	refuses("file", ENOTDIR);
	refuses("file/x", ENOTDIR);
	refuses("new/../file/x", ENOTDIR);
	assert_int_equal(mkfifoat(root, "fifo", 0600), 0);
	refuses("fifo/x/y", ENOTDIR);
}

static void files(void **state)
{
	cleanup_free char *absolute = outside("secret"), *fresh = outside("new");
	static const struct {
		const char *path, *where;
	} good[] = {
		{ "/etc/hosts", "etc/hosts" },
		{ "etc/hosts/", "etc/hosts" },
		{ "etc/../etc/./hostname", "etc/hostname" },
		{ "relative", "canary/secret" },
		{ "link", "a/b/file" },
		{ "fifo", "fifo" },
	};

	(void)state;
	assert_int_equal(symlinkat(absolute, root, "absolute"), 0);
	assert_int_equal(symlinkat(fresh, root, "fresh"), 0);
	assert_int_equal(symlinkat("../canary/secret", root, "relative"), 0);
	assert_int_equal(symlinkat("a/b/file", root, "link"), 0);
	assert_int_equal(mkfifoat(root, "fifo", 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_fd int fd = path_make_file(root, good[i].path, 0644, &err);

		if (fd < 0)
			print_error("%s\n", err.text);
		assert_true(fd >= 0);
		assert_true(same_file(fd, root, good[i].where));
		canary_lives();
	}
	assert_int_equal(mode_of(root, "etc/hosts"), S_IFREG | 0644);
	assert_int_equal(mode_of(root, "etc"), S_IFDIR | 0755);
	for (int i = 0; i < 2; i++) {
		const char *inside = i ? fresh : absolute;
		cleanup_fd int fd = path_make_file(root, i ? "fresh" : "absolute", 0644, &err);

		assert_true(fd >= 0);
		assert_true(same_file(fd, root, inside + 1));
		canary_lives();
	}
	assert_int_equal(path_make_file(root, "etc", 0644, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(path_make_file(root, "no/..", 0644, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(path_make_file(root, "etc/hosts/x", 0644, &err), -1);
	assert_int_equal(err.code, ENOTDIR);
}

static void opening(void **state)
{
	cleanup_free char *absolute = outside("secret");
	cleanup_fd int fd = -1, magic = -1;

	(void)state;
	assert_int_equal(symlinkat(absolute, root, "absolute"), 0);
	assert_int_equal(symlinkat("../canary/secret", root, "relative"), 0);
	assert_int_equal(path_open(root, "absolute", O_RDONLY, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(path_open(root, "relative", O_RDONLY, &err), -1);
	assert_string_equal(err.text, "open relative in the root filesystem: it doesn't exist");
	assert_int_equal(path_open(root, "../canary/secret", O_RDONLY, &err), -1);
	assert_int_equal(errno, ENOENT);
	fd = path_open(root, "..", O_RDONLY | O_DIRECTORY, &err);
	assert_true(same_file(fd, root, "."));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* Magic links lead out of any root: here of /proc. */
	magic = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(path_open(magic, "self/cwd", O_RDONLY, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(path_open(magic, "self/root/etc", O_RDONLY, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(path_make_directory(magic, "self/root/etc", 0755, &err), -1);
	assert_int_equal(err.code, ELOOP);
}

static void opening_without_symlinks(void **state)
{
	cleanup_fd int fd = -1;

	(void)state;
	assert_int_equal(mkdirat(root, "plain", 0755), 0);
	assert_int_equal(mkdirat(root, "plain/below", 0755), 0);
	assert_int_equal(symlinkat("plain", root, "link"), 0);
	assert_int_equal(symlinkat("below", root, "plain/link"), 0);
	fd = path_open_exact(root, "/plain/below", O_PATH, &err);
	assert_true(same_file(fd, root, "plain/below"));
	fd_close(&fd);
	fd = path_open_exact(root, "/plain/../plain/./below/", O_PATH, &err);
	assert_true(same_file(fd, root, "plain/below"));
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = { "/link/below", "/plain/link", "link" };

		assert_int_equal(path_open_exact(root, paths[i], O_PATH, &err), -1);
		assert_int_equal(err.code, ELOOP);
	}
	assert_int_equal(path_open_exact(root, "/none", O_PATH, &err), -1);
	assert_string_equal(err.text, "open /none in the root filesystem: it doesn't exist");
}

static void parents(void **state)
{
	cleanup_free char *absolute = outside("target");
	static const char *const none[] = { "", "/", ".", "..", "a/", "a/.", "a/..", "/.." };
	const char *name;
	int fd;

	(void)state;
	fd = path_open_parent(root, "/dev/net/tun", &name, &err);
	assert_true(same_file(fd, root, "dev/net"));
	assert_string_equal(name, "tun");
	fd_close(&fd);
	fd = path_open_parent(root, "null", &name, &err);
	assert_true(same_file(fd, root, "."));
	assert_string_equal(name, "null");
	fd_close(&fd);
	/* CVE-2026-41579: /dev itself leads out. */
	assert_int_equal(symlinkat(absolute, root, "devices"), 0);
	fd = path_open_parent(root, "/devices/null", &name, &err);
	assert_true(same_file(fd, root, absolute + 1));
	fd_close(&fd);
	canary_lives();
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(path_open_parent(root, none[i], &name, &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
}

/* Swaps the directory "swap" and the symlink "link" (which leads to the canary) for as long as its
 * parent lives. */
static pid_t swapper(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		renameat2(root, "swap", root, "link", RENAME_EXCHANGE);
}

/* CVE-2021-30465, CVE-2024-45310. */
static void swapped_while_we_walk(void **state)
{
	cleanup_free char *absolute = outside("target");
	pid_t pid;

	(void)state;
	assert_int_equal(mkdirat(root, "swap", 0755), 0);
	assert_int_equal(symlinkat(absolute, root, "link"), 0);
	pid = swapper();
	assert_true(pid > 0);
	for (unsigned i = 0; i < 3000; i++) {
		cleanup_free char *path = mem_printf("swap/d%u/../e%u/f", i, i);
		cleanup_fd int fd = i % 2 ? path_make_directory(root, path, 0755, &err)
					  : path_make_file(root, path, 0644, &err);

		if (fd < 0 && err.code != ENOTDIR && err.code != ELOOP && err.code != ENOENT &&
			err.code != EAGAIN)
			fail_msg("%s", err.text);
	}
	kill(pid, SIGKILL);
	process_wait(pid);
	canary_lives();
}

static void lexical_cleaning(void **state)
{
	static const struct {
		const char *path, *clean;
	} cases[] = {
		{ "a/./b/../c//", "a/c" },
		{ "", "." },
		{ ".", "." },
		{ "/", "/" },
		{ "//", "/" },
		{ "/..", "/" },
		{ "/../a", "/a" },
		{ "..", ".." },
		{ "../..", "../.." },
		{ "../a/..", ".." },
		{ "a/..", "." },
		{ "a/../..", ".." },
		{ "a/../../b", "../b" },
		{ "/a/b/../..", "/" },
		{ "/a/b/../../c", "/c" },
		{ "a/b/..", "a" },
		{ "./a", "a" },
		{ "/./a/", "/a" },
		{ "...", "..." },
		{ "a/..b", "a/..b" },
		{ "../../a/../b", "../../b" },
		{ "a//b", "a/b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *clean = path_clean(cases[i].path);

		assert_string_equal(clean, cases[i].clean);
	}
}

static void below(void **state)
{
	(void)state;
	assert_true(path_is_below("/proc/sys", "/proc"));
	assert_true(path_is_below("/proc", "/proc"));
	assert_true(path_is_below("/a/../proc/x", "/proc/"));
	assert_true(path_is_below("/x", "/"));
	assert_true(path_is_below("/../proc/x", "/proc"));
	assert_false(path_is_below("/process", "/proc"));
	assert_false(path_is_below("/proc/../sys", "/proc"));
	assert_false(path_is_below("proc/x", "/proc"));
	assert_false(path_is_below("proc/x", "/"));
	assert_false(path_is_below("/", "/proc"));
	assert_true(path_is_below("/a/./b//c/..x/.y/...", "/a/b/c/..x/.y"));
	assert_true(path_is_below("/a/b/..", "/a/."));
	assert_false(path_is_below("/a/b/..", "/a/b"));
	assert_false(path_is_below("/a", ""));
}

static void joining(void **state)
{
	cleanup_free char *relative = path_absolute("/bundle", "rootfs"),
			  *absolute = path_absolute("/bundle", "/rootfs");

	(void)state;
	assert_string_equal(relative, "/bundle/rootfs");
	assert_string_equal(absolute, "/rootfs");
}

#define IN_A_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_TREE(directories_with_their_parents),
		IN_A_TREE(setgid_is_not_inherited),
		IN_A_TREE(dots_stay_inside),
		IN_A_TREE(symlinks_mean_what_the_container_means),
		IN_A_TREE(dangling_symlinks_are_made_inside),
		IN_A_TREE(loops_end),
		IN_A_TREE(what_is_in_the_way),
		IN_A_TREE(files),
		IN_A_TREE(opening),
		IN_A_TREE(opening_without_symlinks),
		IN_A_TREE(parents),
		IN_A_TREE(swapped_while_we_walk),
		cmocka_unit_test(lexical_cleaning),
		cmocka_unit_test(below),
		cmocka_unit_test(joining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
