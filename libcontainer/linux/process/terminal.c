/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/terminal.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "base/error.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

static const struct explanation rows[] = {
	{ ENOENT, NULL, NULL, "/mounts must have one of type devpts on /dev/pts" },
	{ ENOSPC, NULL, NULL,
		"no pty is left: the limits are the option max of that mount, and the sysctls "
		"kernel.pty.max and kernel.pty.reserve" },
	EXPLANATIONS_END,
};

int terminal_devpts(int rootfd, struct error *err)
{
	int devpts = path_open(rootfd, "/dev/pts", O_PATH | O_DIRECTORY, err);

	if (devpts >= 0)
		return devpts;
	error_prefix(err, "/process/terminal");
	return explain(rows, NULL, NULL, err);
}

int terminal_open(int devpts, const struct oci_box *size, uid_t uid, int *peer, struct error *err)
{
	cleanup_fd int master = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC),
		       other = -1;
	struct statfs fs;
	struct stat st;
	int unlock = 0;

	if (master < 0) {
		error_errno(err, "/process/terminal: open ptmx of the container's /dev/pts");
		return explain(rows, NULL, NULL, err);
	}
	/* Check the open file, not the directory: something may be mounted over its ptmx. */
	if (fstatfs(master, &fs) < 0 || fstat(master, &st) < 0)
		return error_errno(err, "/process/terminal: look at the container's /dev/pts");
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return error_set(err, 0,
			"/process/terminal: /dev/pts is not a devpts; /mounts must have one of "
			"type devpts there");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(err, "/process/terminal: unlock the pty");
	other = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (other < 0)
		return error_errno(err, "/process/terminal: open the other end of the pty");
	if (uid != 0 && fchown(other, uid, (gid_t)-1) < 0)
		return error_errno(err, "/process/terminal: give the terminal to user %u", uid);
	if (size != NULL) {
		struct winsize window = { .ws_row = (unsigned short)size->height,
			.ws_col = (unsigned short)size->width };

		if (ioctl(master, TIOCSWINSZ, &window) < 0)
			return error_errno(
				err, "/process/consoleSize: set %ux%u", size->width, size->height);
	}
	*peer = fd_take(&other);
	return fd_take(&master);
}

int terminal_take(int peer, struct error *err)
{
	if (setsid() < 0 && errno != EPERM) /* EPERM: already a session leader */
		return error_errno(err, "/process/terminal: make a new session");
	if (ioctl(peer, TIOCSCTTY, 0) < 0)
		return error_errno(err, "/process/terminal: make it the controlling terminal");
	for (int fd = 0; fd < 3; fd++)
		if (peer != fd && dup3(peer, fd, 0) < 0)
			return error_errno(err, "/process/terminal: make it fd %d", fd);
	return 0;
}

int terminal_reopen(int *peer, int rootfd, struct error *err)
{
	cleanup_fd int devpts = terminal_devpts(rootfd, err), again = -1;
	struct stat old, new;
	char name[16];

	if (devpts < 0)
		return -1;
	if (fstat(*peer, &old) < 0)
		return error_errno(err, "/process/terminal: look at the terminal");
	snprintf(name, sizeof name, "%u", minor(old.st_rdev));
	again = openat(devpts, name, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (again < 0 || fstat(again, &new) < 0)
		return error_errno(err, "/process/terminal: open /dev/pts/%s again", name);
	if (new.st_dev != old.st_dev || new.st_ino != old.st_ino)
		return error_set(err, EXDEV, "/process/terminal: /dev/pts has been exchanged");
	fd_close(peer);
	*peer = fd_take(&again);
	return 0;
}

int terminal_bind_console(int peer, int target, struct error *err)
{
	cleanup_fd int tree =
		open_tree(peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, "/process/terminal: clone the terminal's mount");
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, "/process/terminal: bind the terminal on /dev/console");
	return 0;
}

int terminal_send(const char *console_socket, int master, struct error *err)
{
	static const char name[] = "/dev/ptmx";
	cleanup_fd int sock = -1;

	if (console_socket == NULL)
		return 0;
	sock = unix_connect(AT_FDCWD, console_socket, SOCK_STREAM, err);
	if (sock < 0)
		return error_prefix(err, "--console-socket");
	if (fd_send(sock, name, sizeof name - 1, &master, 1) < 0)
		return error_errno(err, "--console-socket: send the terminal");
	return 0;
}

/* ---- relay ---- */

/* Copies the window size of the first of the caller's standard streams that is a terminal. */
static void copy_size(int master)
{
	struct winsize size;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			ioctl(master, TIOCSWINSZ, &size);
			return;
		}
	}
}

int terminal_in_foreground(int master, bool keep_size, struct error *err)
{
	struct termios termios;

	if (!keep_size)
		copy_size(master);
	if (tcgetattr(master, &termios) < 0)
		return error_errno(err, "read the container's terminal settings");
	if (!(termios.c_oflag & ONLCR))
		return 0;
	termios.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(master, TCSANOW, &termios) < 0)
		return error_errno(err, "change the container's terminal settings");
	return 0;
}

int terminal_relay_begin(
	struct terminal_relay *relay, int master, bool keep_size, struct error *err)
{
	struct termios raw;
	int flags;

	*relay = (struct terminal_relay){
		.master = master, .in = STDIN_FILENO, .out = STDOUT_FILENO
	};
	if (terminal_in_foreground(master, keep_size, err) < 0)
		return -1;
	flags = fcntl(master, F_GETFL);
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_errno(err, "make the container's terminal non-blocking");
	if (tcgetattr(relay->in, &relay->saved) < 0)
		return 0; /* a pipe or a file is fine */
	raw = relay->saved;
	cfmakeraw(&raw);
	raw.c_oflag |= relay->saved.c_oflag & OPOST;
	if (tcsetattr(relay->in, TCSANOW, &raw) < 0)
		return error_errno(err, "make the terminal raw");
	relay->raw = true;
	return 0;
}

