/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pause: what an engine runs in the sandbox of a pod. Waits for SIGTERM or SIGINT, and reaps the
 * orphans of a shared PID namespace.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int sig)
{
	(void)sig;
	_exit(0);
}

static void reap(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(void)
{
	signal(SIGINT, end);
	signal(SIGTERM, end);
	signal(SIGCHLD, reap);
	for (;;)
		pause();
}
