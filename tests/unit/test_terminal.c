/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "linux/process/terminal.h"
#include "support.h"

static int devpts = -1;

static int set_up(void **state)
{
	(void)state;
	devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return devpts < 0;
}

static int tear_down(void **state)
{
	(void)state;
	fd_close(&devpts);
	return 0;
}

/* The host's devpts may be root's alone (ptmxmode=000). */
static void need_ptmx(void)
{
	if (faccessat(devpts, "ptmx", R_OK | W_OK, 0) < 0)
		skip();
}

static void opened_with_its_size(void **state)
{
	const struct oci_box size = { .height = 33, .width = 77 };
	cleanup_fd int peer = -1, master = -1;
	struct winsize window;

	(void)state;
	need_ptmx();
	master = terminal_open(devpts, &size, 0, &peer, &err);
	assert_true(master >= 0 && peer >= 0);
	assert_true(isatty(peer));
	assert_int_equal(ioctl(peer, TIOCGWINSZ, &window), 0);
	assert_int_equal(window.ws_row, 33);
	assert_int_equal(window.ws_col, 77);
	assert_int_equal(fcntl(master, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(peer, F_GETFD), FD_CLOEXEC);
}

static void owned_by_its_user(void **state)
{
	cleanup_fd int peer = -1, master = -1;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	master = terminal_open(devpts, NULL, 12345, &peer, &err);
	assert_true(master >= 0);
	assert_int_equal(fstat(peer, &st), 0);
	assert_int_equal(st.st_uid, 12345);
}

/* CVE-2025-52565: a file of the name ptmx that isn't the device. */
static void a_directory_that_is_not_devpts(void **state)
{
	cleanup_fd int dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int peer = -1;

	(void)state;
	assert_int_equal(terminal_open(dir, NULL, 0, &peer, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(symlinkat("/dev/ptmx", dir, "ptmx"), 0);
	assert_int_equal(terminal_open(dir, NULL, 0, &peer, &err), -1);
	assert_int_equal(err.code, ELOOP);
	unlinkat(dir, "ptmx", 0);
	if (mknodat(dir, "ptmx", S_IFCHR | 0666, makedev(1, 3)) == 0) {
		assert_int_equal(terminal_open(dir, NULL, 0, &peer, &err), -1);
		assert_string_equal(err.text,
			"/process/terminal: /dev/pts is not a devpts; /mounts must have one of "
			"type devpts there");
	}
	assert_int_equal(peer, -1);
}

static void sent_over_a_socket(void **state)
{
	cleanup_fd int peer = -1, master = -1;
	char dir[] = "/tmp/hull-test-XXXXXX", path[64];
	cleanup_fd int listener = -1, receiver = -1;
	int got = -1;
	char name[32];
	size_t n = 1;

	(void)state;
	need_ptmx();
	master = terminal_open(devpts, NULL, 0, &peer, &err);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/console", dir);
	listener = unix_listen(AT_FDCWD, path, SOCK_STREAM, &err);
	assert_true(listener >= 0);
	assert_int_equal(terminal_send(NULL, master, &err), 0);
	assert_int_equal(terminal_send(path, master, &err), 0);
	receiver = accept(listener, NULL, NULL);
	assert_int_equal(fd_recv(receiver, name, sizeof name, &got, &n), 9);
	assert_memory_equal(name, "/dev/ptmx", 9);
	assert_true(isatty(got));
	fd_close(&got);
	unlink(path);
	assert_int_equal(terminal_send(path, master, &err), -1);
	assert_true(strncmp(err.text, "--console-socket: ", 18) == 0);
	rmdir(dir);
}

static void bound_on_a_file(void **state)
{
	int pts, master, target, file, peer = -1;
	struct stat a, b;

	(void)state;
	if (!in_child_of_root())
		return;
	private_mounts();
	CHECK(mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 && mkdir("/tmp/pts", 0755) == 0);
	CHECK(mount("devpts", "/tmp/pts", "devpts", 0, "newinstance,ptmxmode=0666") == 0);
	pts = open("/tmp/pts", O_PATH | O_CLOEXEC);
	master = terminal_open(pts, NULL, 0, &peer, &err);
	CHECK(master >= 0);
	close(open("/tmp/console", O_CREAT | O_WRONLY, 0600));
	target = open("/tmp/console", O_PATH | O_CLOEXEC);
	CHECK(terminal_bind_console(peer, target, &err) == 0);
	CHECK(stat("/tmp/console", &a) == 0 && fstat(peer, &b) == 0 && a.st_rdev == b.st_rdev &&
		a.st_dev == b.st_dev);
	file = open("/tmp/console", O_RDWR | O_NOCTTY);
	CHECK(file >= 0 && isatty(file));
	_exit(0);
}

/* ---- the relay ---- */

/* The container: takes the terminal and does what `script` says. */
static pid_t contained(int peer, const char *script)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CHECK(terminal_take(peer, &err) == 0);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	return pid;
}

/* Relays between `input` (all of it, then its end) and a pipe until script has ended; returns what
 * came out. */
static char *relayed(const char *input, int in, const char *script)
{
	cleanup_buf struct buf out = { 0 };
	int from[2], to[2] = { in, -1 };
	pid_t relay_pid;
	char c;

	need_ptmx();
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	if (input != NULL) {
		assert_int_equal(pipe2(to, O_CLOEXEC), 0);
		assert_int_equal(write(to[1], input, strlen(input)), strlen(input));
		fd_close(&to[1]);
	}
	relay_pid = fork();
	if (relay_pid == 0) {
		struct terminal_relay relay;
		int peer = -1, master = terminal_open(devpts, NULL, 0, &peer, &err);
		bool more = true;
		pid_t pid;

		CHECK(master >= 0 && dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1);
		pid = contained(peer, script);
		fd_close(&peer);
		fd_close(&from[1]);
		CHECK(terminal_relay_begin(&relay, master, true, &err) == 0);
		while (more) {
			struct pollfd fds[TERMINAL_POLL_FDS];

			terminal_relay_want(&relay, fds);
			CHECK(poll(fds, TERMINAL_POLL_FDS, 20000) > 0);
			more = terminal_relay_step(&relay, fds);
		}
		terminal_relay_end(&relay);
		_exit(process_wait(pid));
	}
	fd_close(&from[1]);
	while (read(from[0], &c, 1) == 1)
		buf_append(&out, &c, 1);
	assert_int_equal(process_wait(relay_pid), 0);
	fd_close(&from[0]);
	fd_close(&to[0]);
	return mem_strdup(out.data != NULL ? out.data : "");
}

static void output_without_carriage_returns(void **state)
{
	cleanup_free char *out = relayed("", -1, "stty -echo; echo one; echo two");

	(void)state;
	assert_string_equal(out, "one\ntwo\n");
}

static void much_output(void **state)
{
	cleanup_free char *out = relayed("", -1,
		"stty -echo; i=0; while [ $i -lt 20000 ]; do echo line; i=$((i + 1)); done");

	(void)state;
	assert_int_equal(strlen(out), 100000);
}

/* The end of a pipe is told to the container as ^D. */
static void input_and_its_end(void **state)
{
	cleanup_free char *whole =
		relayed("a\nb\n", -1, "stty -echo; while read x; do echo got $x; done; echo end");
	cleanup_free char *part =
		relayed("a\nb", -1, "stty -echo; read x; echo got $x; read x || echo end $x");

	(void)state;
	assert_non_null(strstr(whole, "got a\ngot b\nend\n"));
	assert_non_null(strstr(part, "got a\nend b\n"));
}

/* The end of /dev/null isn't: a container in the background has no terminal to read from. */
static void no_input_at_all(void **state)
{
	const char *script =
		"stty min 0 time 2 -icanon -echo; dd bs=1 count=1 2>/dev/null; echo end";
	cleanup_free char *out = relayed(NULL, open("/dev/null", O_RDONLY | O_CLOEXEC), script);

	(void)state;
	assert_string_equal(out, "end\n");
}

/* What is left when the container has ended waits for the reader, but not on the CPU. */
static void a_full_stream_is_waited_for(void **state)
{
	const struct timespec pause = { .tv_nsec = 300000000 };
	char bytes[4096] = { 0 };
	struct rusage usage;
	int stream[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(stream, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(stream[1], bytes, sizeof bytes) > 0)
		;
	pid = fork();
	if (pid == 0) {
		struct terminal_relay relay = { .master = -1, .in = -1, .out = stream[1] };

		relay.from_container.end = 1;
		terminal_relay_end(&relay);
		_exit(relay.from_container.begin != 1);
	}
	nanosleep(&pause, NULL);
	while (read(stream[0], bytes, sizeof bytes) > 0)
		;
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	assert_int_equal(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec, 0);
	assert_true(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec <= 150000);
	fd_close(&stream[0]);
	fd_close(&stream[1]);
}

static void window_size_follows(void **state)
{
	cleanup_fd int peer = -1, master = -1;
	struct winsize size = { .ws_row = 11, .ws_col = 22 };
	struct terminal_relay relay;
	struct termios before, raw, after;
	int own = -1, callers; /* the caller's terminal */

	(void)state;
	need_ptmx();
	master = terminal_open(devpts, NULL, 0, &peer, &err);
	if (!in_child())
		return;
	callers = terminal_open(devpts, NULL, 0, &own, &err);
	CHECK(callers >= 0 && dup2(own, 0) == 0 && ioctl(callers, TIOCSWINSZ, &size) == 0 &&
		tcgetattr(0, &before) == 0);
	signal(SIGTTOU, SIG_IGN);
	CHECK(terminal_relay_begin(&relay, master, false, &err) == 0);
	CHECK(ioctl(peer, TIOCGWINSZ, &size) == 0 && size.ws_row == 11 && size.ws_col == 22);
	CHECK(tcgetattr(0, &raw) == 0 && !(raw.c_lflag & (ECHO | ICANON | ISIG)) &&
		(raw.c_oflag & OPOST));
	size.ws_col = 99;
	CHECK(ioctl(callers, TIOCSWINSZ, &size) == 0);
	terminal_relay_resize(&relay);
	CHECK(ioctl(peer, TIOCGWINSZ, &size) == 0 && size.ws_col == 99);
	terminal_relay_end(&relay);
	CHECK(tcgetattr(0, &after) == 0 && after.c_lflag == before.c_lflag &&
		after.c_iflag == before.c_iflag);
	_exit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opened_with_its_size),
		cmocka_unit_test(owned_by_its_user),
		cmocka_unit_test_setup_teardown(
			a_directory_that_is_not_devpts, make_base, remove_base),
		cmocka_unit_test(sent_over_a_socket),
		cmocka_unit_test(bound_on_a_file),
		cmocka_unit_test(output_without_carriage_returns),
		cmocka_unit_test(much_output),
		cmocka_unit_test(input_and_its_end),
		cmocka_unit_test(no_input_at_all),
		cmocka_unit_test(a_full_stream_is_waited_for),
		cmocka_unit_test(window_size_follows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