void terminal_relay_resize(const struct terminal_relay *relay)
{
	copy_size(relay->master);
}

static bool is_empty(const struct terminal_bytes *bytes)
{
	return bytes->begin == bytes->end;
}

void terminal_relay_want(const struct terminal_relay *relay, struct pollfd fds[TERMINAL_POLL_FDS])
{
	bool sending = !is_empty(&relay->to_container),
	     receiving = !is_empty(&relay->from_container);

	fds[0] = (struct pollfd){ .fd = sending || relay->master < 0 ? -1 : relay->in,
		.events = POLLIN };
	fds[1] = (struct pollfd){ .fd = sending || !receiving ? relay->master : -1,
		.events = (short)((sending ? POLLOUT : 0) | (receiving ? 0 : POLLIN)) };
	fds[2] = (struct pollfd){ .fd = receiving ? relay->out : -1, .events = POLLOUT };
}

/* Fills an empty buffer. Returns false at end-of-file. */
static bool fill(struct terminal_bytes *bytes, int fd)
{
	ssize_t n = read(fd, bytes->data, sizeof bytes->data);

	bytes->begin = 0;
	bytes->end = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/*
 * Writes as much of the buffer as possible. Returns false if the reader is gone; the contents are
 * lost then.
 */
static bool drain(struct terminal_bytes *bytes, int fd)
{
	ssize_t n = write(fd, bytes->data + bytes->begin, bytes->end - bytes->begin);

	if (n > 0)
		bytes->begin += (size_t)n;
	if (n >= 0 || errno == EAGAIN || errno == EINTR)
		return true;
	bytes->begin = bytes->end = 0;
	return false;
}

/*
 * The caller's input has ended: send the end-of-file character, as a user would. Don't send it for
 * input without content, such as /dev/null: a background program has no terminal to read from, and
 * must not end because of that. A terminal accepts the character only at the start of a line, or
 * twice.
 */
static void end_of_input(struct terminal_relay *relay, char last)
{
	struct termios termios;
	struct stat st;

	if (fstat(relay->in, &st) == 0 && !S_ISCHR(st.st_mode) &&
		tcgetattr(relay->master, &termios) == 0 && (termios.c_lflag & ICANON) &&
		termios.c_cc[VEOF] != _POSIX_VDISABLE) {
		relay->to_container.data[0] = relay->to_container.data[1] =
			(char)termios.c_cc[VEOF];
		relay->to_container.begin = 0;
		relay->to_container.end = last == '\n' || last == '\0' ? 1 : 2;
	}
	relay->in = -1;
}

/* If the reader is gone, discard the output: it must not block the container. */
static void put_out(struct terminal_relay *relay)
{
	if (!drain(&relay->from_container, relay->out))
		relay->out = -1;
	clock_gettime(CLOCK_MONOTONIC, &relay->last_output);
}

/*
 * The reader of hull's terminal may close it as soon as hull exits, as CRI-O does with short
 * commands; the kernel then drops unread output. No system call tells whether it was read, so wait.
 */
static void let_reader_finish(const struct terminal_relay *relay)
{
	enum { READ_TIME = 20000000 }; /* ns */
	struct timespec now, rest = { 0 };
	long passed;

	if (relay->last_output.tv_sec == 0 || !isatty(STDOUT_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - relay->last_output.tv_sec > 1)
		return;
	passed = (now.tv_sec - relay->last_output.tv_sec) * 1000000000L + now.tv_nsec -
		relay->last_output.tv_nsec;
	rest.tv_nsec = READ_TIME - passed;
	if (passed < READ_TIME)
		nanosleep(&rest, NULL);
}

bool terminal_relay_step(struct terminal_relay *relay, const struct pollfd fds[TERMINAL_POLL_FDS])
{
	const short readable = POLLIN | POLLHUP | POLLERR;

	if (fds[0].fd >= 0 && (fds[0].revents & readable)) {
		char last = relay->to_container.end > 0
			? relay->to_container.data[relay->to_container.end - 1]
			: '\0';

		if (!fill(&relay->to_container, relay->in))
			end_of_input(relay, last);
	}
	if (fds[1].fd >= 0 && !is_empty(&relay->to_container) &&
		(fds[1].revents & (POLLOUT | POLLHUP | POLLERR)))
		drain(&relay->to_container, relay->master);
	if (fds[1].fd >= 0 && is_empty(&relay->from_container) && (fds[1].revents & readable) &&
		!fill(&relay->from_container, relay->master))
		relay->master = -1;
	if (!is_empty(&relay->from_container) && relay->out < 0)
		relay->from_container.begin = relay->from_container.end;
	if (fds[2].fd >= 0 && fds[2].revents != 0)
		put_out(relay);
	return relay->master >= 0 || !is_empty(&relay->from_container);
}

void terminal_relay_end(struct terminal_relay *relay)
{
	while (relay->out >= 0) {
		if (is_empty(&relay->from_container) &&
			(relay->master < 0 || !fill(&relay->from_container, relay->master)))
			break;
		if (is_empty(&relay->from_container))
			break; /* nothing more to read now, and the container has ended */
		/* the caller's stream may be non-blocking, and full */
		poll(&(struct pollfd){ .fd = relay->out, .events = POLLOUT }, 1, -1);
		put_out(relay);
	}
	let_reader_finish(relay);
	if (relay->raw)
		tcsetattr(relay->in >= 0 ? relay->in : STDIN_FILENO, TCSADRAIN, &relay->saved);
	relay->raw = false;
}
