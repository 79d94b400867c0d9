/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

static char path[] = "/tmp/hull-test-fd.XXXXXX";
static int dir = -1;

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(path) == NULL)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int tear_down(void **state)
{
	(void)state;
	fd_close(&dir);
	return rmdir(path);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void scope_closes(void **state)
{
	int number, given;

	(void)state;
	{
		cleanup_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		number = fd;
		assert_true(is_open(number));
	}
	assert_false(is_open(number));
	{
		cleanup_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		given = fd_take(&fd);
		assert_int_equal(fd, -1);
	}
	assert_true(is_open(given));
	errno = EXDEV;
	fd_close(&given);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(given, -1);
	fd_close(&given);
}

static void whole_files(void **state)
{
	cleanup_buf struct buf buf = { 0 };
	cleanup_free char *big = mem_alloc(100000);
	struct error err = { 0 };
	struct stat st;

	(void)state;
	memset(big, 'b', 100000);
	assert_int_equal(file_replace(dir, "file", big, 100000, 0600, &err), 0);
	assert_int_equal(fstatat(dir, "file", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_puts(&buf, "x");
	assert_int_equal(file_read(dir, "file", &buf, &err), 0);
	assert_int_equal(buf.len, 100001);
	assert_memory_equal(buf.data + 1, big, 100000);
	assert_int_equal(buf.data[buf.len], 0);

	assert_int_equal(file_replace(dir, "file", "short", 5, 0600, &err), 0);
	buf_clear(&buf);
	assert_int_equal(file_read(dir, "file", &buf, &err), 0);
	assert_string_equal(buf.data, "short");
	unlinkat(dir, "file", 0); /* and nothing else is left: rmdir in tear_down */

	assert_int_equal(file_read(dir, "nothing", &buf, &err), -1);
	assert_string_equal(err.text, "open nothing: it doesn't exist");
	assert_int_equal(file_replace(dir, "no/such", "", 0, 0600, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void replacing_what_cannot_be(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(mkdirat(dir, "directory", 0700), 0);
	assert_int_equal(file_replace(dir, "directory", "x", 1, 0600, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(unlinkat(dir, "directory", AT_REMOVEDIR), 0);
}

static void kernel_files(void **state)
{
	cleanup_buf struct buf buf = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_write(AT_FDCWD, "/proc/self/comm", "hull-fd", &err), 0);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/comm", &buf, &err), 0);
	assert_string_equal(buf.data, "hull-fd\n");
	errno = 0;
	assert_int_equal(file_write(AT_FDCWD, "/proc/self/oom_score_adj", "many", &err), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(
		err.text, "write \"many\" to /proc/self/oom_score_adj: invalid argument");
	assert_int_equal(file_write(AT_FDCWD, "/proc/self/nothing", "x", &err), -1);
	assert_int_equal(errno, ENOENT);
}

static void reading_an_fd(void **state)
{
	cleanup_buf struct buf buf = { 0 };
	int pipes[2];

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(pipes[1], "abc", 3), 0);
	fd_close(&pipes[1]);
	assert_int_equal(fd_read_all(pipes[0], &buf, NULL), 0);
	assert_string_equal(buf.data, "abc");
	fd_close(&pipes[0]);
	assert_int_equal(fd_write_all(-1, "abc", 3), -1);
	assert_int_equal(errno, EBADF);
}

static void descriptors_travel(void **state)
{
	int pair[2], fds[3] = { -1, -1, -1 };
	char text[16];
	size_t n = 3;
	char name[FD_PATH_MAX];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(fd_send(pair[0], "hello", 5, (int[]){ dir, pair[0] }, 2), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof text, fds, &n), 5);
	assert_int_equal(n, 2);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_string_equal(fd_path(name, 12), "/proc/self/fd/12");
	assert_int_equal(faccessat(fds[0], ".", F_OK, 0), 0);
	fd_close(&fds[0]);
	fd_close(&fds[1]);

	assert_int_equal(fd_send(pair[0], "bare", 4, NULL, 0), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof text, NULL, NULL), 4);

	fd_close(&pair[0]);
	assert_int_equal(fd_recv(pair[1], text, sizeof text, NULL, NULL), 0);
	assert_int_equal(fd_send(pair[1], "x", 1, NULL, 0), -1); /* and no SIGPIPE */
	assert_int_equal(errno, EPIPE);
	fd_close(&pair[1]);
}

/* A message with more descriptors or bytes than expected is refused, and nothing stays open. */
static void half_a_message_is_none(void **state)
{
	int pair[2], fds[1] = { -1 }, next;
	size_t n = 1;
	char text[4];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	next = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	close(next);
	assert_int_equal(fd_send(pair[0], "x", 1, (int[]){ dir, dir, dir }, 3), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof text, fds, &n), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(n, 0);
	n = 1;
	assert_int_equal(fd_send(pair[0], "too long", 8, (int[]){ dir }, 1), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof text, fds, &n), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_false(is_open(next));
	assert_int_equal(
		fd_send(pair[0], "x", 1, (int[FD_SEND_MAX + 1]){ 0 }, FD_SEND_MAX + 1), -1);
	assert_int_equal(errno, EINVAL);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void sockets_with_long_paths(void **state)
{
	cleanup_fd int listener = -1, client = -1, server = -1;
	char deep[200], full[300], text[4];
	struct error err = { 0 };

	(void)state;
	memset(deep, 'd', sizeof deep);
	deep[sizeof deep - 1] = '\0';
	snprintf(full, sizeof full, "%s/sock", deep);
	assert_int_equal(mkdirat(dir, deep, 0700), 0);
	listener = unix_listen(dir, full, SOCK_STREAM, &err);
	assert_true(listener >= 0);
	client = unix_connect(dir, full, SOCK_STREAM, &err);
	assert_true(client >= 0);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	assert_int_equal(fd_send(client, "hi", 2, NULL, 0), 0);
	assert_int_equal(fd_recv(server, text, sizeof text, NULL, NULL), 2);
	assert_int_equal(unix_listen(dir, full, SOCK_STREAM, &err), -1);
	assert_int_equal(err.code, EADDRINUSE);
	unlinkat(dir, full, 0);
	unlinkat(dir, deep, AT_REMOVEDIR);
}

static void sockets_by_absolute_path(void **state)
{
	cleanup_free char *name = mem_printf("%s/sock", path);
	cleanup_fd int listener = -1, client = -1;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(unix_connect(AT_FDCWD, name, SOCK_STREAM, &err), -1);
	assert_int_equal(err.code, ENOENT);
	listener = unix_listen(AT_FDCWD, name, SOCK_STREAM, &err);
	assert_true(listener >= 0);
	client = unix_connect(AT_FDCWD, name, SOCK_STREAM, &err);
	assert_true(client >= 0);
	fd_close(&listener);
	assert_int_equal(unix_connect(dir, "sock", SOCK_STREAM, &err), -1);
	assert_string_equal(err.text, "connect to sock: connection refused");
	unlink(name);
}

/* Which of fds[] is open. */
static unsigned open_ones(const int *fds, size_t n)
{
	unsigned mask = 0;

	for (size_t i = 0; i < n; i++)
		mask |= (unsigned)(fcntl(fds[i], F_GETFD) >= 0) << i;
	return mask;
}

/* In a child: the test's own descriptors are to survive. */
static int close_others(int first, const int *keep, size_t n, const int *fds, unsigned *mask)
{
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		status = fd_close_others(first, keep, n);
		*mask = open_ones(fds, 6);
		_exit(write(1, mask, sizeof *mask) != sizeof *mask || status < 0);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], mask, sizeof *mask), sizeof *mask);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0 ? 0 : -1;
}

static void closing_all_others(void **state)
{
	int fds[6], many[17] = { 0 };
	unsigned mask;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		fds[i] = fcntl(0, F_DUPFD, 40 + (int)i * 3);
	assert_int_equal(close_others(3, NULL, 0, fds, &mask), 0);
	assert_int_equal(mask, 0);
	assert_int_equal(close_others(3, (int[]){ fds[4], -1, fds[1], fds[2] }, 4, fds, &mask), 0);
	assert_int_equal(mask, 1 << 4 | 1 << 1 | 1 << 2);
	assert_int_equal(close_others(fds[2], (int[]){ fds[5], fds[0] }, 2, fds, &mask),
		0); /* below `first` all stay */
	assert_int_equal(mask, 1 << 0 | 1 << 1 | 1 << 5);
	assert_int_equal(close_others(fds[0] + 1, (int[]){ fds[5] }, 1, fds, &mask), 0);
	assert_int_equal(mask, 1 << 0 | 1 << 5);
	assert_int_equal(fd_close_others(3, many, 17), -1);
	assert_int_equal(errno, EINVAL);
	for (size_t i = 0; i < 6; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scope_closes),
		cmocka_unit_test(whole_files),
		cmocka_unit_test(replacing_what_cannot_be),
		cmocka_unit_test(kernel_files),
		cmocka_unit_test(reading_an_fd),
		cmocka_unit_test(descriptors_travel),
		cmocka_unit_test(half_a_message_is_none),
		cmocka_unit_test(closing_all_others),
		cmocka_unit_test(sockets_with_long_paths),
		cmocka_unit_test(sockets_by_absolute_path),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
