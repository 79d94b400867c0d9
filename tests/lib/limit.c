/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit SECONDS COMMAND [ARGUMENT...]: runs the command, which receives SIGALRM after that time
 * (exit status 142 in a shell). Unlike with timeout(1), it stays the same process: exec keeps the
 * alarm, and no child inherits it.
 */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sigset_t set;

	if (argc < 3)
		errx(2, "usage: limit SECONDS COMMAND [ARGUMENT...]");
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm((unsigned)atoi(argv[1]));
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
