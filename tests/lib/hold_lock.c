/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hold_lock FILE: takes an exclusive lock on FILE (flock(2)), prints "locked", and waits.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		err(1, "lock");
	puts("locked");
	fflush(stdout);
	for (;;)
		pause();
}
